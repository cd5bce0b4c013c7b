"""Hard or easy: what tests and judge say together about how far the student is behind (Lion, arXiv 2305.12870)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from akd_code.records import DecidedBy, Gap, Judgement

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
    leads = None if judgement is None else judgement.leads
    by_judge = "" if judgement is None or scored is None else _judged(judgement, scored, tau)
    if rates is None:
        hard = None if scored is None else scored >= tau
        reason = by_judge or (
            "no suite, no judge" if judgement is None else "no suite, and the judge gave no two scores"
        )
        way: DecidedBy = "none" if scored is None else "judge"
        return Gap(prompt_id, scored, hard, way, judge_gap=scored, reason=reason, leads=leads)
    value = round(rates.teacher - rates.student, _DIGITS)
    by_tests: bool | None = value >= test_gap
    reason = f"tests: teacher {rates.teacher:.2f}, student {rates.student:.2f}, gap {_against(value, test_gap)}"
    if not by_tests and rates.teacher < 1.0 and rates.student < 1.0:
        by_tests, reason = None, f"the teacher fails too: {reason}"
    both_pass = rates.teacher == rates.student == 1.0
    if both_pass and policy == "always" and scored is not None:
        reason = f"both pass every test; {by_judge}"
        return Gap(prompt_id, scored, scored >= tau, "tests+judge", 1.0, 1.0, scored, reason, leads)
    if not by_tests and rates.student == 1.0:
        reason = f"the student passes every test: {reason}"
    return Gap(prompt_id, value, by_tests, "tests", rates.teacher, rates.student, scored, reason, leads)


def decide_by_pass_rate(
    prompt_id: str, teacher: float, solved: int, samples: int, *, hard_below: float = 1 / 3, easy_above: float = 2 / 3
) -> Gap:
    """Return the gap by how many of the student's samples pass every test; `teacher` is the pass rate of its answer.

    Below `hard_below` a prompt is hard, above `easy_above` easy, and between them neither. Where no sample passes and
    the teacher fails a test too there is no signal.
    """
    share = solved / samples
    hard: bool | None = None
    if share > easy_above:
        hard = False
    elif share < hard_below and teacher == 1.0:
        hard = True
    said = f"{solved} of {samples} samples pass"
    if hard is None:
        said += "; the teacher fails too" if teacher < 1.0 else f", between {hard_below:.2f} and {easy_above:.2f}"
    return Gap(prompt_id, round(1 - share, _DIGITS), hard, "pass-rate", teacher, share, reason=said)


def disagree(gap: Gap, *, tau: float = JUDGE_GAP) -> bool | None:
    """Return whether tests and judge say different things about a prompt; None unless both said something.

    A tie of two passing answers that the judge broke is not a disagreement: the tests left it open.
    """
    if gap.decided_by != "tests" or gap.hard is None or gap.judge_gap is None:
        return None
    return gap.hard != (gap.judge_gap >= tau)


def _judged(judgement: Judgement, scored: float, tau: float) -> str:
    return f"judge: teacher {judgement.teacher:.1f}, student {judgement.student:.1f}, gap {_against(scored, tau)}"


def _against(value: float, threshold: float) -> str:
    return f"{value:.2f} {'>=' if value >= threshold else '<'} {threshold:g}"
