"""Tests and solutions that nobody vouches for, held to each other, in a real sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akd_code.records import PromptTests
from akd_code.referee import validate_by_agreement, validate_written
from akd_code.referee.agreement import agreed_tests, agreement_matrix, consensus_sets
from akd_sandbox import Limits, Sandbox

RIGHT = "def f(x):\n    return 2 * x\n"
RIGHT_TOO = "def f(x):\n    return x + x\n"
SQUARE = "def f(x):\n    return x * x\n"
HANGS = "def f(x):\n    while x == 2:\n        pass\n    return 2 * x\n"
LINES = tuple(f"assert f({n}) == {2 * n}" for n in range(1, 7))
WRONG = ("assert f(1) == 3", "assert f(3) == 9", "assert f(4) == 16")
LIMITS = Limits(test_s=0.5)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


def test_the_matrix_counts_equal_programs_once_with_all_their_votes(box: Sandbox) -> None:
    again = "def f(x):  # the same\n    return (2 * x)\n"
    matrix = agreement_matrix([*LINES, *WRONG], "f", [RIGHT, again, SQUARE, "def f(x"], box)
    assert matrix.votes == (2, 1)
    passed = [{matrix.asserts[at] for at in one} for one in matrix.passed]
    assert passed == [set(LINES), {"assert f(2) == 4", "assert f(3) == 9", "assert f(4) == 16"}]


def test_a_set_scores_by_the_root_of_its_samples_times_its_tests(box: Sandbox) -> None:
    matrix = agreement_matrix([*LINES, *WRONG], "f", [RIGHT] * 4 + [SQUARE] * 9, box)
    assert [(one.votes, len(one.tests), one.score) for one in consensus_sets(matrix)] == [(4, 6, 12.0), (9, 3, 9.0)]


def test_the_best_set_is_kept_only_as_far_as_most_solutions_pass_it(box: Sandbox) -> None:
    matrix = agreement_matrix([*LINES, *WRONG], "f", [RIGHT] * 4 + [SQUARE] * 9, box)
    assert agreed_tests(matrix, majority=0.0)[0] == LINES
    assert agreed_tests(matrix, majority=0.6)[0] == ("assert f(2) == 4",)  # 13 of 13; the others 4 of 13
    assert agreed_tests(matrix, majority=4 / 13)[0] == LINES  # the majority itself is enough


def test_a_program_that_hangs_on_one_test_does_not_hold_the_others_up(box: Sandbox) -> None:
    matrix = agreement_matrix(LINES, "f", [HANGS], box, limits=LIMITS)
    assert {matrix.asserts[at] for at in matrix.passed[0]} == {LINES[0]}


def test_solutions_that_agree_make_a_suite_of_the_right_tests(box: Sandbox) -> None:
    tests = PromptTests((*WRONG, *LINES), "teacher")
    report = validate_by_agreement(tests, "f", [RIGHT, RIGHT_TOO, SQUARE], box)
    assert report.tests == PromptTests(LINES, "teacher")
    assert report.dropped == 3


def test_solutions_that_do_not_agree_make_none_and_it_says_so(box: Sandbox) -> None:
    report = validate_by_agreement(PromptTests(LINES, "teacher"), "f", [RIGHT, SQUARE, "def f(x): return 1"], box)
    assert report.tests is None
    assert report.reason == "1 of 6 asserts hold for 60% of the solutions, fewer than 5"


def test_tests_on_code_are_held_to_solutions_too(box: Sandbox) -> None:
    tests = PromptTests(tuple(f"assert f(BASE + {n}) == {2 * n + 2}" for n in range(5)), "teacher", "BASE = 1")
    assert validate_by_agreement(tests, "f", [RIGHT, RIGHT_TOO, SQUARE], box).tests == tests


def test_what_a_second_model_does_not_confirm_is_dropped(box: Sandbox) -> None:
    """The first model is wrong in its test as it is in its program: only another one can tell."""
    tests = PromptTests((*LINES[1:], "assert f(0) == 7"), "teacher")
    own = "def f(x):\n    return 2 * x if x else 7\n"
    assert validate_written(tests, "f", [own], box).tests == tests
    report = validate_written(tests, "f", [own], box, checks=[RIGHT])
    assert report.tests == PromptTests(LINES[1:], "teacher")
    assert validate_written(tests, "f", [own], box, checks=[SQUARE]).tests is None


def test_a_test_that_hangs_on_the_hash_seed_is_dropped_as_flaky(box: Sandbox) -> None:
    """Which of 64 texts a set yields first hangs on the seed: by chance alone it is the same in 1 of 64 runs."""
    first = "def f(x):\n    return 2 * x if x else next(iter({str(n) for n in range(64)}))\n"
    (seen,) = box.call(first, "f", [(0,)])
    tests = PromptTests((f"assert f(0) == {seen.value!r}", *LINES), "teacher")
    report = validate_written(tests, "f", [first], box)
    assert report.tests == PromptTests(LINES, "teacher")
    assert (report.flaky, report.dropped) == (1, 1)
