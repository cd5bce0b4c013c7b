"""How the judge reads test code: where its checks are, which can be made false, and what they are made into."""

import ast
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from akd_sandbox.checks import entries_of, holds_check, plan_of
from akd_sandbox.checks.values import changed, is_value, other_value
from akd_sandbox.guest.recorder import changes, other

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
literals = st.recursive(
    scalars | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers())
    ),
    max_leaves=8,
)


@given(literals, st.integers(0, 1 << 30))
def test_a_changed_value_is_never_equal_to_what_it_was(value: Any, seed: int) -> None:
    assert other_value(value, random.Random(seed), [1, "a", [2], None]) != value


@given(st.floats(-1e6, 1e6), st.integers(0, 1 << 30))
def test_a_far_change_of_a_number_is_beyond_any_usual_tolerance(value: float, seed: int) -> None:
    far = other_value(value, random.Random(seed), [], far=True)
    assert abs(far - value) > 0.5 + 0.1 * abs(value)


@given(literals, st.integers(0, 1 << 48))
def test_a_token_changes_a_value_or_leaves_it(value: Any, token: int) -> None:
    assert (other(token, value) != value) is changes(token)


@given(literals, st.integers(0, 1 << 30))
@example(1.03e308, 0)
@example([-1.7e308], 1)
def test_a_changed_literal_is_a_literal(value: Any, seed: int) -> None:
    node = ast.parse(repr(value), mode="eval").body
    if is_value(node):
        text = ast.unparse(ast.fix_missing_locations(changed(node, random.Random(seed), [], far=False)))
        assert ast.literal_eval(text) != value


@pytest.mark.parametrize(
    ("check", "strong"),
    [
        ("assert f(2) == 4", True),
        ("assert f(2) == g(4)", True),
        ("assert f(2) != 4", False),
        ("assert f(2)", False),
        ("assert not f(2)", False),
        ("assert f(2) in [1, 4]", True),
        ("assert abs(f(2) - 4.0) < 1e-6", True),
        ("assert abs(f(2) - 4.0) < 5", True),
        ("assert abs(f(2) - 4.0) < tolerance", False),
        ("assert f(2) == pytest.approx(4.0)", True),
        ("assert f(2) == pytest.approx(4.0, abs=100)", False),
        ("self.assertEqual(f(2), 4)", True),
        ("self.assertAlmostEqual(f(2), 4.0, places=3)", True),
        ("self.assertAlmostEqual(f(2), 4.0, delta=100)", False),
        ("self.assertTrue(f(2))", False),
        ("self.assertRaises(ValueError, f, 2)", True),
        ("with pytest.raises(ValueError):\n    f(2)", True),
        ("with self.assertRaises(Exception):\n    f(2)", None),
        ("mock.assert_called_once_with(4)", None),
        ("assert True", None),
        ("assert False", None),
        ("f(2)", None),
    ],
)
def test_which_checks_can_be_made_false_and_how_well(check: str, strong: bool | None) -> None:
    groups = plan_of("asserts", ("", check)).groups
    assert [group.strong for group in groups] == ([] if strong is None else [strong])


def test_what_is_handed_to_the_program_under_test_is_never_changed() -> None:
    lines = ("assert c('()')", "assert not c('(')", "assert same(c([1]), made([2]))", "assert ok(c(3))")
    code = "def check(c):\n" + "".join(f"    {line}\n" for line in lines)
    plan = plan_of("check", (code,))
    (bold,) = plan.bold_groups({"c", "f"})
    assert bold.sites == {2}
    (source,) = plan.draw(random.Random(0), {0, 1, 2, 3}, [bold]).sources
    assert "same(c([1]), made([" in source
    assert "made([2])" not in source
    assert plan.draw(random.Random(1), {0, 1, 2, 3}, [bold]).sources == (source,)  # as it was tried on the reference


def test_equal_checks_are_made_false_together_and_others_apart() -> None:
    lines = ("assert f(1) == 2", "assert f(1) == 2", "assert f(2) == 2", "x = 1", "assert f(x) == 2")
    code = "def check(f):\n" + "".join(f"    {line}\n" for line in lines)
    plan = plan_of("check", (code,))
    assert sorted(sorted(group.sites) for group in plan.groups) == [[0, 1], [2], [3]]


def test_a_guarded_run_changes_nothing_but_what_is_made_false() -> None:
    plan = plan_of("check", ("def check(f):\n    assert f(1) == 10, 'ten'\n    assert f(2) == 20\n",))
    draw = plan.draw(random.Random(0), {0, 1}, [plan.groups[1]])
    first, second = ast.parse(draw.sources[0]).body[0].body  # type: ignore[attr-defined]
    assert ast.unparse(first) == "_akd_check(0, f(1) == 10)"
    assert ast.unparse(second).startswith("_akd_check(1, f(2) == ")
    assert "20" not in ast.unparse(second)
    assert draw.flipped == {1}


def test_checks_that_every_run_makes_are_those_that_nothing_stands_before() -> None:
    code = """
def check(f):
    assert f(0) == 0
    for n in [1, 2]:
        assert f(n) == n
    for n in f(3):
        assert n
    if f(4):
        assert f(5) == 5
    try:
        assert f(6) == 6
    except AssertionError:
        pass
    if f(7):
        return
    assert f(8) == 8
"""
    assert plan_of("check", (code,)).required == {0, 1}


def test_top_level_code_is_cut_into_set_up_and_tests() -> None:
    code = "import math\ndef g(): return 1\nx = 2\nassert f(x) == 4\nfor i in range(2):\n    assert f(i)\n"
    code += "y = 3\nprint(y)\n"
    setup, first, second = entries_of(code)
    assert setup == "import math\n\ndef g():\n    return 1"
    assert first == "x = 2\nassert f(x) == 4"
    assert second.endswith("y = 3\nprint(y)")


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("for i in x:\n    assert i", True),
        ("try:\n    f()\nexcept ValueError:\n    assert True", True),
        ("with pytest.raises(ValueError): f()", True),
        ("def g():\n    assert f()", False),
        ("f()", False),
        ("x = 1", False),
    ],
)
def test_which_statements_are_tests(statement: str, holds: bool) -> None:
    assert holds_check(ast.parse(statement).body[0]) is holds
