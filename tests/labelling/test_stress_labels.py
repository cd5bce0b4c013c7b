"""Labels of stress prompts: an answer that can be exploited is none, whatever tests it passes."""

from __future__ import annotations

from pathlib import Path

from scripted import fenced, labelled, opened, script

from akd_code.curriculum.stress import as_prompt
from akd_code.records import LabelOutcome, Prompt, PromptTests
from akd_code.security import Family, cells, prompt_of, weaknesses
from akd_sandbox import Sandbox

TESTS = PromptTests(("assert f(2) == 4", "assert f(3) == 9", "assert f('2') is None"), "catalogue", exploits=1)
PROMPT = Prompt("p", "Square it.", "f", tests=TESTS)
SAFE = "def f(x):\n    return x * x if isinstance(x, int) else None\n"
EXPLOITABLE = "def f(x):\n    return int(x) * int(x)\n"
WRONG = "def f(x):\n    return x\n"


def test_an_answer_that_passes_tests_and_exploits_is_verified(box: Sandbox, tmp_path: Path) -> None:
    (label,) = labelled(opened("direct", script(solve=fenced(SAFE)), box, tmp_path), PROMPT)
    assert (label.outcome, label.trained, label.prompt.tests) == (LabelOutcome.VERIFIED, True, TESTS)


def test_an_exploitable_answer_is_no_label_and_its_reason_is_told(box: Sandbox, tmp_path: Path) -> None:
    for verify in (True, False):
        labeller = opened("direct", script(solve=fenced(EXPLOITABLE)), box, tmp_path, label={"verify": verify})
        (label,) = labelled(labeller, PROMPT)
        assert (label.outcome, label.trained) == (LabelOutcome.EXPLOITABLE, False)
        assert "right, but an exploit of it works" in label.events


def test_an_answer_that_is_wrong_as_well_has_failed(box: Sandbox, tmp_path: Path) -> None:
    (label,) = labelled(opened("direct", script(solve=fenced(WRONG)), box, tmp_path), PROMPT)
    assert label.outcome is LabelOutcome.FAILED


def test_the_teacher_is_asked_again_until_an_answer_withstands(box: Sandbox, tmp_path: Path) -> None:
    teacher = script(solve=[fenced(EXPLOITABLE), fenced(SAFE)])
    (label,) = labelled(opened("direct", teacher, box, tmp_path, label={"attempts": 2}), PROMPT)
    assert (label.outcome, label.answer.code) == (LabelOutcome.VERIFIED, SAFE)


class TestReferences:
    """The catalogue's own program stands in, where the recipe allows it."""

    def label_of(self, box: Sandbox, folder: Path, allowed: bool) -> tuple[LabelOutcome, str]:
        (cell, *_) = [
            one for one in cells(weaknesses(["CWE-338"]), [Family.IMPLICIT]) if one.exercise.name == "api-key"
        ]
        prompt = as_prompt(prompt_of(cell, 0, 0), 1)
        refusing = script(solve="I would rather not.")
        (label,) = labelled(opened("direct", refusing, box, folder, harden={"references": allowed}), prompt)
        return label.outcome, label.candidates[label.chosen].way

    def test_it_is_the_label_where_the_teacher_has_none(self, box: Sandbox, tmp_path: Path) -> None:
        assert self.label_of(box, tmp_path, True) == (LabelOutcome.VERIFIED, "reference")

    def test_unless_the_recipe_allows_it_there_is_no_label(self, box: Sandbox, tmp_path: Path) -> None:
        assert self.label_of(box, tmp_path, False) == (LabelOutcome.NO_CODE, "direct")
