"""Suites that are made stronger before a label is chosen by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import RIGHT, TESTS, WRONG, fenced, labelled, opened, prompt, script

from akd_code.errors import RecipeError
from akd_code.labelling import labelling_figures
from akd_code.recipe import recipe_from
from akd_code.records import Label, LabelOutcome, MutationScore, PromptTests
from akd_sandbox import Sandbox

OTHER_WAY = """
def f(xs):
    found = []
    for x in xs:
        if x % 2 == 0:
            found.append(x + x)
    return found
"""
WEAK = PromptTests(("assert f([2]) == [4]", "assert f([4, 6]) == [8, 12]"), "given")
ANSWERS = [fenced(one) for one in (WRONG, RIGHT, OTHER_WAY, RIGHT, RIGHT)]
STRONGER = {"agreement": 4, "attempts": 2, "strengthen": ["differential"]}


def label_of(box: Sandbox, folder: Path, suite: PromptTests | None, **label: Any) -> Label:
    labeller = opened("direct", script(solve=ANSWERS), box, folder, label=STRONGER | label)
    (found,) = labelled(labeller, prompt(suite=suite))
    return found


def test_a_wrong_answer_that_the_weak_suite_lets_pass_is_no_label_by_what_most_answers_say(
    box: Sandbox, tmp_path: Path
) -> None:
    weak = label_of(box, tmp_path, WEAK, strengthen=[], agreement=0)
    assert (weak.outcome, weak.answer.code) == (LabelOutcome.VERIFIED, WRONG)
    label = label_of(box, tmp_path, WEAK)
    assert (label.outcome, label.answer.code) == (LabelOutcome.VERIFIED, RIGHT)
    assert [(one.way, one.verdict) for one in label.candidates] == [("direct", "WRONG"), ("again", "PASS")]
    assert {"tests: some added", "tests: answers differ on new inputs"} & set(label.events) == {"tests: some added"}
    assert label.prompt.tests is not None
    assert label.prompt.tests.asserts[:2] == WEAK.asserts
    assert label.prompt.tests.score is not None


def test_a_written_suite_that_is_too_small_becomes_large_enough(box: Sandbox, tmp_path: Path) -> None:
    few = fenced("\n".join(TESTS.split("\n")[1:4]))
    teacher = script(solve=ANSWERS, write_tests=few)
    (plain,) = labelled(opened("direct", teacher, box, tmp_path, label={"agreement": 4}))
    assert plain.outcome is LabelOutcome.UNVERIFIED
    (label,) = labelled(opened("direct", teacher, box, tmp_path, label=STRONGER))
    assert (label.outcome, label.answer.code) == (LabelOutcome.VERIFIED, RIGHT)
    assert label.prompt.tests is not None
    assert len(label.prompt.tests.asserts) >= 5


def test_a_suite_that_has_a_score_was_strengthened_before_and_is_left_alone(box: Sandbox, tmp_path: Path) -> None:
    scored = PromptTests(WEAK.asserts, "given", score=MutationScore(9, 3, 7, 8))
    label = label_of(box, tmp_path, scored)
    assert label.prompt.tests == scored
    assert label.answer.code == WRONG
    assert label.calls == 1


def test_a_score_does_not_outlive_the_suite_that_it_was_of(box: Sandbox, tmp_path: Path) -> None:
    scored = PromptTests((*WEAK.asserts, "assert g(1) == 2"), "given", score=MutationScore(9, 3, 7, 8))
    label = label_of(box, tmp_path, scored)
    assert label.prompt.tests == WEAK


def test_answers_that_agree_on_nothing_leave_the_suite_as_it_is(box: Sandbox, tmp_path: Path) -> None:
    label = label_of(box, tmp_path, PromptTests(("assert f([1]) == [2]",), "given"))
    assert label.prompt.tests == PromptTests(("assert f([1]) == [2]",), "given")


def test_the_figures_of_a_round_say_what_its_suites_are_worth(box: Sandbox, tmp_path: Path) -> None:
    label = label_of(box, tmp_path, PromptTests(WEAK.asserts, "given", score=MutationScore(9, 3, 7, 8, 4, 1, 3)))
    figures = labelling_figures("direct", [label, label])
    assert figures["mutants"] == {
        "suites": 2, "mutants": 18, "before": 6, "after": 14, "apart": 16,
        "subsuming": 8, "subsuming_before": 2, "subsuming_after": 6,
    }  # fmt: skip
    assert "mutants" not in labelling_figures("direct", [])


def test_fewer_answers_than_can_agree_are_refused_by_the_recipe() -> None:
    with pytest.raises(RecipeError, match=r"label\.strengthen adds what most answers say"):
        recipe_from({"name": "t", "label": {"strengthen": ["properties"], "agreement": 2}})
