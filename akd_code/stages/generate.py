"""Generation: the next round's prompts, in the ways that the recipe names; near-copies refused."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from akd_code.curriculum import Material, check_ways, generate, open_streams, redraw, ways_of
from akd_code.curriculum.references import difficulties, mean_margins
from akd_code.curriculum.streams import quotas, shares_of
from akd_code.curriculum.stress import WAY
from akd_code.filters import FILTERS
from akd_code.recipe import Recipe, Section
from akd_code.records import Gap, Leaf, PairMargin, Prompt
from akd_code.stages.estimate import Estimate, Outlook, asked, model_of
from akd_code.stages.stage import Keep, Stage, StageResult
from akd_code.stages.workbench import Workbench

_ASKED_AGAIN = 1.2
"""Requests for each prompt that is kept, with filters and answers that cannot be read (measured in the lab)."""


@dataclass(frozen=True, slots=True)
class GenerationCounts:
    """Requests, prompts taken, answers refused by reason. `warnings`: quotas that were missed.

    `streams` counts prompts by what they were made from (hard prompts, easy ones, neither), `ways` by the way.
    """

    asked: int
    streams: dict[str, int]
    rejected: dict[str, int]
    warnings: tuple[str, ...] = ()
    ways: dict[str, int] = field(default_factory=dict)


class Generate(Stage[GenerationCounts, Prompt]):
    """New prompts from those that were decided: `prompts` and `gaps` in the same order.

    `margins` are those of the round's pairs, `leaves` the topic tree, where there are any.
    """

    name: ClassVar[str] = "generation"
    facts_kind = GenerationCounts
    item_kind = Prompt

    def __init__(
        self,
        bench: Workbench,
        number: int,
        prompts: Sequence[Prompt],
        gaps: Sequence[Gap],
        margins: Sequence[PairMargin] = (),
        leaves: Sequence[Leaf] = (),
    ) -> None:
        super().__init__(bench, number)
        self.prompts, self.gaps = tuple(prompts), tuple(gaps)
        self.margins, self.leaves = tuple(margins), tuple(leaves)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The known prompts, and which are hard; for ways that look at more than that, what they look at."""
        recipe = self.bench.recipe
        pools: tuple[Any, ...] = (
            model_of(recipe, "generator"),
            [prompt.text for prompt in self.prompts],
            [self._drawn_as(gap) for gap in self.gaps],
        )
        if recipe.decontaminate != "remove":  # what older releases stored is found again
            pools = (*pools, recipe.decontaminate)
        ways = ways_of(recipe.generator)
        if recipe.generator.model == "none" or all(way.only_pools for way in ways.values()):
            return pools
        return (
            *pools,
            [(prompt.id, prompt.parent, prompt.origin) for prompt in self.prompts],
            [(gap.value, gap.student_pass_rate) for gap in self.gaps],
            self.margins,
            self.leaves,
            {name: way.reads(recipe) for name, way in ways.items()},
        )

    @property
    def settings(self) -> tuple[Section, ...]:
        """Whom to ask, how many to make, in which ways, what to refuse."""
        return (self.bench.recipe.generator, self.bench.recipe.lab)

    def work(self, kept: Mapping[int, Prompt], keep: Keep[Prompt]) -> StageResult[GenerationCounts, Prompt]:
        """Ask for prompts, or draw them from the pool where no model can write any."""
        bench, settings, material = self.bench, self.bench.recipe.generator, self._material()
        if bench.roles.generator is None:
            made = redraw(material.hard, material.easy, settings.prompts, material.rng, fill=settings.fill)
        else:
            made = bench.ask(
                generate(
                    open_streams(material),
                    self.prompts,
                    bench.roles.generator.model,
                    bench.filters,
                    wanted=settings.prompts,
                    tries=settings.tries,
                    sampling=bench.roles.generator.sampling,
                    round=self.number,
                )
            )
        facts = GenerationCounts(made.asked, made.sources, made.rejected, made.warnings, made.ways)
        return StageResult(facts, made.prompts)

    def _material(self) -> Material:
        recipe = self.bench.recipe
        drawn = [(prompt, self._drawn_as(gap)) for prompt, gap in zip(self.prompts, self.gaps, strict=True)]
        return Material(
            settings=recipe.generator,
            seed=recipe.seed,
            round=self.number,
            hard=[prompt for prompt, hard in drawn if hard],
            easy=[prompt for prompt, hard in drawn if hard is False],
            known=self.prompts,
            rng=random.Random(f"generation {recipe.seed} {self.number}"),
            difficulty=difficulties(self.gaps),
            margins=mean_margins(self.margins),
            leaves=self.leaves,
            harden=recipe.harden,
        )

    def _drawn_as(self, gap: Gap) -> bool | None:
        """Return whether a prompt is drawn from as a hard one or as an easy one; None for neither."""
        dropped = gap.standing == "retired" and not self.bench.recipe.generator.retired
        return None if dropped else gap.hard

    def described(self, item: Prompt) -> tuple[str, str]:
        """Return the prompt's id and what it was made from."""
        return item.id, item.source

    def note(self, result: StageResult[GenerationCounts, Prompt]) -> Sequence[str]:
        """Return how many prompts were made and what was refused; each warning a line."""
        facts = result.facts
        said = f"{len(result.items)} new prompts in {facts.asked} requests"
        if len(facts.ways) > 1:
            said += f" ({', '.join(f'{count} {way}' for way, count in facts.ways.items())})"
        if self.bench.recipe.generator.model == "none":
            said = (
                f"{len(result.items)} prompts drawn again, {facts.streams.get('hard', 0)} hard and "
                f"{facts.streams.get('easy', 0)} easy"
            )
        lost = ", ".join(f"{count} {reason}" for reason, count in facts.rejected.items() if count)
        return (said + (f"; rejected: {lost}" if lost else ""), *(f"warning: {one}" for one in facts.warnings))

    def figures(self, result: StageResult[GenerationCounts, Prompt]) -> dict[str, Any]:
        """Return requests, prompts by what they were made from and by way, answers refused by reason."""
        facts = result.facts
        return {
            "prompts": len(result.items),
            "requests": facts.asked,
            "streams": facts.streams,
            "ways": facts.ways,
            "rejected": facts.rejected,
            "warnings": list(facts.warnings),
        }

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return a request for each prompt of each way, and some more for those that are refused."""
        for name in recipe.generator.filters:
            FILTERS.get(name)  # a name that there is not is said before anything is paid for
        check_ways(recipe)
        if outlook.last or recipe.generator.model == "none":
            return Estimate()
        wanted = quotas(shares_of(recipe.generator), recipe.generator.prompts)
        ways = {name: round(quota * _ASKED_AGAIN) for name, quota in wanted.items()}
        calls = sum(count for name, count in ways.items() if name != WAY)  # the catalogue's prompts are there
        return asked(recipe, "generator", calls, outlook.prompt_tokens) + Estimate(ways=ways)
