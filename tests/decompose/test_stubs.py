"""Stubs as teachers write them."""

from __future__ import annotations

import pytest

from akd_code.decompose import StubError, decompose, match_stubs, parse_stubs

TWO = '''def keep(xs: list[int]) -> list[int]:
    """Keep the even ones."""

def total(xs: list[int]) -> int:
    """Add them up.

    Returns the sum.
    """
    ...
'''


def test_stubs_have_heads_docstrings_and_parameters() -> None:
    found = parse_stubs(TWO)
    assert [(stub.name, stub.signature, stub.parameters) for stub in found.stubs] == [
        ("keep", "def keep(xs: list[int]) -> list[int]", ("xs",)),
        ("total", "def total(xs: list[int]) -> int", ("xs",)),
    ]
    assert found.stubs[1].docstring == "Add them up.\n\nReturns the sum."
    assert (found.dropped, found.bodies) == ((), 0)


def test_the_text_of_stubs_can_be_read_again() -> None:
    found = parse_stubs(TWO)
    assert parse_stubs(found.text).stubs == found.stubs


def test_a_body_is_cut_off_and_counted() -> None:
    found = parse_stubs('def keep(xs):\n    """Keep."""\n    ys = [x for x in xs if x]\n    return ys\n')
    assert found.bodies == 1
    assert "ys" not in found.text


def test_the_entry_point_doubles_undocumented_and_surplus_stubs_are_dropped_with_their_reason() -> None:
    code = (
        'def solve(x):\n    """The task."""\ndef a(x): ...\n'
        + 2 * 'def b(x):\n    """B."""\n'
        + 'def c(x):\n    """C."""\n'
    )
    found = parse_stubs(code, "solve", limit=1)
    assert [stub.name for stub in found.stubs] == ["b"]
    assert found.dropped == ("the entry point itself", "no docstring", "twice", "too many")


@pytest.mark.parametrize(
    "code", ["", "There is nothing to take apart.", "x = 1", "class A:\n    def f(self):\n        '''F.'''\n"]
)
def test_an_answer_without_stubs_is_an_error(code: str) -> None:
    with pytest.raises(StubError, match="no usable stub"):
        parse_stubs(code)


def test_stubs_are_checked_against_the_modules_of_the_code() -> None:
    code = decompose("def keep(ys): return ys\ndef total(a, b): return a\n")
    matches = match_stubs(parse_stubs(TWO).stubs, code)
    assert [match.module.name if match.module else None for match in matches] == ["keep", None]
