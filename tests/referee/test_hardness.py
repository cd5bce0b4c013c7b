"""Hard or easy."""

from __future__ import annotations

import pytest

from akd_code.records import Gap, Judgement
from akd_code.referee import TestRates, decide, disagree, judge_gap, needs_judge
from akd_code.referee.hardness import JudgePolicy, decide_by_pass_rate


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


@pytest.mark.parametrize(
    ("gap", "standing", "reason"),
    [
        (decide("p", TestRates(1.0, 0.25), None), "hard", "tests: teacher 1.00, student 0.25, gap 0.75 >= 0.5"),
        (decide("p", TestRates(1.0, 0.75), None), "easy", "tests: teacher 1.00, student 0.75, gap 0.25 < 0.5"),
        (decide("p", TestRates(1.0, 1.0), None), "retired", "the student passes every test: "),
        (decide("p", TestRates(0.5, 1.0), None), "retired", "the student passes every test: "),
        (decide("p", TestRates(0.4, 0.2), None), "no signal", "the teacher fails too: "),
        (decide("p", None, judged(9.0, 3.0)), "hard", "judge: teacher 9.0, student 3.0, gap 6.00 >= 1"),
        (decide("p", None, judged(8.0, 8.0)), "easy", "judge: teacher 8.0, student 8.0, gap 0.00 < 1"),
        (decide("p", None, judged(9.0, 3.0, parsed=1)), "undecided", "no suite, and the judge gave no two scores"),
        (decide("p", None, None), "undecided", "no suite, no judge"),
        (decide("p", TestRates(1.0, 1.0), judged(9.0, 3.0), policy="always"), "hard", "both pass every test; judge: "),
    ],
)
def test_every_prompt_has_a_word_and_a_reason(gap: Gap, standing: str, reason: str) -> None:
    assert gap.standing == standing
    assert gap.reason.startswith(reason)


@pytest.mark.parametrize(
    ("teacher", "solved", "hard", "standing"),
    [
        (1.0, 0, True, "hard"),
        (1.0, 2, True, "hard"),
        (1.0, 3, None, "between"),  # a third of nine is not less than a third
        (1.0, 6, None, "between"),
        (1.0, 7, False, "easy"),
        (1.0, 9, False, "retired"),
        (0.5, 0, None, "no signal"),
        (0.5, 9, False, "retired"),
    ],
)
def test_many_samples_tell_hard_from_easy_by_how_many_pass(
    teacher: float, solved: int, hard: bool | None, standing: str
) -> None:
    gap = decide_by_pass_rate("p", teacher, solved, 9)
    assert (gap.hard, gap.standing, gap.decided_by) == (hard, standing, "pass-rate")
    assert gap.value == pytest.approx(1 - solved / 9)
    assert gap.reason.startswith(f"{solved} of 9 samples pass")
