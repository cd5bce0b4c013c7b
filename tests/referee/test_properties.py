"""Properties of a function, and which of them may be tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from akd_code.records import PromptTests
from akd_code.referee import Programs, Strengthened, run_tests, strengthened
from akd_code.referee.inputs import CallInput
from akd_code.referee.properties import Asked, catalogue
from akd_sandbox import Limits, Sandbox, Verdict

ORDERED = """
def ordered(xs):
    found = []
    for x in xs:
        at = 0
        while at < len(found) and found[at] < x:
            at += 1
        found.insert(at, x)
    return found
"""
ORDERED_WAYS = (
    ORDERED,
    "def ordered(xs):\n    return sorted(xs)\n",
    "def ordered(xs):\n    xs = list(xs)\n    xs.sort()\n    return xs\n",
)
WEAK = PromptTests(("assert ordered([1]) == [1]", "assert ordered([2, 3]) == [2, 3]"), "given")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


def stated(name: str, entry: str, *inputs: tuple[CallInput, Any], text: str = "", setup: str = "") -> list[str]:
    """Return what a property of the catalogue says about a function with these inputs and results."""
    (one,) = (one for one in catalogue(entry, text, setup) if one.name == name)
    return one.stated([Asked(entry, given, result, lambda _: True) for given, result in inputs])


def on(*args: Any, **named: Any) -> CallInput:
    return CallInput(args, tuple(named.items()))


@pytest.mark.parametrize(
    ("name", "given", "result", "line"),
    [
        ("f(f(x)) == f(x)", on([2, 1]), [1, 2], "assert f(f([2, 1])) == f([2, 1])"),
        ("f(f(x)) == x", on("ab"), "ba", "assert f(f('ab')) == 'ab'"),
        ("two arguments can be swapped", on(4, 6), 2, "assert f(6, 4) == f(4, 6)"),
        ("two arguments can be swapped", on(a=4, b=6), 2, "assert f(a=6, b=4) == f(a=4, b=6)"),
        ("as long as its argument", on([2, 5], 1), [5, 2], "assert len(f([2, 5], 1)) == 2"),
        ("the items of its argument", on([5, 2, 3]), [2, 3, 5], "assert sorted(f([5, 2, 3])) == [2, 3, 5]"),
        ("ascending", on([5, 2]), [2, 5], "assert f([5, 2]) == sorted(f([5, 2]))"),
        ("descending", on([2, 5]), [5, 2], "assert f([2, 5]) == sorted(f([2, 5]), reverse=True)"),
        ("of one type", on(1), True, "assert isinstance(f(1), (int, float)) is True"),
        ("of one type", on(1), "a", "assert isinstance(f(1), str) is True"),
        ("the same when called again", on(1), 2, "assert f(1) == f(1)"),
        (
            "leaves its arguments alone", on([3, 1], 2), 4,
            "assert (lambda given0, given1: (f(given0, given1), given0)[1])([3, 1], 2) == [3, 1]",
        ),
        (
            "leaves its arguments alone", on(xs=[3, 1]), 4,
            "assert (lambda given0: (f(xs=given0), given0)[1])([3, 1]) == [3, 1]",
        ),
    ],
)  # fmt: skip
def test_a_property_is_stated_without_what_the_function_returns(
    name: str, given: CallInput, result: Any, line: str
) -> None:
    assert stated(name, "f", (given, result)) == [line]


def test_any_order_of_a_list_is_asked_for_in_turn() -> None:
    lines = stated("the order of a list does not matter", "f", (on([1, 2]), 3))
    assert lines == ["assert f([2, 1]) == f([1, 2])"]


def test_an_order_that_the_task_does_not_allow_is_not_asked_for() -> None:
    (one,) = (one for one in catalogue("f") if one.name == "the order of a list does not matter")
    ascending = [Asked("f", on([1, 2]), 3, lambda given: given.args[0] == sorted(given.args[0]))]
    assert one.stated(ascending) == []


@pytest.mark.parametrize(
    ("name", "given", "result"),
    [
        ("f(f(x)) == x", on("aa"), "aa"),  # says nothing where the function changes nothing
        ("f(f(x)) == x", on("ab"), 2),
        ("f(f(x)) == f(x)", on([1], 2), [1]),
        ("two arguments can be swapped", on(1, "a"), 1),
        ("two arguments can be swapped", on(1, 1), 1),
        ("as long as its argument", on([2, 1]), 3),
        ("the items of its argument", on([2, "a"]), ["a", 2]),
        ("ascending", on([2, 1]), 3),
        ("ascending", on([1, 2]), [1, 2]),
        ("ascending", on([1, 1]), [1, 1, 1]),
        ("of one type", on(1), None),
    ],
)  # fmt: skip
def test_where_a_property_says_nothing_there_is_no_assert(name: str, given: CallInput, result: Any) -> None:
    assert stated(name, "f", (given, result)) == []


def test_results_of_two_types_are_not_of_one() -> None:
    assert stated("of one type", "f", (on(1), [2]), (on(2), -1)) == []


def test_an_inverse_is_a_function_beside_in_the_prompt_or_the_set_up() -> None:
    text = 'def encode(s: str):\n    return s[::-1]\n\ndef decode(s: str):\n    """Undo encode."""\n'
    assert stated("undone by encode", "decode", (on("ab"), "ba"), text=text) == ["assert encode(decode('ab')) == 'ab'"]
    assert stated("undoes encode", "decode", (on("ab"), "ba"), setup=text) == ["assert decode(encode('ab')) == 'ab'"]
    (one,) = (one for one in catalogue("decode", text) if one.name == "undoes encode")
    assert one.setup == "def encode(s: str):\n    return s[::-1]"
    assert not any(one.name.startswith("und") for one in catalogue("decode", "Undo it."))


def by_properties(box: Sandbox, programs: Programs, tests: PromptTests = WEAK, entry: str = "ordered") -> Strengthened:
    return strengthened(tests, entry, programs, box, sources=("properties",))


def test_a_property_of_the_reference_catches_what_the_suite_lets_pass(box: Sandbox) -> None:
    done = by_properties(box, Programs(ORDERED))
    assert done.properties
    assert run_tests(done.tests, "ordered", ORDERED_WAYS[1], box).verdict is Verdict.PASS
    unordered = "def ordered(xs):\n    return list(xs)\n"
    assert run_tests(WEAK, "ordered", unordered, box).verdict is Verdict.PASS
    assert run_tests(done.tests, "ordered", unordered, box).verdict is Verdict.WRONG


def test_a_property_that_the_reference_lacks_is_not_admitted(box: Sandbox) -> None:
    done = by_properties(box, Programs(ORDERED))
    assert not {"descending", "f(f(x)) == x"} & {*done.properties}


def test_programs_that_nobody_vouches_for_must_have_it_for_the_most_part(box: Sandbox) -> None:
    backwards = "def ordered(xs):\n    return sorted(xs, reverse=len(xs) > 3)\n"
    done = by_properties(box, Programs(samples=(*ORDERED_WAYS, backwards)))
    assert done.properties
    assert all(run_tests(done.tests, "ordered", code, box).verdict is Verdict.PASS for code in ORDERED_WAYS)
    split = by_properties(box, Programs(samples=(*ORDERED_WAYS, backwards, backwards, backwards)))
    assert "ascending" not in split.properties


def test_a_habit_of_one_program_is_no_property_of_the_task(box: Sandbox) -> None:
    weak = PromptTests(("assert total([1, 2]) == 3",), "given")
    keeps = "def total(xs):\n    xs = list(xs)\n    s = 0\n    while xs:\n        s += xs.pop()\n    return s\n"
    empties = keeps.replace("    xs = list(xs)\n", "")
    alone = by_properties(box, Programs(keeps), weak, "total")
    assert "leaves its arguments alone" not in alone.properties
    together = by_properties(box, Programs(keeps, samples=(keeps, keeps, empties)), weak, "total")
    assert "leaves its arguments alone" not in together.properties
    agreed = by_properties(box, Programs(keeps, samples=(keeps, "def total(xs): return sum(xs)", keeps)), weak, "total")
    assert "leaves its arguments alone" in agreed.properties


def test_an_inverse_comes_along_in_the_set_up(box: Sandbox) -> None:
    text = "def shift(s: str):\n    return s[1:] + s[:1]\n\ndef back(s: str):\n    pass\n"
    code = "def back(s):\n    if len(s) > 1:\n        return s[-1:] + s[:-1]\n    return s\n"
    weak = PromptTests(("assert back('b') == 'b'",), "given")
    done = strengthened(weak, "back", Programs(code), box, sources=("properties",), text=text)
    assert "undone by shift" in done.properties or "undoes shift" in done.properties
    assert "def shift" in done.tests.setup
    assert run_tests(done.tests, "back", code, box).verdict is Verdict.PASS
    assert run_tests(done.tests, "back", "def back(s):\n    return s\n", box).verdict is Verdict.WRONG


def test_a_result_that_equals_everything_does_not_pass_a_property(box: Sandbox) -> None:
    done = by_properties(box, Programs(ORDERED))
    cheat = (
        "class Any(list):\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
        "    __hash__ = None\ndef ordered(xs):\n    return Any(xs)\n"
    )
    assert run_tests(done.tests, "ordered", cheat, box).verdict is not Verdict.PASS
