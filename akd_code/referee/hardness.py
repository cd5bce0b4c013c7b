"""Hard or easy: what tests and judge say together about how far the student is behind (Lion, arXiv 2305.12870)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from akd_code.records import Gap, Judgement

JudgePolicy = Literal["always", "needed", "never"]
"""When the judge is asked: about every prompt, only where there is no validated suite, or not at all."""

TEST_GAP = 0.5
"""A prompt is hard from this difference of pass rates on, inclusive (no paper gives one: Lion only judges)."""
JUDGE_GAP = 1.0
"""A prompt is hard from this difference of mean scores on, inclusive: Lion's tau (arXiv 2305.12870)."""
_DIGITS = 9  # differences of decimal scores must not miss a threshold by a rounding error


@dataclass(frozen=True, slots=True)
class TestRates:
    """Pass rates of both answers on one validated suite, 0 to 1."""

    __test__ = False  # not a pytest class

    teacher: float
    student: float


def needs_judge(rates: TestRates | None, policy: JudgePolicy) -> bool:
    """Return whether the judge is to be asked about a prompt."""
    return policy == "always" or (policy == "needed" and rates is None)


def judge_gap(judgement: Judgement | None) -> float | None:
    """Return mean teacher score minus mean student score.

    None unless both calls, with the answers swapped, could be read: one alone favours the place an answer stands in.
    """
    if judgement is None or judgement.parsed_calls < 2 or judgement.teacher is None or judgement.student is None:
        return None
    return round(judgement.teacher - judgement.student, _DIGITS)


def decide(
    prompt_id: str,
    rates: TestRates | None,
    judgement: Judgement | None,
    *,
    policy: JudgePolicy = "needed",
    test_gap: float = TEST_GAP,
    tau: float = JUDGE_GAP,
) -> Gap:
    """Return the gap on a prompt, and whether it is hard.

    With `rates` (a validated suite) the tests decide: hard from `test_gap` on; when both answers fail and are closer
    than that, the prompt carries no signal (`hard` None). Two answers that pass everything are told apart by the
    judge's scores under the policy `always`. Without rates the judge decides, if it could be read; otherwise nobody.
    """
    scored = judge_gap(judgement) if policy != "never" else None
    if rates is None:
        hard = None if scored is None else scored >= tau
        return Gap(prompt_id, scored, hard, "none" if scored is None else "judge", judge_gap=scored)
    value = round(rates.teacher - rates.student, _DIGITS)
    by_tests: bool | None = value >= test_gap
    if not by_tests and rates.teacher < 1.0 and rates.student < 1.0:
        by_tests = None
    both_pass = rates.teacher == rates.student == 1.0
    if both_pass and policy == "always" and scored is not None:
        return Gap(prompt_id, scored, scored >= tau, "tests+judge", rates.teacher, rates.student, scored)
    return Gap(prompt_id, value, by_tests, "tests", rates.teacher, rates.student, scored)


def disagree(gap: Gap, *, tau: float = JUDGE_GAP) -> bool | None:
    """Return whether tests and judge say different things about a prompt; None unless both said something.

    A tie of two passing answers that the judge broke is not a disagreement: the tests left it open.
    """
    if gap.decided_by != "tests" or gap.hard is None or gap.judge_gap is None:
        return None
    return gap.hard != (gap.judge_gap >= tau)
