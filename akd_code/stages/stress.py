"""Stress: the student answers stress prompts, and tests and exploits say what its programs do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from akd_code.curriculum.hardening import Groups, stress_of
from akd_code.curriculum.stress import check_harden
from akd_code.gather import in_order
from akd_code.recipe import Recipe, Section
from akd_code.records import Answer, Prompt
from akd_code.security import Stressed, StressTry, tried
from akd_code.stages.estimate import SANDBOX_S, Estimate, Outlook, tested, written
from akd_code.stages.pieces import AT_ONCE, answered, in_pieces
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench
from akd_evals.stats import wilson_interval


class Stress(Stage[NoFacts, Stressed]):
    """The student's answers to groups of prompts, so many to each; greedy without a temperature."""

    name: ClassVar[str] = "stress"
    item_kind = Stressed

    def __init__(
        self,
        bench: Workbench,
        number: int,
        when: str,
        groups: Groups,
        student: StudentAt,
        samples: int = 1,
        temperature: float = 0.0,
    ) -> None:
        super().__init__(bench, number)
        self.when, self.groups, self.student = when, groups, student
        self.samples, self.temperature = samples, temperature
        self.prompts = tuple(prompt for group in groups.values() for prompt in group)

    @property
    def title(self) -> str:
        """When it is asked is part of it."""
        return f"{self.name} {self.when}"

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What is asked, the tests, and who answers how."""
        asked = [(prompt.text, prompt.entry_point, prompt.tests) for prompt in self.prompts]
        return (asked, self.student.key, self.samples, self.temperature)

    @property
    def settings(self) -> tuple[Section, ...]:
        """How long an answer may be, and what a program may use in its tests."""
        return (self.bench.recipe.student, self.bench.recipe.sandbox)

    def work(self, kept: Mapping[int, Stressed], keep: Keep[Stressed]) -> StageResult[NoFacts, Stressed]:
        """Sample and test piece by piece, each kept as soon as it is there."""
        size = max(1, AT_ONCE // self.samples)
        progress = self.bench.watcher.progress
        return StageResult(NoFacts(), in_pieces(len(self.prompts), size, kept, keep, self._piece, progress))

    def _piece(self, places: range) -> list[Stressed]:
        bench, prompts = self.bench, self.prompts[places.start : places.stop]
        asked = [prompt for prompt in prompts for _ in range(self.samples)]
        answers = answered(
            bench,
            self.student,
            asked,
            temperature=self.temperature,
            seed=(bench.recipe.seed * 1000 + self.number) * 1_000_003 + places.start,
        )
        judged = bench.ask(in_order([self._tried(prompt, one) for prompt, one in zip(asked, answers, strict=True)]))
        return [
            Stressed(prompt.id, tuple(judged[at * self.samples : (at + 1) * self.samples]))
            for at, prompt in enumerate(prompts)
        ]

    async def _tried(self, prompt: Prompt, answer: Answer) -> StressTry:
        return await asyncio.to_thread(tried, prompt, answer, self.bench.box, self.bench.referee.limits)

    def described(self, item: Stressed) -> tuple[str, str]:
        """Return the prompt's id and what became of its answers."""
        if any(one.passed and one.safe is False for one in item.tried):
            return item.prompt_id, "exploitable"
        return item.prompt_id, "right" if any(one.passed for one in item.tried) else "wrong"

    def note(self, result: StageResult[NoFacts, Stressed]) -> Sequence[str]:
        """Return the three shares of each group."""
        return [
            f"{name}: {100 * found['functional']:.0f} % right, {100 * found['secure']:.0f} % withstand every exploit, "
            f"{100 * found['joint']:.0f} % both, of {found['answers']}"
            if "joint" in found
            else f"{name}: {100 * found['functional']:.0f} % right, of {found['answers']}"
            for name, found in self._by_group(result.items).items()
        ]

    def figures(self, result: StageResult[NoFacts, Stressed]) -> dict[str, Any]:
        """Return functional, secure and joint shares by group; with 95 % intervals where each prompt has one answer."""
        runs = sum(
            1 + stress_of(prompt)
            for prompt, item in zip(self.prompts, result.items, strict=True)
            for one in item.tried
            if one.answer.code is not None
        )
        return {"groups": self._by_group(result.items), "sandbox_runs": runs}

    def _by_group(self, items: Sequence[Stressed]) -> dict[str, dict[str, Any]]:
        left = iter(items)
        found = {}
        for name, prompts in self.groups.items():
            group = [one for _ in prompts for one in next(left).tried]
            if group:
                found[name] = _shares(group, any(map(stress_of, prompts)), single=self.samples == 1)
        return found

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return so many answers to each prompt that is trained on, and one before and after to each held-out one.

        Raises RecipeError for a weakness or an exercise that there is not.
        """
        settings = recipe.harden
        if not settings.prompts:
            return Estimate()
        check_harden(recipe)
        benign = round(settings.prompts * settings.benign)
        answers = settings.samples * (settings.prompts + benign) + 2 * settings.exam
        runs = answers + settings.samples * settings.prompts + 2 * settings.exam
        return written(outlook.pace, answers, recipe.student.max_tokens) + tested(recipe, runs, SANDBOX_S)


def _shares(tries: Sequence[StressTry], stress: bool, *, single: bool) -> dict[str, Any]:
    counts = {"functional": sum(one.passed is True for one in tries)}
    if stress:
        counts["secure"] = sum(one.safe is True for one in tries)
        counts["joint"] = sum(one.passed is True and one.safe is True for one in tries)
    shares: dict[str, Any] = {"answers": len(tries)}
    for name, count in counts.items():
        shares[name] = round(count / len(tries), 4)
        if single:
            shares[f"{name}_ci95"] = [round(bound, 4) for bound in wilson_interval(count, len(tries))]
    return shares
