"""Generation: the next round's prompts, half like the hard ones and half like the easy ones; near-copies refused."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from akd_code.curriculum import generate, redraw
from akd_code.filters import FILTERS
from akd_code.recipe import Recipe, Section
from akd_code.records import Gap, Prompt
from akd_code.stages.estimate import Estimate, Outlook, asked, model_of
from akd_code.stages.stage import Keep, Stage, StageResult
from akd_code.stages.workbench import Workbench

_ASKED_AGAIN = 1.2
"""Requests for each prompt that is kept, with filters and answers that cannot be read (measured in the lab)."""


@dataclass(frozen=True, slots=True)
class GenerationCounts:
    """Requests, prompts taken by stream, answers refused by reason. `warnings`: quotas that were missed."""

    asked: int
    streams: dict[str, int]
    rejected: dict[str, int]
    warnings: tuple[str, ...] = ()


class Generate(Stage[GenerationCounts, Prompt]):
    """New prompts from those that were decided: `prompts` and `gaps` in the same order."""

    name: ClassVar[str] = "generation"
    facts_kind = GenerationCounts
    item_kind = Prompt

    def __init__(self, bench: Workbench, number: int, prompts: Sequence[Prompt], gaps: Sequence[Gap]) -> None:
        super().__init__(bench, number)
        self.prompts, self.gaps = tuple(prompts), tuple(gaps)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The known prompts, and which are hard."""
        model = model_of(self.bench.recipe, "generator")
        known = (model, [prompt.text for prompt in self.prompts], [self._drawn_as(gap) for gap in self.gaps])
        mode = self.bench.recipe.decontaminate
        return known if mode == "remove" else (*known, mode)  # what older releases stored is found again

    @property
    def settings(self) -> tuple[Section, ...]:
        """Whom to ask, how many to make, what to refuse."""
        return (self.bench.recipe.generator, self.bench.recipe.lab)

    def work(self, kept: Mapping[int, Prompt], keep: Keep[Prompt]) -> StageResult[GenerationCounts, Prompt]:
        """Ask for prompts, or draw them from the pool where no model can write any."""
        bench, settings = self.bench, self.bench.recipe.generator
        streams = [self._drawn_as(gap) for gap in self.gaps]
        hard = [prompt for prompt, one in zip(self.prompts, streams, strict=True) if one]
        easy = [prompt for prompt, one in zip(self.prompts, streams, strict=True) if one is False]
        rng = random.Random(f"generation {bench.recipe.seed} {self.number}")
        if bench.roles.generator is None:
            made = redraw(hard, easy, settings.prompts, rng)
        else:
            made = bench.ask(
                generate(
                    hard,
                    easy,
                    self.prompts,
                    bench.roles.generator.model,
                    bench.filters,
                    settings=settings,
                    sampling=bench.roles.generator.sampling,
                    rng=rng,
                    round=self.number,
                )
            )
        return StageResult(
            GenerationCounts(
                made.asked, {"hard": made.streams["hard"], "easy": made.streams["easy"]}, made.rejected, made.warnings
            ),
            made.prompts,
        )

    def _drawn_as(self, gap: Gap) -> bool | None:
        """Return whether a prompt is drawn from as a hard one or as an easy one; None for neither."""
        dropped = gap.standing == "retired" and not self.bench.recipe.generator.retired
        return None if dropped else gap.hard

    def described(self, item: Prompt) -> tuple[str, str]:
        """Return the prompt's id and the stream it came from."""
        return item.id, item.source

    def note(self, result: StageResult[GenerationCounts, Prompt]) -> Sequence[str]:
        """Return how many prompts were made and what was refused; each warning a line."""
        facts = result.facts
        said = f"{len(result.items)} new prompts in {facts.asked} requests"
        if self.bench.recipe.generator.model == "none":
            said = (
                f"{len(result.items)} prompts drawn again, {facts.streams.get('hard', 0)} hard and "
                f"{facts.streams.get('easy', 0)} easy"
            )
        lost = ", ".join(f"{count} {reason}" for reason, count in facts.rejected.items() if count)
        return (said + (f"; rejected: {lost}" if lost else ""), *(f"warning: {one}" for one in facts.warnings))

    def figures(self, result: StageResult[GenerationCounts, Prompt]) -> dict[str, Any]:
        """Return requests, prompts by stream, answers refused by reason."""
        facts = result.facts
        return {
            "prompts": len(result.items),
            "requests": facts.asked,
            "streams": facts.streams,
            "rejected": facts.rejected,
            "warnings": list(facts.warnings),
        }

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return a request for each prompt, and some more for those that are refused."""
        for name in recipe.generator.filters:
            FILTERS.get(name)  # a name that there is not is said before anything is paid for
        if outlook.last or recipe.generator.model == "none":
            return Estimate()
        return asked(recipe, "generator", round(recipe.generator.prompts * _ASKED_AGAIN), outlook.prompt_tokens)
