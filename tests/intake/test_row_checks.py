"""Tests of data sets, in the forms that they have."""

from __future__ import annotations

import pytest

from akd_code.intake.checks import asserts_from
from akd_code.intake.exercise import UnusableError


def test_a_list_of_asserts_stays_as_it_is() -> None:
    assert asserts_from(["assert f(1) == 2\r\n", "assert f(2) == 3"], None) == ("assert f(1) == 2", "assert f(2) == 3")


def test_check_is_about_the_function_by_its_name() -> None:
    code = "METADATA = {}\ndef check(candidate):\n    assert candidate(x = 1) == 2\n    assert candidate(2) == 3\n"
    assert asserts_from(code, "Solution().f") == ("assert Solution().f(x=1) == 2", "assert Solution().f(2) == 3")


def test_what_checks_nothing_goes_with_the_check_after_it() -> None:
    assert asserts_from("x = 1\nassert f(x) == 2\nassert f(0) == 1\nprint(x)", None) == (
        "x = 1\nassert f(x) == 2",
        "assert f(0) == 1",
    )


def test_check_needs_the_name_of_the_function() -> None:
    with pytest.raises(UnusableError, match=r"check\(candidate\) without the function's name: .*--entry"):
        asserts_from("def check(candidate):\n    assert candidate(1) == 2", None)


def test_no_tests_are_none() -> None:
    assert asserts_from(None, "f") == asserts_from([], "f") == asserts_from("", "f") == ()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["assert f(1 =="], "tests that are not Python"),
        ("print(f(1))", "tests that check nothing"),
        ({"input": 1}, "tests in no known form"),
        ([1, 2], "tests in no known form"),
        ("def check():\n    assert True", "tests in no known form"),
    ],
)
def test_other_forms_are_refused_with_a_reason_that_can_be_counted(value: object, reason: str) -> None:
    with pytest.raises(UnusableError) as error:
        asserts_from(value, "f")
    assert error.value.reason == reason
