"""What the stages of a run share: its folder, its models, its sandbox, its student."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

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
from akd_sandbox import Limits, Sandbox

T = TypeVar("T")


@dataclass(frozen=True)
class Workbench:
    """Everything a stage may need, opened once; what only some recipes use is opened when it is first asked for."""

    run: RunFolder
    roles: Roles
    box: Sandbox
    engine: Engine
    watcher: ProgressWatcher

    @property
    def recipe(self) -> Recipe:
        """The recipe of the run."""
        return self.run.recipe

    @property
    def limits(self) -> Limits:
        """What a program may use in labelling and discrimination."""
        sandbox = self.recipe.sandbox
        return Limits(test_s=sandbox.test_s, memory_bytes=sandbox.memory_mb << 20)

    @cached_property
    def labeller(self) -> Labeller:
        """The way to make labels that the recipe names. Raises RecipeError, EvolveError, StoreError."""
        return open_labeller(self.recipe, self.roles, self.box, self.limits, self.run.path)

    @cached_property
    def filters(self) -> FilterChain:
        """What refuses new prompts. Raises RecipeError."""
        return open_filters(self.recipe, self.run.path)

    @cached_property
    def referee(self) -> Referee:
        """Who says which prompts are hard."""
        role = self.roles.referee
        return Referee(role.model, role.sampling, self.box, self.limits, self.recipe.referee)

    @cached_property
    def suites(self) -> tuple[Suite, ...]:
        """What every round is measured on. Raises EvalError."""
        return tuple(run_settings(self.recipe).open_suites())

    def adapter(self, number: int) -> Path:
        """Return the folder of a round's adapter."""
        return self.run.round_path(number) / "adapter"

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
