"""Changing the expectation of an assert."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_code.referee import flipped, other_value


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("assert f(1) == 2", "assert f(1) == 3"),
        ("assert 2 == f(1)", "assert 3 == f(1)"),
        ("assert sorted(f([2, 1])) == [1, 2]", "assert sorted(f([2, 1])) == [1, 2, 0]"),
        ("assert f(1) is True", "assert f(1) is False"),
        ("assert f(1) is None, 'none'", "assert f(1) is 0"),
        ("assert f('a') == 'b'", "assert f('a') == 'bx'"),
        ("assert f(1) == (1,)", "assert f(1) == (1, 0)"),
        ("assert f(1) == -1.0", "assert f(1) == 1.0"),
        ("assert f(1) == {'x': 1}", "assert f(1) == {'x': 1, 'xx': 0}"),
        ("assert math.isclose(f(1), 0.5, rel_tol=0.1)", "assert math.isclose(f(1), 2.0, rel_tol=0.1)"),
        ("assert f(1) == 1e999", "assert f(1) == 0.0"),
        ("assert f(1)", "assert not f(1)"),
        ("assert not f(1)", "assert f(1)"),
    ],
)
def test_an_expectation_becomes_another(line: str, expected: str) -> None:
    assert flipped(line, "f") == expected


@pytest.mark.parametrize(
    "line",
    [
        "assert f(1) == f(1)",
        "assert f(1) or True",
        "assert True",
        "assert f(1) != 2",
        "assert f(1) == g(1)",
        "assert 0 < f(1) < 9",
        "assert g(1) == 2",
        "assert isinstance(f(1), int)",
        "x = 1",
        "assert (",
        "assert f(1) == [1e999]",
        "assert f(1) == 2; assert f(2) == 3",
        "assert f(1) == " + "9" * 5000,
        "assert f(1) == " + "-" * 90_000 + "1",
    ],
)
def test_what_has_no_expectation_that_can_change_is_left_out(line: str) -> None:
    assert flipped(line, "f") is None


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers()),
    max_leaves=5,
)


@given(plain)
def test_the_other_value_never_equals_the_first_and_is_a_literal(value: object) -> None:
    other = other_value(value)
    assert other != value
    assert ast.literal_eval(repr(other)) == other
