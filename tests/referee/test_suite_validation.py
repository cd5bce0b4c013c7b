"""Which suites can be trusted, by running them in a real sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akd_code.records import PromptTests
from akd_code.referee import Tested, Validated, run_tests, validate_given, validate_written
from akd_sandbox import Limits, Sandbox, Verdict

DOUBLE = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x * x\n"  # right for 0 and 2
CRASH = "import os\ndef double(x):\n    if x == 2:\n        os._exit(0)\n    return 2 * x\n"
# Equal to everything, as a program that wants to pass would return it.
SLY = "class Any:\n    def __eq__(self, other):\n        return True\ndef double(x):\n    return Any()\n"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


def suite(*asserts: str, given: bool = False, setup: str = "") -> PromptTests:
    return PromptTests(asserts, "given" if given else "teacher", setup)


FIVE = tuple(f"assert double({n}) == {2 * n}" for n in range(5))


class TestRun:
    @pytest.mark.parametrize(
        ("code", "passed", "verdict"),
        [
            (DOUBLE, 5, Verdict.PASS),
            (WRONG, 2, Verdict.WRONG),
            (SLY, 0, Verdict.TAMPER),
            (CRASH, 2, Verdict.EXITED),
            ("def double(x:", 0, Verdict.SYNTAX),
            ("def other(x): pass", 0, Verdict.NOENTRY),
            (None, 0, Verdict.NOENTRY),
        ],
    )
    def test_the_pass_rate_counts_asserts(self, box: Sandbox, code: str | None, passed: int, verdict: Verdict) -> None:
        run = run_tests(suite(*FIVE), "double", code, box)
        assert (run.passed, run.total, run.verdict) == (passed, 5, verdict)
        assert run.pass_rate == passed / 5

    def test_a_fault_of_the_sandbox_leaves_no_pass_rate(self) -> None:
        assert Tested(0, 5, Verdict.INFRA).pass_rate is None

    def test_set_up_code_serves_the_asserts(self, box: Sandbox) -> None:
        run = run_tests(suite("assert double(BIG) == 20", setup="BIG = 10"), "double", DOUBLE, box)
        assert (run.passed, run.verdict) == (1, Verdict.PASS)


class TestWritten:
    def test_a_sound_suite_is_kept_whole(self, box: Sandbox) -> None:
        assert validate_written(suite(*FIVE), "double", [DOUBLE], box) == Validated(suite(*FIVE), 0, 2)

    def test_asserts_the_reference_fails_are_dropped(self, box: Sandbox) -> None:
        written = suite("assert double(9) == 19", *FIVE, "assert double(8) == 'a'")
        report = validate_written(written, "double", [DOUBLE], box)
        assert (report.tests, report.dropped) == (suite(*FIVE), 2)

    def test_too_few_left_make_no_suite_and_it_says_so(self, box: Sandbox) -> None:
        report = validate_written(suite(*FIVE[:4], "assert double(9) == 1"), "double", [DOUBLE], box)
        assert (report.tests, report.reason) == (None, "4 of 5 asserts hold for a reference, fewer than 5")

    def test_the_least_number_is_a_setting(self, box: Sandbox) -> None:
        assert validate_written(suite(*FIVE[:2]), "double", [DOUBLE], box, min_tests=2).tests == suite(*FIVE[:2])

    def test_the_best_of_several_references_counts(self, box: Sandbox) -> None:
        report = validate_written(suite(*FIVE), "double", [WRONG, DOUBLE, "def double(x): return 0"], box)
        assert report.tests == suite(*FIVE)

    def test_an_assert_that_ends_the_program_does_not_cost_the_others(self, box: Sandbox) -> None:
        report = validate_written(suite(*FIVE), "double", [CRASH], box, min_tests=4)
        assert report.tests == suite(*FIVE[:2], *FIVE[3:])

    @pytest.mark.parametrize("code", ["def double(x:", "def other(x): pass", "raise SystemExit"])
    def test_a_reference_that_does_not_run_validates_nothing(self, box: Sandbox, code: str) -> None:
        report = validate_written(suite(*FIVE), "double", [code], box)
        assert report.tests is None
        assert report.reason.startswith("0 of 5 asserts hold")

    def test_without_a_reference_nothing_is_valid(self, box: Sandbox) -> None:
        report = validate_written(suite(*FIVE), "double", [], box)
        assert (report.tests, report.runs) == (None, 0)
        assert "there is no reference program" in report.reason

    @pytest.mark.parametrize(
        "line",
        ["assert double({0}) == double({0})", "assert double({0}) or True", "assert isinstance(double({0}), int)"],
    )
    def test_a_suite_that_cannot_fail_is_worthless(self, box: Sandbox, line: str) -> None:
        report = validate_written(suite(*(line.format(n) for n in range(6))), "double", [DOUBLE], box)
        assert (report.tests, report.reason) == (None, "no assert has an expectation that could fail")

    def test_one_real_expectation_is_enough(self, box: Sandbox) -> None:
        mixed = suite(*FIVE[:1], *(f"assert double({n}) == double({n})" for n in range(5)))
        assert validate_written(mixed, "double", [DOUBLE], box).tests == mixed

    @pytest.mark.parametrize(
        "line",
        [
            "assert double(3) == double(3) == 6",
            "assert 5 < double(3) < 7",
            "assert double(3) == Fraction(6)",
            "assert double(3) == 6; assert double(4) == 8",
            "assert abs(double(3) - 6) < 1e-6",
            "assert double(3) in (6, 7)",
        ],
    )
    def test_an_expectation_of_another_form_is_one_too(self, box: Sandbox, line: str) -> None:
        written = suite(line, setup="from fractions import Fraction")
        assert validate_written(written, "double", [DOUBLE], box, min_tests=1).tests == written

    def test_a_program_that_tosses_a_coin_validates_no_test_of_it(self, box: Sandbox) -> None:
        coin = f"import random\n{DOUBLE.replace('2 * x', '2 * x if x else random.randrange(2)')}"
        kept = validate_written(suite(*["assert double(0) == 0"] * 40, *FIVE[1:]), "double", [coin], box, min_tests=4)
        assert kept.tests == suite(*FIVE[1:])


class TestGiven:
    def test_an_assert_the_teacher_fails_stays(self, box: Sandbox) -> None:
        one = suite("assert double(3) == 6", given=True)
        assert validate_given(one, "double", [WRONG], box).tests == one
        assert validate_given(one, "double", [], box).tests == one

    def test_a_single_assert_that_a_reference_passes_is_checked_and_kept(self, box: Sandbox) -> None:
        one = suite("assert double(3) == 6", given=True)
        assert validate_given(one, "double", [WRONG, DOUBLE], box) == Validated(one, 0, 3)

    def test_a_method_is_an_entry_point_like_any_other(self, box: Sandbox) -> None:
        code = "class Solution:\n    def double(self, x):\n        return 2 * x\n"
        one = suite("assert Solution().double(x=3) == 6", given=True)
        assert validate_given(one, "Solution().double", [code], box) == Validated(one, 0, 2)
        assert (
            validate_given(suite("assert Solution().half(3) == 6", given=True), "Solution().double", [], box).tests
            is None
        )

    def test_lines_that_are_not_asserts_on_the_function_are_dropped(self, box: Sandbox) -> None:
        mixed = suite("assert double(3) == 6", "assert (", "assert other(3) == 6", "print(1)", given=True)
        report = validate_given(mixed, "double", [], box)
        assert report.tests is not None
        assert (report.tests.asserts, report.dropped) == (("assert double(3) == 6",), 3)

    @pytest.mark.parametrize(
        ("line", "reason"),
        [("assert other(3) == 6", "none of its 1 asserts calls double"), ("assert double(3) or True", "no assert has")],
    )
    def test_nothing_usable_makes_no_suite(self, box: Sandbox, line: str, reason: str) -> None:
        report = validate_given(suite(line, given=True), "double", [DOUBLE], box)
        assert report.tests is None
        assert report.reason.startswith(reason)
