"""The referee as the loop asks it: the student's answers in a real sandbox, the judge as scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from akd_code.models import Completion, Message, Sampling
from akd_code.recipe import RefereeSection
from akd_code.records import Answer, Candidate, Label, LabelOutcome, Prompt, PromptTests
from akd_code.referee import Decision, Referee
from akd_prompts import SCORES_SCHEMA
from akd_sandbox import Limits, Sandbox

LIMITS = Limits(test_s=2.0)
RIGHT, WRONG = "def f(x):\n    return 2 * x\n", "def f(x):\n    return x * x\n"
SUITE = PromptTests(("assert f(1) == 2", "assert f(3) == 6", "assert f(2) == 4", "assert f(0) == 0"), "given")


class Judge:
    """Finds the answer shown first worth nine, the other one four: all bias."""

    name = endpoint = "judge"

    def __init__(self) -> None:
        self.asked: list[Sampling] = []

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        self.asked.append(sampling)
        return Completion("Scores: 9 4", "stop", 1, 1, "judge")

    async def aclose(self) -> None:
        return None


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def answer(code: str) -> Answer:
    return Answer("p", f"```python\n{code}```", code, "stop")


def label(tests: PromptTests | None = SUITE, rate: float | None = 1.0) -> Label:
    prompt = Prompt("p", "Double.", "f", tests=tests)
    return Label(prompt, (Candidate(answer(RIGHT), "direct"),), 0, LabelOutcome.VERIFIED, rate, 1, 1)


def decided(box: Sandbox, model: Judge, of: Label, codes: Sequence[str], **settings: object) -> Decision:
    section = RefereeSection.model_validate(settings)
    referee = Referee(model, Sampling(), box, LIMITS, section)
    return asyncio.run(referee.decide(of, [answer(code) for code in codes]))


def test_the_mean_pass_rate_of_several_samples_is_the_students(box: Sandbox) -> None:
    judge = Judge()
    decision = decided(box, judge, label(), [RIGHT, WRONG])  # 4 of 4 and 2 of 4
    assert (decision.gap.student_pass_rate, decision.gap.value, decision.gap.hard) == (0.75, 0.25, False)
    assert (decision.requests, decision.sandbox_runs, judge.asked) == (0, 2, [])


def test_by_pass_rate_only_whole_passes_count(box: Sandbox) -> None:
    judge = Judge()
    decision = decided(box, judge, label(), [WRONG, WRONG, WRONG, RIGHT], hardness="pass-rate")
    assert (decision.gap.student_pass_rate, decision.gap.hard, decision.gap.standing) == (0.25, True, "hard")
    assert decided(box, judge, label(), [RIGHT] * 2, hardness="pass-rate").gap.standing == "retired"
    assert judge.asked == []


def test_without_tests_a_pass_rate_leaves_it_to_the_judge(box: Sandbox) -> None:
    decision = decided(box, Judge(), label(None, None), [RIGHT, RIGHT], hardness="pass-rate")
    assert (decision.gap.decided_by, decision.requests, decision.sandbox_runs) == ("judge", 2, 0)


def test_the_judge_alone_runs_no_tests_and_its_bias_is_kept(box: Sandbox) -> None:
    judge = Judge()
    decision = decided(box, judge, label(), [WRONG], hardness="judge", judge="never")
    assert (decision.gap.decided_by, decision.gap.value, decision.gap.leads) == ("judge", 0.0, (5.0, 5.0))
    assert decision.sandbox_runs == 0
    assert {sampling.schema for sampling in judge.asked} == {SCORES_SCHEMA}


def test_a_judge_may_be_asked_without_a_schema(box: Sandbox) -> None:
    judge = Judge()
    decided(box, judge, label(None, None), [WRONG], structured=False)
    assert {sampling.schema for sampling in judge.asked} == {""}
