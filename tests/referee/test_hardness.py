"""Hard or easy."""

from __future__ import annotations

import pytest

from akd_code.records import Gap, Judgement
from akd_code.referee import TestRates, decide, disagree, judge_gap, needs_judge
from akd_code.referee.hardness import JudgePolicy


def judged(teacher: float | None, student: float | None, parsed: int = 2) -> Judgement:
    return Judgement("p", teacher, student, parsed)


@pytest.mark.parametrize(
    ("teacher", "student", "hard"),
    [
        (1.0, 0.5, True),  # the threshold itself is hard
        (1.0, 0.500001, False),
        (1.0, 0.0, True),
        (1.0, 1.0, False),
        (5 / 6, 1 / 3, True),  # 0.5 but for a rounding error
        (0.0, 1.0, False),  # the student is ahead
        (0.6, 1.0, False),
        (0.9, 0.1, True),
        (0.9, 0.5, None),  # both fail and are close
        (0.0, 0.0, None),
    ],
)
def test_tests_decide_where_there_is_a_suite(teacher: float, student: float, hard: bool | None) -> None:
    gap = decide("p", TestRates(teacher, student), None)
    assert (gap.hard, gap.decided_by) == (hard, "tests")
    assert gap.value == pytest.approx(teacher - student)
    assert (gap.teacher_pass_rate, gap.student_pass_rate) == (teacher, student)


@pytest.mark.parametrize(
    ("teacher", "student", "hard"), [(8.0, 7.0, True), (8.1, 7.1, True), (8.0, 7.5, False), (5.0, 9.0, False)]
)
def test_the_judge_decides_where_there_is_none(teacher: float, student: float, hard: bool) -> None:
    assert decide("p", None, judged(teacher, student)) == Gap(
        "p", pytest.approx(teacher - student), hard, "judge", judge_gap=pytest.approx(teacher - student)
    )


@pytest.mark.parametrize("judgement", [None, judged(9.0, 1.0, parsed=1), judged(None, None, parsed=0)])
def test_without_suite_and_without_two_readable_verdicts_nobody_decides(judgement: Judgement | None) -> None:
    assert decide("p", None, judgement) == Gap("p", None, None, "none")


def test_the_judge_breaks_a_tie_of_passing_answers_only_when_always_asked() -> None:
    both = TestRates(1.0, 1.0)
    assert decide("p", both, judged(9.0, 6.0), policy="always") == Gap("p", 3.0, True, "tests+judge", 1.0, 1.0, 3.0)
    assert decide("p", both, judged(9.0, 8.5), policy="always").hard is False
    assert decide("p", both, None, policy="always") == Gap("p", 0.0, False, "tests", 1.0, 1.0)
    assert decide("p", both, judged(9.0, 6.0), policy="needed") == Gap("p", 0.0, False, "tests", 1.0, 1.0, 3.0)


def test_the_judge_never_overrules_tests_that_tell_the_answers_apart() -> None:
    assert decide("p", TestRates(1.0, 0.0), judged(2.0, 9.0), policy="always").hard is True
    assert decide("p", TestRates(0.0, 0.0), judged(9.0, 1.0), policy="always").hard is None


def test_a_judge_that_is_never_asked_decides_nothing() -> None:
    assert decide("p", None, judged(9.0, 1.0), policy="never") == Gap("p", None, None, "none")


def test_the_thresholds_are_settings() -> None:
    assert decide("p", TestRates(1.0, 0.8), None, test_gap=0.2).hard is True
    assert decide("p", None, judged(8.0, 7.0), tau=1.5).hard is False


@pytest.mark.parametrize(
    ("policy", "with_suite", "without"), [("always", True, True), ("needed", False, True), ("never", False, False)]
)
def test_when_the_judge_is_asked(policy: JudgePolicy, with_suite: bool, without: bool) -> None:
    assert needs_judge(TestRates(1.0, 1.0), policy) is with_suite
    assert needs_judge(None, policy) is without


def test_one_readable_call_does_not_make_a_gap() -> None:
    assert judge_gap(judged(9.0, 1.0, parsed=1)) is None
    assert judge_gap(judged(9.0, 1.0)) == 8.0


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (decide("p", TestRates(1.0, 0.0), judged(9.0, 3.0)), False),
        (decide("p", TestRates(1.0, 0.0), judged(5.0, 5.0)), True),
        (decide("p", TestRates(1.0, 1.0), judged(9.0, 3.0)), True),
        (decide("p", TestRates(1.0, 1.0), judged(9.0, 3.0), policy="always"), None),
        (decide("p", TestRates(0.0, 0.0), judged(9.0, 3.0)), None),
        (decide("p", TestRates(1.0, 0.0), None), None),
        (decide("p", None, judged(9.0, 3.0)), None),
    ],
)
def test_disagreement_needs_two_opinions(gap: Gap, expected: bool | None) -> None:
    assert disagree(gap) is expected
