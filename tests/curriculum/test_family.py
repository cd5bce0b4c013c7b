"""The family tree: mixtures have two parents, nothing goes round in circles, and ids are found by their letters."""

from __future__ import annotations

import pytest

from akd_code.curriculum.family import Family, Member
from akd_code.errors import RunError


def family(**parents: str) -> Family:
    """Members by id with the ids of their parents, in words."""
    return Family([Member(name, name, "way", 1, tuple(text.split())) for name, text in parents.items()])


def shown(found: Family, name: str | None = None) -> list[tuple[int, str, bool]]:
    only = None if name is None else found.around(found.members[name])
    return [(branch.depth, branch.member.id, branch.again) for branch in found.branches(only)]


TREE = family(seed="", one="seed", two="seed", deep="one", other="", mixed="one other", last="mixed")


def test_children_stand_below_their_parents_in_the_order_in_which_they_came() -> None:
    assert shown(TREE) == [
        (0, "seed", False), (1, "one", False), (2, "deep", False), (2, "mixed", False), (3, "last", False),
        (1, "two", False), (0, "other", False), (1, "mixed", True),
    ]  # fmt: skip


def test_around_a_prompt_stands_what_it_descends_from_and_what_descends_from_it() -> None:
    assert shown(TREE, "mixed") == [
        (0, "seed", False), (1, "one", False), (2, "mixed", False), (3, "last", False),
        (0, "other", False), (1, "mixed", True),
    ]  # fmt: skip
    assert shown(TREE, "two") == [(0, "seed", False), (1, "two", False)]


def test_a_prompt_whose_parent_is_not_in_the_run_stands_at_the_top() -> None:
    assert shown(family(a="gone", b="a")) == [(0, "a", False), (1, "b", False)]


def test_a_line_of_a_thousand_rounds_is_shown() -> None:
    long = family(p0="", **{f"p{n}": f"p{n - 1}" for n in range(1, 2000)})
    assert shown(long, "p1000")[-1] == (1999, "p1999", False)


def test_parents_that_go_round_in_a_circle_end_the_search() -> None:
    assert TREE.around(TREE.members["last"]) >= {"last", "mixed", "one", "seed"}
    circle = family(a="b", b="a")
    assert circle.around(circle.members["a"]) == {"a", "b"}


def test_an_id_is_found_by_its_first_letters_where_they_are_enough() -> None:
    found = family(**{"12345678": "", "1234abcd": "", "99999999": ""})
    assert found.find("12345").id == "12345678"
    assert found.find("99999999").id == "99999999"
    with pytest.raises(RunError, match="no prompt '1234'; did you mean 12345678 or 1234abcd"):
        found.find("1234")
    with pytest.raises(RunError, match="did you mean 99999999"):
        found.find("9999999x")
    with pytest.raises(RunError, match="did you mean another run"):
        family().find("12345")
