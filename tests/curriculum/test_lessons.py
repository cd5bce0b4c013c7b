"""What the student learns from its own answers, and what a round's imitation is trained on."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from akd_code.curriculum.lessons import lessons, pairs_of, practised, singles_of, taught_of
from akd_code.curriculum.mixture import mixture
from akd_code.recipe import PreferSection
from akd_code.records import Answer, Candidate, Label, LabelOutcome, Practice, Prompt, PromptTests, Taught, Tried

TESTS = PromptTests(("assert f(1) == 2", "assert f(2) == 3"), "given")


def label(name: str = "p", source: str = "seed", outcome: LabelOutcome = LabelOutcome.VERIFIED) -> Label:
    prompt = Prompt(name, f"Write {name}.", "f", source, tests=TESTS)  # type: ignore[arg-type]
    answer = Answer(name, f"```python\nright_{name}\n```", f"right_{name}", "stop")
    return Label(prompt, (Candidate(answer, "direct", "PASS", 2, 2),), 0, outcome, 1.0, 1, 1)


def tried(code: str | None, pass_rate: float | None, finish: str = "stop", failed: tuple[int, ...] = ()) -> Tried:
    return Tried(Answer("p", f"text of {code}", code, finish), pass_rate, failed)


def practice(*those: Tried) -> Practice:
    return Practice("p", those)


RNG = random.Random(0)


def test_a_pair_sets_the_verified_answer_above_the_students_own_that_fails() -> None:
    (pair,) = pairs_of(label(), practice(tried("good", 1.0), tried("bad", 0.5)), PreferSection(), RNG)
    assert (pair.chosen, pair.rejected) == ("```python\nright_p\n```", "text of bad")


@pytest.mark.parametrize(
    "one",
    [
        tried("right", 1.0),
        tried("untested", None),
        tried(None, 0.0),
        tried("cut", 0.0, "length"),
        tried("nearly", 0.75),
    ],
)
def test_no_answer_is_rejected_that_is_right_untested_unfinished_or_too_close(one: Tried) -> None:
    assert pairs_of(label(), practice(one), PreferSection(), RNG) == []


@pytest.mark.parametrize(("rate", "count"), [(0.6, 1), (0.601, 0)])
def test_the_gap_is_inclusive(rate: float, count: int) -> None:
    assert len(pairs_of(label(), practice(tried("x", rate)), PreferSection(gap=0.4), RNG)) == count


def test_equal_programs_make_one_pair_and_no_more_than_asked_for() -> None:
    those = practice(tried("a", 0.0), tried("a", 0.0), tried("b", 0.0), tried("c", 0.0))
    assert len(pairs_of(label(), those, PreferSection(pairs=8), RNG)) == 3
    assert len(pairs_of(label(), those, PreferSection(pairs=2), RNG)) == 2


def test_the_chosen_answer_can_be_the_students_own_right_one() -> None:
    those = practice(tried("good", 1.0), tried("bad", 0.0), tried("worse", 0.0), tried("cut", 1.0, "length"))
    found = pairs_of(label(), those, PreferSection(pairs=2, chosen="own"), RNG)
    assert {(pair.chosen, pair.rejected) for pair in found} == {
        ("text of good", "text of bad"),
        ("text of good", "text of worse"),
    }


def test_each_of_the_students_right_answers_is_chosen_once_before_any_is_again() -> None:
    those = practice(*(tried(name, 1.0) for name in "abc"), *(tried(name, 0.0) for name in "uvwxyz"))
    found = pairs_of(label(), those, PreferSection(pairs=3, chosen="own"), RNG)
    assert sorted(pair.chosen for pair in found) == ["text of a", "text of b", "text of c"]


def test_a_prompt_to_which_the_student_has_no_right_answer_makes_no_pair_of_its_own() -> None:
    those = practice(tried("bad", 0.0), tried("untested", None), tried("cut", 1.0, "length"))
    assert pairs_of(label(), those, PreferSection(chosen="own"), RNG) == []


def test_single_answers_are_the_label_the_right_ones_and_the_wrong_ones() -> None:
    those = practice(tried("good", 1.0), tried("bad", 0.0), tried("untested", None), tried("cut", 0.0, "length"))
    found = singles_of(label(), those, PreferSection(pairs=5), RNG)
    assert [(one.text, one.right) for one in found] == [
        ("```python\nright_p\n```", True),
        ("text of good", True),
        ("text of bad", False),
    ]


@pytest.mark.parametrize(
    ("context", "has", "lacks"),
    [
        ("solution", "right_p", "right_other"),
        ("other", "right_other", "right_p"),
        ("feedback", "assert f(2) == 3", "right_p"),
        ("none", "Write p.", "right_p"),
    ],
)
def test_the_teaching_student_is_shown_what_the_recipe_says(context: str, has: str, lacks: str) -> None:
    settings = PreferSection(context=context)  # type: ignore[arg-type]
    (one,) = taught_of(label(), label("other"), practice(tried("bad", 0.5, failed=(1,))), settings, RNG)
    assert one.text == "text of bad"
    assert one.prompt == "Write p."
    assert has in one.shown
    assert lacks not in one.shown
    assert "assert f(1) == 2" not in one.shown  # that one was passed


def test_a_right_answer_has_no_feedback() -> None:
    settings = PreferSection(context="feedback")
    (one,) = taught_of(label(), label("other"), practice(tried("good", 1.0)), settings, RNG)
    assert one.shown == one.prompt


def test_the_control_shows_another_prompts_answer() -> None:
    labels = [label("a"), label("b")]
    practices = {name: Practice(name, (tried("x", 0.0),)) for name in ("a", "b")}
    settings = PreferSection(method="self", context="other")
    found = lessons(labels, practices, settings, random.Random(0))
    assert all(isinstance(one, Taught) for one in found)
    assert ["right_b" in found[0].shown, "right_a" in found[1].shown] == [True, True]  # type: ignore[union-attr]


def test_only_verified_labels_with_tests_are_practised() -> None:
    assert practised(label())
    assert not practised(label(outcome=LabelOutcome.UNVERIFIED))
    assert not practised(replace(label(), prompt=replace(label().prompt, tests=None)))
    assert not practised(replace(label(), prompt=replace(label().prompt, entry_point=None)))


def rows(own: list[Label], earlier: list[Label], **settings: object) -> list[tuple[str, float]]:
    defaults = {"replay": 0.0, "adversarial": None, "gap": None, "keep_reasoning": False, "rng": random.Random(0)}
    return [(row.prompt_id, row.weight) for row in mixture(own, earlier, **{**defaults, **settings})]  # type: ignore[arg-type]


def test_replay_draws_a_share_of_earlier_rows_once_each() -> None:
    own, earlier = [label(f"n{at}") for at in range(10)], [label(f"o{at}") for at in range(5)]
    found = [name for name, _ in rows(own, earlier, replay=0.3)]
    assert found[:10] == [f"n{at}" for at in range(10)]
    assert len(set(found[10:])) == 3
    assert len(rows(own, earlier, replay=1.0)) == 15


def test_adversarial_rows_have_their_share_of_the_weight() -> None:
    own = [label("a", "hard"), label("b", "easy"), label("c"), label("d", "easy")]
    assert rows(own, [], adversarial=0.5) == [
        ("a", 2.0),
        ("b", pytest.approx(2 / 3)),
        ("c", pytest.approx(2 / 3)),
        ("d", pytest.approx(2 / 3)),
    ]


@pytest.mark.parametrize(("gap", "share"), [(0.4, 0.4), (0.0, 0.1), (1.0, 0.9)])
def test_the_share_follows_the_measured_gap_within_bounds(gap: float, share: float) -> None:
    own = [label("a", "hard"), label("b", "easy")]
    assert rows(own, [], adversarial="gap", gap=gap) == [
        ("a", pytest.approx(2 * share)),
        ("b", pytest.approx(2 * (1 - share))),
    ]


def test_rows_of_one_kind_and_the_first_round_count_alike() -> None:
    assert rows([label("a"), label("b")], [], adversarial=0.9) == [("a", 1.0), ("b", 1.0)]
    assert rows([label("a", "hard"), label("b")], [], adversarial="gap", gap=None) == [("a", 1.0), ("b", 1.0)]
