"""What a task's text says of its inputs, and inputs that it excludes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from akd_code.records import PromptTests
from akd_code.referee import Effort, Programs, strengthened
from akd_code.referee.domain import domain_of
from akd_code.referee.inputs import CallInput
from akd_code.referee.stated import parameters_of
from akd_sandbox import Limits, Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("text", "known", "excluded"),
    [
        ("1 <= n <= 100", [5], [0, 101]),
        ("0 < n", [5], [0]),
        ("Constraints: n > 0 and n <= 50", [5], [0, 51]),
        ("len(n) >= 2", [[1, 2]], [[1], []]),
        ("1 <= len(n) <= 3", [[1, 2]], [[], [1, 2, 3, 4]]),
        ("1 ≤ n ≤ 100", [5], [0, 101]),
        ("Given n between 1 and 100 (inclusive), return its square.", [5], [0, 101]),
        ("An integer in the range [2, 9].", [5], [1, 10]),
        ("Numbers from 1 to 20.", [[5, 6]], [[0], [5, 21]]),
        ("Return the factorial of a positive integer.", [5], [0, -1]),
        ("Return the factorial of a non-negative integer.", [5], [-1]),
        ("Return the mean of a non-empty list.", [[1]], [[]]),
        ("The list must not be empty.", [[1]], [[]]),
        ("A list of non-empty words.", [["ab", "c"]], [["", "c"], []]),
        ("Find the second largest of at least two numbers.", [[1, 2]], [[1], []]),
        ("The list has at least 3 elements.", [[1, 2, 3]], [[1, 2]]),
        ("It takes no more than four items.", [[1, 2]], [[1, 2, 3, 4, 5]]),
        ("n is odd.", [5], [4]),
        ("n is an even number.", [4], [5]),
        ("The list has an even number of items.", [[1, 2]], [[1]]),
        ("The list is sorted in ascending order.", [[1, 2]], [[2, 1]]),
        ("The list is sorted in descending order.", [[2, 1]], [[1, 2]]),
        ("Every row of the matrix is sorted.", [[[1, 2], [0, 3]]], [[[2, 1], [0, 3]]]),
        ("The list holds no duplicates.", [[1, 2]], [[1, 1]]),
        ("A text without repeated letters.", ["ab"], ["aa"]),
        ("lowercase letters only", ["ab"], ["aB", "a1", "a b"]),
        ("The divisor is non-zero.", [5], [0]),
        ("A strictly increasing list.", [[1, 2]], [[1, 1]]),
    ],
)
def test_what_the_text_excludes_is_not_allowed(text: str, known: list[Any], excluded: list[Any]) -> None:
    domain = domain_of([CallInput((one,)) for one in known], text, ("n",))
    assert all(domain.allows(CallInput((one,))) for one in known)
    assert [one for one in excluded if domain.allows(CallInput((one,)))] == []


@pytest.mark.parametrize(
    ("text", "known", "others"),
    [
        ("If n is greater than 5, return 1.", [7], [3]),
        ("Count the items greater than 5.", [[1, 7]], [[2], [9]]),
        ("Count the items greater than 5.", [[7, 9]], [[2], [9]]),
        ("Keep numbers that are at least 4.", [[7, 9]], [[2], [9]]),
        ("Return whether n is positive.", [5, -5], [0, -1]),
        ("Add up the positive numbers.", [[5, 7]], [[0, -1]]),
        ("Double the even numbers and leave out the others.", [[2, 4]], [[3], [1, 2]]),
        ("Return all even numbers, each of which is even.", [[2, 4]], [[3], [1, 2]]),
        ("Return the maximum of two numbers.", [1], [9]),
        ("Sum the even numbers.", [[1, 2]], [[3], [4, 6]]),
        ("Return the list sorted.", [[2, 1], [5]], [[3, 1, 2], [1, 2]]),
        ("1 <= n <= 10^5", [5], [70_000]),
        ("0 < x < 3", [5], [0, 9]),
    ],
)
def test_what_the_text_does_not_exclude_is_allowed(text: str, known: list[Any], others: list[Any]) -> None:
    domain = domain_of([CallInput((one,)) for one in known], text, ("n",))
    assert [one for one in others if not domain.allows(CallInput((one,)))] == []


@pytest.mark.parametrize(
    ("entry", "code", "names"),
    [
        ("f", "def f(a, b=2, *, c=3): pass", ("a", "b")),
        ("Solution().f", "class Solution:\n    def f(self, nums): pass", ("nums",)),
        ("f", 'def f(a: int) -> int:\n    """Do it."""\n', ("a",)),
        ("f", "def f(a, b):", ("a", "b")),
        ("f", "def g(a): pass", ()),
        ("f", "Write f.", ()),
    ],
)
def test_parameters_are_read_from_a_program_or_its_head(entry: str, code: str, names: tuple[str, ...]) -> None:
    assert parameters_of(entry, code) == names


def test_a_stated_bound_holds_for_an_argument_that_is_given_by_its_place(box: Sandbox) -> None:
    code = "def grade(score):\n    if score >= 90:\n        return 'A'\n    return 'B'\n"
    tests = PromptTests(("assert grade(95) == 'A'", "assert grade(10) == 'B'"), "given")
    done = strengthened(
        tests, "grade", Programs(code), box, text="0 <= score <= 100", effort=Effort(inputs=60, most_tests=50)
    )
    assert done.added
    assert all(0 <= int(line[len("assert grade(") :].split(")")[0]) <= 100 for line in done.added)
