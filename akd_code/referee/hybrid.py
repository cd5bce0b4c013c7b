"""The hybrid referee: tests first, the judge where they cannot decide (or always, as the recipe says)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from akd_code.models import ChatModel, Sampling
from akd_code.recipe import RefereeSection
from akd_code.records import Answer, Gap, Label, LabelOutcome
from akd_code.referee.hardness import TestRates, decide, needs_judge
from akd_code.referee.llm_judge import ask_judge
from akd_code.referee.prompt_tests import run_tests
from akd_sandbox import Limits, Sandbox


@dataclass(frozen=True, slots=True)
class Decision:
    """The gap on one prompt, and what finding it took: requests to the judge and programs run.

    `refused`: the judge's endpoint refused to compare the answers.
    """

    gap: Gap
    requests: int
    sandbox_runs: int
    refused: bool = False


@dataclass(frozen=True)
class Referee:
    """Compares the teacher's answer with the student's."""

    model: ChatModel
    sampling: Sampling
    box: Sandbox
    limits: Limits
    settings: RefereeSection

    async def decide(self, label: Label, student: Answer) -> Decision:
        """Return how far the student is behind on one prompt. Raises ModelError."""
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
        # Where the teacher's endpoint refused the prompt there is no answer to compare with.
        if label.outcome is not LabelOutcome.REFUSED and needs_judge(rates, self.settings.judge):
            judgement = await ask_judge(prompt, label.answer, student, self.model, sampling=self.sampling)
        gap = decide(
            prompt.id, rates, judgement, policy=self.settings.judge, test_gap=self.settings.gap, tau=self.settings.tau
        )
        if judgement is None:
            return Decision(gap, 0, runs)
        return Decision(gap, judgement.requests, runs, judgement.refused)
