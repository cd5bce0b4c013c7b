"""Discrimination (Lion): on which prompts of the cache pool is the student behind the teacher, and how far?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akd_code.gather import in_order
from akd_code.models import ChatModel, Sampling
from akd_code.recipe import RefereeSection
from akd_code.records import Answer, Gap, Label
from akd_code.referee import TestRates, ask_judge, decide, disagree, needs_judge, run_tests
from akd_sandbox import Limits, Sandbox


@dataclass(frozen=True, slots=True)
class Discrimination:
    """The gaps of all prompts, in order, and what finding them took.

    `disagreements` of `compared` prompts on which tests and judge both spoke and differ. `runs` counts sandbox runs.
    """

    gaps: tuple[Gap, ...]
    calls: int
    runs: int
    compared: int
    disagreements: int

    @property
    def hard_share(self) -> float | None:
        """Share of hard prompts among the decided ones; None if none was decided."""
        decided = [gap.hard for gap in self.gaps if gap.hard is not None]
        return sum(decided) / len(decided) if decided else None


@dataclass(frozen=True)
class Referee:
    """The hybrid referee: tests first, the judge where they cannot decide (or always, as the recipe says)."""

    model: ChatModel
    sampling: Sampling
    box: Sandbox
    limits: Limits
    settings: RefereeSection

    async def gap(self, label: Label, student: Answer) -> tuple[Gap, int, int]:
        """Return (gap, judge calls, sandbox runs) of one prompt. Raises ModelError."""
        prompt = label.prompt
        rates: TestRates | None = None
        runs = 0
        if prompt.tests is not None and prompt.entry_point is not None and label.pass_rate is not None:
            run = await asyncio.to_thread(
                run_tests, prompt.tests, prompt.entry_point, student.code, self.box, self.limits
            )
            runs = 1
            if run.pass_rate is not None:
                rates = TestRates(label.pass_rate, run.pass_rate)
        judgement = None
        if needs_judge(rates, self.settings.judge):
            judgement = await ask_judge(prompt, label.answer, student, self.model, sampling=self.sampling)
        gap = decide(
            prompt.id, rates, judgement, policy=self.settings.judge, test_gap=self.settings.gap, tau=self.settings.tau
        )
        return gap, 0 if judgement is None else judgement.requests, runs


async def discriminate(
    referee: Referee, labels: Sequence[Label], answers: Sequence[Answer], progress: Callable[[int, int], None]
) -> Discrimination:
    """Return the gap on every prompt: `labels` and the student's `answers` in the same order. Raises ModelError."""
    done = 0

    async def one(label: Label, answer: Answer) -> tuple[Gap, int, int]:
        nonlocal done
        found = await referee.gap(label, answer)
        done += 1
        progress(done, len(labels))
        return found

    found = await in_order([one(label, answer) for label, answer in zip(labels, answers, strict=True)])
    gaps = tuple(gap for gap, _, _ in found)
    opinions = [said for gap in gaps if (said := disagree(gap, tau=referee.settings.tau)) is not None]
    return Discrimination(
        gaps, sum(calls for _, calls, _ in found), sum(runs for _, _, runs in found), len(opinions), sum(opinions)
    )
