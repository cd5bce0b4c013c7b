"""What the stages of a run share: its folder, its models, its sandbox, its student."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from akd_code.curriculum import check_ways
from akd_code.curriculum.stress import check_harden
from akd_code.decontamination import Guard, suites_at_hand
from akd_code.engine import Engine
from akd_code.evaluate import run_settings
from akd_code.filters import FilterChain, open_filters
from akd_code.labelling import Labeller, open_labeller
from akd_code.progress import ProgressWatcher
from akd_code.recipe import Recipe
from akd_code.referee import Referee
from akd_code.roles import Roles
from akd_code.run import RunFolder
from akd_evals.suites import Suite
from akd_sandbox import Sandbox

T = TypeVar("T")
BETWEEN = "imitated"
"""The folder, in a round's, of the adapter after imitation where practice or hardening makes another of it."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything a stage may need, opened once."""

    run: RunFolder
    roles: Roles
    box: Sandbox
    engine: Engine
    watcher: ProgressWatcher
    labeller: Labeller
    filters: FilterChain
    referee: Referee
    suites: tuple[Suite, ...]
    guard: Guard

    @property
    def recipe(self) -> Recipe:
        """The recipe of the run."""
        return self.run.recipe

    def adapter(self, number: int) -> Path:
        """Return the folder of a round's adapter, the one that the round ends with."""
        return self.run.round_path(number) / "adapter"

    def imitated(self, number: int) -> Path:
        """Return the folder of the adapter after imitation: the round's, unless practice or hardening follows."""
        last = self.recipe.prefer.method == "none" and not self.recipe.harden.prompts
        return self.adapter(number) if last else self.run.round_path(number) / BETWEEN

    def preferred(self, number: int) -> Path:
        """Return the folder of the adapter after practice: the round's, unless hardening follows."""
        return self.run.round_path(number) / "preferred" if self.recipe.harden.prompts else self.adapter(number)

    def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a stage's requests to their end; when interrupted, close the sandbox first: nothing may wait for it."""

        async def all_of_it() -> T:
            try:
                return await work
            except BaseException:
                self.box.close()
                raise
            finally:
                await self.roles.aclose()

        return asyncio.run(all_of_it())


@contextlib.contextmanager
def open_workbench(
    run: RunFolder, roles: Roles, box: Sandbox, engine: Engine, watcher: ProgressWatcher
) -> Iterator[Workbench]:
    """Open what the recipe names before anything is paid for, and close it: labeller, filters, suites.

    Raises RecipeError for a name that there is not, EvolveError, StoreError, EvalError.
    """
    recipe, exam = run.recipe, run_settings(run.recipe)
    limits = exam.limits  # one set of limits for labels, gaps and examinations
    check_ways(recipe)
    check_harden(recipe)
    suites = tuple(exam.open_suites())
    # the lab is a closed world: its runs are the same whatever benchmarks lie on the machine
    compared = suites if recipe.seeds.source == "lab" else suites_at_hand(suites, watcher.note)
    guard = Guard(recipe.decontaminate, compared, box, run.path, watcher.note)
    filters = open_filters(recipe, run.path)
    if recipe.decontaminate == "remove":
        filters = FilterChain([filters, guard])
    referee = Referee(roles.referee.model, roles.referee.sampling, box, limits, recipe.referee)
    labeller = open_labeller(recipe, roles, box, limits, run.path)
    with contextlib.closing(labeller):
        yield Workbench(run, roles, box, engine, watcher, labeller, filters, referee, suites, guard)
