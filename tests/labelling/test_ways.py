"""The ways to make labels that ask for whole answers: a scripted teacher and the real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import RIGHT, WRONG, fenced, labelled, opened, prompt, script

from akd_code.errors import RecipeError
from akd_code.labelling import LABELLERS, most_requests
from akd_code.recipe import recipe_from
from akd_code.records import LabelOutcome
from akd_prompts import RepairInputs
from akd_sandbox import Sandbox

HALF = "def f(xs):\n    return [2 * x for x in xs if x % 2 == 0] if len(xs) != 1 else xs\n"


def test_thinking_aloud_asks_once(box: Sandbox, tmp_path: Path) -> None:
    (label,) = labelled(opened("cot", script(), box, tmp_path))
    assert label.answer.code == RIGHT
    assert label.calls == 2  # the answer, and tests of the task
    assert label.row().messages[1][1].startswith("1. Keep the even ones.")


def test_a_repair_is_shown_the_failed_tests_and_its_answer_is_taken_unguarded(box: Sandbox, tmp_path: Path) -> None:
    teacher = script()
    (label,) = labelled(opened("ansrepair", teacher, box, tmp_path))
    shown = next(inputs for name, inputs in teacher.asked if name == "repair")
    assert isinstance(shown, RepairInputs)
    assert shown.failures == "assert f([1]) == []\nassert f([3, 8]) == [16]"
    assert label.answer.code == RIGHT


def test_a_wrong_test_can_spoil_a_right_answer_in_a_repair(box: Sandbox, tmp_path: Path) -> None:
    teacher = script(solve=fenced(RIGHT), write_tests=fenced("assert f([1]) == [2]"), repair=fenced(WRONG))
    (label,) = labelled(opened("ansrepair", teacher, box, tmp_path))
    assert label.answer.code == WRONG
    assert "repair: written anew" in label.events


def test_no_repair_where_the_tests_pass(box: Sandbox, tmp_path: Path) -> None:
    teacher = script(solve=fenced(RIGHT))
    (label,) = labelled(opened("ansrepair", teacher, box, tmp_path))
    assert "repair" not in [name for name, _ in teacher.asked]
    assert "repair: not needed" in label.events


def test_of_several_samples_the_one_that_passes_most_is_taken(box: Sandbox, tmp_path: Path) -> None:
    teacher = script(solve=[fenced(WRONG), fenced(RIGHT), fenced(HALF)])
    (label,) = labelled(opened("best-of-n", teacher, box, tmp_path, label={"samples": 3}))
    assert label.outcome is LabelOutcome.VERIFIED
    assert (label.chosen, label.answer.code) == (1, RIGHT)
    # Six tests of the task; two have odd numbers, which WRONG keeps; HALF answers [2] and [1] with themselves.
    assert [(one.passed, one.total, one.verdict) for one in label.candidates] == [
        (4, 6, "WRONG"),
        (6, 6, "PASS"),
        (4, 6, "WRONG"),
    ]
    assert label.events == ("sample: better", "sample: worse, the earlier answer stays")
    assert [sample for name, sample in teacher.samples if name == "solve"] == [0, 1, 2]


def test_samples_asked_for_again_are_new_ones(box: Sandbox, tmp_path: Path) -> None:
    teacher = script(solve=[fenced(WRONG)] * 3 + [fenced(RIGHT)])
    labeller = opened("best-of-n", teacher, box, tmp_path, label={"samples": 2, "attempts": 4})
    (label,) = labelled(labeller, prompt(given=True))
    assert [sample for name, sample in teacher.samples if name == "solve"] == [0, 1, 2, 3]
    assert label.events[-2:] == ("asked again", "asked again")
    assert label.outcome is LabelOutcome.VERIFIED


@pytest.mark.parametrize(
    ("method", "most"),
    [
        ("direct", 1),
        ("cot", 1),
        ("best-of-n", 4),
        ("ansrepair", 3),
        ("amr", 9),
        ("amr-no-md", 8),
        ("amr-no-are", 3),
    ],
)
def test_a_recipe_names_the_method_and_a_dry_run_knows_its_requests(
    method: str, most: int, box: Sandbox, tmp_path: Path
) -> None:
    assert most_requests(recipe_from({"label": {"method": method}})) == most
    teacher = script(solve=fenced(RIGHT))
    (label,) = labelled(opened(method, teacher, box, tmp_path))
    assert label.outcome is LabelOutcome.VERIFIED
    assert label.calls - 1 <= most  # tests of the task apart


def test_an_unknown_method_is_refused_with_the_nearest(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"unknown label method 'best-of-m'; did you mean best-of-n\?"):
        opened("best-of-m", script(), box, tmp_path)


def test_every_way_is_registered() -> None:
    assert set(LABELLERS.names()) >= {"direct", "cot", "ansrepair", "amr", "amr-no-md", "amr-no-are", "best-of-n"}
