"""The hybrid referee: tests first, the judge where they cannot decide (or always, as the recipe says)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.models import ChatModel, Sampling
from akd_code.recipe import RefereeSection
from akd_code.records import Answer, Gap, Label, LabelOutcome
from akd_code.referee.hardness import TestRates, decide, decide_by_pass_rate, needs_judge
from akd_code.referee.llm_judge import ask_judge
from akd_code.referee.prompt_tests import Tested, run_tests
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

    async def decide(self, label: Label, students: Sequence[Answer]) -> Decision:
        """Return how far the student is behind on one prompt, by its answers; the judge reads the first.

        Raises ModelError.
        """
        how = self.settings.hardness
        tested = [] if how == "judge" else await asyncio.to_thread(self._tested, label, students)
        student = [one.pass_rate for one in tested]
        known = [rate for rate in student if rate is not None]
        rates = None
        if label.pass_rate is not None and known:
            rates = TestRates(label.pass_rate, sum(known) / len(known))
        if how == "pass-rate" and rates is not None:
            solved = sum(rate == 1.0 for rate in known)
            bounds = {"hard_below": self.settings.hard_below, "easy_above": self.settings.easy_above}
            gap = decide_by_pass_rate(label.prompt.id, rates.teacher, solved, len(known), **bounds)
            return Decision(gap, 0, len(tested))
        policy = "always" if how == "judge" else self.settings.judge
        judgement = None
        # Where the teacher's endpoint refused the prompt there is no answer to compare with.
        if label.outcome is not LabelOutcome.REFUSED and needs_judge(rates, policy):
            judgement = await ask_judge(
                label.prompt,
                label.answer,
                students[0],
                self.model,
                sampling=self.sampling,
                structured=self.settings.structured,
            )
        gap = decide(
            label.prompt.id, rates, judgement, policy=policy, test_gap=self.settings.gap, tau=self.settings.tau
        )
        if judgement is None:
            return Decision(gap, 0, len(tested))
        return Decision(gap, judgement.requests, len(tested), judgement.refused)

    def _tested(self, label: Label, students: Sequence[Answer]) -> list[Tested]:
        """Return how each of the student's answers fares in the prompt's tests, [] where nothing can be tested."""
        prompt = label.prompt
        if prompt.tests is None or prompt.entry_point is None or label.pass_rate is None:
            return []
        return [run_tests(prompt.tests, prompt.entry_point, one.code, self.box, self.limits) for one in students]
