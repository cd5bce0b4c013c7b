"""Which student a round goes on from, and when the loop ends."""

from __future__ import annotations

from akd_code.recipe import KeepSection
from akd_code.stages import StudentAt
from akd_code.stages.ladder import Ladder

BASE = StudentAt()
FIRST, SECOND = StudentAt("one", None, 1), StudentAt("two", None, 2)


def ladder(first: float, second: float, **settings: object) -> Ladder:
    start = Ladder(KeepSection(**settings), {"a": 0.2, "b": 0.9}, BASE)  # type: ignore[arg-type]
    return start.after(FIRST, {"a": first, "b": 0.1}).after(SECOND, {"a": second, "b": 0.0})


def test_the_last_round_is_gone_on_from_unless_the_best_is_asked_for() -> None:
    assert ladder(0.5, 0.3).student == SECOND
    assert ladder(0.5, 0.3, best=True).student == FIRST
    assert ladder(0.5, 0.5, best=True).student == SECOND  # as good is no loss


def test_a_round_that_is_rolled_back_says_so() -> None:
    assert ladder(0.5, 0.3, best=True).said == "round 2 measures 20.0 points less on a than round 1: it is rolled back"
    assert ladder(0.5, 0.3).said == ""


def test_even_the_first_round_can_be_rolled_back() -> None:
    assert ladder(0.1, 0.1, best=True).student == BASE


def test_a_round_that_gains_too_little_ends_the_loop() -> None:
    assert not ladder(0.5, 0.52, min_gain=0.01).ended
    assert ladder(0.5, 0.505, min_gain=0.01).ended
    assert not ladder(0.5, 0.1).ended


def test_another_suite_may_decide() -> None:
    assert ladder(0.5, 0.6, best=True, suite="b").student == BASE


def test_a_recipe_without_suites_goes_on_from_the_last() -> None:
    assert Ladder(KeepSection(best=True), {}, BASE).after(FIRST, {}).student == FIRST
