"""Tests of data sets, in the forms that they have."""

from __future__ import annotations

import pytest

from akd_code.intake.checks import asserts_from, without_imports_of
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
        ({"input": ["1"], "output": ["2"]}, "tests as inputs and outputs"),
        ('{"inputs": [[1]], "outputs": [[2]], "fn_name": "f"}', "tests as inputs and outputs"),
        ([{"input": "1", "output": "2"}], "tests as inputs and outputs"),
        ("class T(unittest.TestCase):\n    def test_f(self):\n        pass", "tests as a unittest class"),
        ("def test_f(given):\n    assert f(given) == 1", "test functions with fixtures, parameters or returns"),
        ("@parametrize\ndef test_f():\n    assert f(0) == 1", "test functions with fixtures, parameters or returns"),
        ("def test_f():\n    return f(0) == 1", "test functions with fixtures, parameters or returns"),
        ("def test_f():\n    f(0)", "tests that check nothing"),
        (">>> print(f(1))\n2", "no doctest whose result is a value"),
        ([1, 2], "tests in no known form"),
        ("def check():\n    assert True", "tests in no known form"),
    ],
)
def test_other_forms_are_refused_with_a_reason_that_can_be_counted(value: object, reason: str) -> None:
    with pytest.raises(UnusableError) as error:
        asserts_from(value, "f")
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "value", ['["assert f(1) == 2", "assert f(2) == 3"]', '"[\\"assert f(1) == 2\\", \\"assert f(2) == 3\\"]"']
)
def test_a_list_may_be_written_as_json_in_a_text_or_in_a_text_of_a_text(value: str) -> None:
    assert asserts_from(value, None) == ("assert f(1) == 2", "assert f(2) == 3")


def test_pytests_functions_are_a_test_each_with_what_stands_around_them() -> None:
    code = (
        "import pytest\nfrom math import pi\n\n"
        "def test_one():\n    got = f(1)\n    assert got == 2\n\ndef test_two():\n    assert f(2) == 3\n"
    )
    assert asserts_from(code, None) == ("from math import pi\ngot = f(1)\nassert got == 2", "assert f(2) == 3")


def test_pytest_is_imported_where_it_is_used() -> None:
    code = "import pytest\n\ndef test_one():\n    with pytest.raises(ValueError):\n        f(0)\n    assert f(1) == 2\n"
    assert asserts_from(code, None)[0].startswith("import pytest\nwith pytest.raises(ValueError):\n    f(0)\n")


def test_check_that_is_called_names_its_function_itself() -> None:
    code = "def check(candidate):\n    assert candidate(1) == 2\n\ncheck(f)\n"
    assert asserts_from(code, None) == ("assert f(1) == 2",)


def test_examples_are_tests() -> None:
    assert asserts_from(">>> f(1)\n2\n>>> f(2)\n3\n", None) == ("assert f(1) == 2", "assert f(2) == 3")


def test_what_the_program_defines_is_not_imported_from_anywhere_else() -> None:
    program = "def f(x):\n    return x + 1\n\ndef sqrt(x):\n    return 7\n"
    tests = ("from solution import f\nassert f(1) == 2", "from math import sqrt\nassert f(sqrt(1)) == 2")
    assert without_imports_of(tests, program) == ("assert f(1) == 2", tests[1])
    assert without_imports_of(("from solution import f, g\nassert f(g(1)) == 2",), program) == (
        "from solution import f, g\nassert f(g(1)) == 2",
    )
