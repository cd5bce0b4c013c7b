"""Mutants of a program, and new inputs for it."""

from __future__ import annotations

import ast

import pytest

from akd_code.referee.domain import domain_of
from akd_code.referee.inputs import CallInput, limit_values, mutated_inputs
from akd_code.referee.mutants import mutants

PROGRAM = '''
def f(xs: list[int], k: int = 3) -> int:
    """Count 5 things."""
    total = 0
    for x in xs:
        if x > k and x != 7:
            total += x
    return total - 1
'''


def changes(code: str) -> set[str]:
    return {one.change for one in mutants(code, most=1000)}


def test_every_kind_of_fault_is_made() -> None:
    assert changes(PROGRAM) >= {
        "Gt becomes GtE", "Gt becomes LtE", "NotEq becomes Eq", "And becomes Or", "Sub becomes Add", "Add becomes Sub",
        "0 becomes 1", "0 becomes -1", "7 becomes 8", "3 becomes 2", "condition negated", "returns None",
        "part 1 of a condition dropped", "line 7 dropped", "line 5 dropped",
    }  # fmt: skip


def test_what_does_nothing_is_left_alone() -> None:
    assert not any("5 becomes" in one or "Count" in one for one in changes(PROGRAM))
    assert all('"""Count 5 things."""' in one.code and "list[int]" in one.code for one in mutants(PROGRAM))


def test_mutants_are_programs_that_differ_from_the_original_and_from_each_other() -> None:
    made = mutants(PROGRAM, most=1000)
    texts = {one.code for one in made}
    assert len(texts) == len(made)
    assert ast.unparse(ast.parse(PROGRAM)) not in texts
    assert all(ast.parse(text) for text in texts)


def test_a_seed_draws_the_same_mutants_again() -> None:
    assert mutants(PROGRAM, most=5, seed=1) == mutants(PROGRAM, most=5, seed=1)
    assert mutants(PROGRAM, most=5, seed=1) != mutants(PROGRAM, most=5, seed=2)
    assert len(mutants(PROGRAM, most=5)) == 5


def test_code_outside_functions_and_a_method_of_a_class() -> None:
    assert mutants("LIMIT = 3\nprint(LIMIT + 1)\n") == []
    assert {one.change for one in mutants("class A:\n    def f(self):\n        return 1\n")} == {
        "1 becomes 2", "1 becomes 0", "line 3 dropped",
    }  # fmt: skip


def types_of(value: object) -> object:
    """Return the shape of types of a value; lists may be empty."""
    if isinstance(value, list):
        return {repr(types_of(one)) for one in value}
    return type(value).__name__


@pytest.mark.parametrize("value", [True, 3, 2.5, "ab", [3, 1], (1, 2), {"a": 1}, {1, 2}, None])
def test_limit_values_are_of_the_same_type(value: object) -> None:
    assert all(type(one) is type(value) for one in limit_values(value))


def test_the_values_that_programs_forget_come_first() -> None:
    found = [one.args for one in mutated_inputs([CallInput(([3, 1, 2], 4))], 12)]
    for expected in [([], 4), ([3], 4), ([1, 2, 3], 4), ([3, 1, 2, 3, 1, 2], 4), ([3, 3, 3], 4)]:
        assert expected in found


def test_inputs_are_new_and_the_same_for_the_same_seed_and_keep_their_types() -> None:
    known = [CallInput(("ab", [1, 2]), (("k", 3),)), CallInput(("c", [5]), (("k", 1),))]
    found = mutated_inputs(known, 80, seed=4)
    assert found == mutated_inputs(known, 80, seed=4)
    assert len({repr(one) for one in found}) == 80
    assert not {repr(one) for one in found} & {repr(one) for one in known}
    for one in found:
        assert isinstance(one.args[0], str)
        assert all(type(item) is int for item in one.args[1])
        assert [(name, type(value)) for name, value in one.kwargs] == [("k", int)]


def named(**values: object) -> CallInput:
    return CallInput((), tuple(values.items()))


class TestDomain:
    def test_bounds_that_the_text_states_hold(self) -> None:
        text = "Constraints: 1 <= nums.length <= 100, -5 <= nums[i] <= 5, 2 <= k < 10"
        domain = domain_of([named(nums=[1, 2], k=3), named(nums=[3], k=2)], text)
        assert domain.allows(named(nums=[-5, 5], k=9))
        for wrong in (named(nums=[], k=3), named(nums=[6], k=3), named(nums=[1], k=10), named(nums=[1], k=1)):
            assert not domain.allows(wrong)

    def test_a_length_under_another_name_is_understood(self) -> None:
        assert not domain_of([named(grid=[[1]])], "m == grid.length and 1 <= m <= 50").allows(named(grid=[]))

    def test_a_product_as_upper_bound_is_none_but_the_lower_one_holds(self) -> None:
        domain = domain_of([named(s="ab")], "1 <= s.length <= 3 * 104")
        assert domain.allows(named(s="abcdefgh"))
        assert not domain.allows(named(s=""))

    @pytest.mark.parametrize(
        ("known", "allowed", "refused"),
        [
            ([named(n=3), named(n=0)], named(n=9), named(n=-1)),
            ([named(s="0101"), named(s="11")], named(s="000"), named(s="012")),
            ([named(s="abc")], named(s="xyz"), named(s="Abc")),
            ([named(xs=[1, 3, 4, 9]), named(xs=[2, 5, 6, 7])], named(xs=[1, 2]), named(xs=[2, 1])),
            ([named(g=[[1, 2], [3, 4]]), named(g=[[5] * 3, [1] * 3, [0] * 3])], named(g=[[1]]), named(g=[[1, 2], [3]])),
            ([named(n=3, e=[[0, 1], [1, 2]]), named(n=2, e=[[0, 1]])], named(n=3, e=[[0, 2]]), named(n=2, e=[[0, 2]])),
            ([named(xs=[1, 2], k=2), named(xs=[1, 2, 3], k=1)], named(xs=[5], k=1), named(xs=[5], k=2)),
            ([named(a="ab", b="cd"), named(a="x", b="y")], named(a="pq", b="rs"), named(a="p", b="rs")),
        ],
    )  # fmt: skip
    def test_what_holds_for_all_known_inputs_holds_for_new_ones(
        self, known: list[CallInput], allowed: CallInput, refused: CallInput
    ) -> None:
        domain = domain_of(known)
        assert all(map(domain.allows, known))
        assert domain.allows(allowed)
        assert not domain.allows(refused)

    def test_few_numbers_say_nothing_about_their_sign_or_order(self) -> None:
        domain = domain_of([named(xs=[1, 2, 3]), named(xs=[5])])
        assert domain.allows(named(xs=[3, -1, 3]))
