"""The models of a run under their roles, each with the cache below and a meter above."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from akd_code.models import AnswerCache, CachedChat, ChatModel, Price, Sampling, UsageMeter, open_model
from akd_code.recipe import LabSection, ModelSection, Recipe


@dataclass(frozen=True, slots=True)
class Role:
    """A model in a role, with the settings it is asked with."""

    model: UsageMeter
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Roles:
    """Teacher, referee and generator; one strong model under three prompts in the paper, here each may differ.

    `generator` is None where new prompts are drawn from the pool itself.
    """

    teacher: Role
    referee: Role
    generator: Role | None

    @property
    def all(self) -> tuple[Role, ...]:
        """Every role that there is."""
        return tuple(role for role in (self.teacher, self.referee, self.generator) if role is not None)

    def worth_usd(self) -> float | None:
        """Return what all answers so far cost when they were paid for; None if any price or count is unknown."""
        usages = [role.model.usage for role in self.all]
        worths = [usage.worth_usd for usage in usages if usage.calls + usage.cached_calls]
        known = [worth for worth in worths if worth is not None]
        return sum(known) if len(known) == len(worths) else None

    async def aclose(self) -> None:
        """Let go of connections; the roles can be used again."""
        for role in self.all:
            await role.model.aclose()


@contextlib.contextmanager
def open_roles(recipe: Recipe, run_path: Path) -> Iterator[Roles]:
    """Open the models of a recipe; starts the lab's teacher if one of them is `lab`. Raises ModelError, LabError."""
    path = Path(recipe.cache).expanduser() if recipe.cache else run_path / "answers.db"
    with contextlib.ExitStack() as stack:
        cache = AnswerCache(path)
        stack.callback(cache.close)
        names = [
            section.model or recipe.teacher.model for section in (recipe.teacher, recipe.referee, recipe.generator)
        ]
        lab = _LabDoor(stack, recipe.lab, recipe.seed) if "lab" in names else None

        def role(section: ModelSection) -> Role:
            spec = section.model or recipe.teacher.model
            model: ChatModel
            if spec == "lab" and lab is not None:
                model = open_model(lab.spec, endpoint=lab.endpoint, concurrency=section.concurrency)
            else:
                model = open_model(spec, concurrency=section.concurrency, timeout_s=section.timeout_s)
            price = None if section.price is None else Price(section.price.prompt, section.price.completion)
            sampling = Sampling(section.temperature, section.top_p, section.max_tokens, seed=recipe.seed)
            return Role(UsageMeter(CachedChat(model, cache), price), sampling)

        generator = None if recipe.generator.model == "none" else role(recipe.generator)
        yield Roles(role(recipe.teacher), role(recipe.referee), generator)


class _LabDoor:
    """The lab's teacher, started on loopback for the length of a run."""

    def __init__(self, stack: contextlib.ExitStack, settings: LabSection, seed: int) -> None:
        from akd_code.lab.server import LabTeacher

        teacher = stack.enter_context(LabTeacher(settings, seed))
        self.spec, self.endpoint = teacher.spec, teacher.endpoint
