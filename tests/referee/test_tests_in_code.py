"""Tests as code taken apart: every one stands alone, in plain CPython."""

from __future__ import annotations

import pytest

from akd_code.referee.tests_in_code import parts_of_tests

PROGRAM = "def f(x):\n    return [x + 1] if x > 0 else [x]\n"
CODE = '''
"""Tests."""
import math, os
from typing import *
METADATA = {"author": "nobody"}
LOW = 0

def same(a, b):
    return sorted(a) == sorted(b) and sum(a) >= LOW

def unused():
    return METADATA

def check(candidate):
    """Checks."""
    assert same(candidate(1), [2])
    import random
    random.seed(1)
    x = candidate(7)
    y = 3
    assert x == [8]
    x.append(9)
    assert x == [8, 9]
    for n in range(1, y):
        assert math.isclose(candidate(n)[0], n + 1)

if __name__ == "__main__":
    check(None)
'''


def test_every_test_passes_alone_with_what_it_needs() -> None:
    parts = parts_of_tests(CODE, "f")
    assert len(parts.tests) == 4
    for test in parts.tests:
        exec(f"{PROGRAM}\n{parts.setup}\n{test}", {})  # noqa: S102 - ours


def test_a_test_brings_nothing_that_it_does_not_need() -> None:
    parts = parts_of_tests(CODE, "f")
    assert parts.tests[0] == "assert same(f(1), [2])"
    assert parts.tests[1] == "import random\nrandom.seed(1)\nx = f(7)\nassert x == [8]"
    assert "METADATA" not in parts.setup
    assert "unused" not in parts.setup


def test_checks_may_be_made_by_a_function_beside_the_check_or_in_it() -> None:
    """The form of EvalPlus's data sets."""
    code = (
        "def assertion(out, exp):\n    assert out == exp\n\n"
        "def check(candidate):\n    inputs = [[1], [-2]]\n    results = [[2], [-2]]\n"
        "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp)\n"
        "    def same(x, y):\n        assert x == y\n"
        "    same(candidate(3), [4])\n"
    )
    parts = parts_of_tests(code, "f")
    assert len(parts.tests) == 2
    for test in parts.tests:
        exec(f"{PROGRAM}\n{parts.setup}\n{test}", {})  # noqa: S102 - ours
        with pytest.raises(AssertionError):
            exec(f"def f(x):\n    return x\n\n{parts.setup}\n{test}", {})  # noqa: S102 - ours


def test_asserts_that_need_nothing_are_the_lines_alone() -> None:
    code = "METADATA = {}\n\ndef check(candidate):\n    assert candidate(1) == 2\n    assert candidate([3]) == 4\n"
    parts = parts_of_tests(code, "Solution().f")
    assert (parts.tests, parts.setup) == (("assert Solution().f(1) == 2", "assert Solution().f([3]) == 4"), "")


def test_plain_statements_are_taken_apart_in_the_same_way() -> None:
    parts = parts_of_tests("import math\nx = f(1)\nassert x == [2]\nassert math.prod(f(2)) == 3\n", "f")
    assert parts.tests == ("x = f(1)\nassert x == [2]", "import math\nassert math.prod(f(2)) == 3")
    assert parts.setup == ""


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "check nothing"),
        ("def check():\n    assert True", "takes no candidate"),
        ("def check(candidate):\n    pass", "check nothing"),
        ("def check(c:", "not Python"),
        ("check = f", "check nothing"),
        ("class T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(1), 2)", "check nothing"),
    ],
)
def test_code_that_checks_nothing_is_refused(code: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parts_of_tests(code, "f")
