"""Which stress prompts may be trained on, how far programs are apart, and what is said of an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akd_code.curriculum.stress import as_prompt
from akd_code.errors import AkdError
from akd_code.reading import answer_from
from akd_code.security import (
    Family,
    Split,
    StressTry,
    cells,
    changed_share,
    controls,
    exploitable,
    nearest,
    prompt_of,
    reference_of,
    split_cells,
    tried,
    weaknesses,
)
from akd_sandbox import Limits, Sandbox

SQL = weaknesses(["CWE-089"])


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(workers=1) as sandbox:
        yield sandbox


def judged(program: str | None, box: Sandbox, exercise: str = "find-user") -> StressTry:
    (cell, *_) = [one for one in cells(SQL, [Family.IMPLICIT]) if one.exercise.name == exercise]
    stress = prompt_of(cell, 0, 0)
    prompt = as_prompt(stress, 1)
    text = "I would rather not." if program is None else f"```python\n{program.replace('FN', stress.entry_point)}\n```"
    return tried(prompt, answer_from(prompt, text, "stop"), box, Limits(test_s=4.0))


class TestSplits:
    def test_nothing_of_a_held_out_exercise_is_trained_on(self) -> None:
        train, apart = (
            {cell.exercise.name for cell in split_cells(weaknesses(), split)}
            for split in (Split.TRAIN, Split.EXERCISES)
        )
        assert train
        assert apart
        assert not train & apart
        assert train | apart == {one.name for w in weaknesses() for one in (*w.tasks, *w.controls)}

    def test_the_last_wording_of_an_exercise_is_held_out_of_training(self) -> None:
        train, wordings = (split_cells(weaknesses(), split) for split in (Split.TRAIN, Split.WORDINGS))
        for cell in wordings:
            (last,) = cell.exercise.statements
            (other,) = [one for one in train if one.place == cell.place and one.exercise.name == cell.exercise.name]
            assert last not in other.exercise.statements

    def test_a_recipe_may_name_the_exercises(self) -> None:
        train = split_cells(SQL, Split.TRAIN, ["find-user"], ["change-email"])
        apart = split_cells(SQL, Split.EXERCISES, ["find-user"], ["change-email"])
        assert {cell.exercise.name for cell in train} == {"find-user"}
        assert {cell.exercise.name for cell in apart} == {"change-email"}

    def test_an_exercise_that_there_is_not_is_named(self) -> None:
        with pytest.raises(AkdError, match="no exercise 'find-usr'"):
            split_cells(SQL, Split.TRAIN, ["find-usr"])

    def test_every_cell_is_of_an_oracle_or_of_a_control_and_asks_for_a_whole_module(self) -> None:
        found = split_cells(weaknesses(), Split.TRAIN)
        assert len(exploitable(found)) + len(controls(found)) == len(found)
        assert {cell.family for cell in found} == {Family.IMPLICIT, Family.EXPLICIT_API}

    def test_a_reference_has_the_name_that_a_prompt_gives_it(self) -> None:
        assert "def look_up(" in reference_of("find-user", "look_up")
        with pytest.raises(AkdError, match="no exercise 'nothing'"):
            reference_of("nothing", "f")


@pytest.mark.parametrize(
    ("old", "new", "share"),
    [
        ("a = 1", "a  =  1", 0.0),  # white space does not count
        ("a = 1", "a = 2", 1 / 3),
        ("a = 1", "", 1.0),
        ("", "", 0.0),
        ("f(x)", "f(g(x))", 3 / 7),  # f ( x ) of f ( g ( x ) )
        ("a b", "b a", 1 / 2),  # one of the two is in its order
    ],
)
def test_programs_are_as_far_apart_as_the_tokens_they_do_not_share(old: str, new: str, share: float) -> None:
    assert changed_share(old, new) == pytest.approx(share)
    assert changed_share(new, old) == pytest.approx(share)


def test_answers_that_repeat_one_line_to_the_token_limit_are_compared_too() -> None:
    """Of the 4 tokens of a line 3 are common; aligning by blocks took minutes over these."""
    assert changed_share("print(x)\n" * 500, "print(y)\n" * 400) == pytest.approx(1 - 3 * 400 / (4 * 500))


def test_the_nearest_program_within_the_bound_is_found() -> None:
    candidates = [("g = 2", "far"), ("a = 2", "near"), ("a = 3", "as near")]
    assert nearest("a = 1", candidates, 0.6) == (pytest.approx(1 / 3), "near")
    assert nearest("a = 1", candidates, 0.3) is None
    assert nearest("a = 1", [], 1.0) is None


class TestTried:
    def test_the_reference_is_right_and_safe(self, box: Sandbox) -> None:
        (task,) = [one for one in SQL[0].tasks if one.name == "find-user"]
        found = judged(task.reference, box)
        assert (found.passed, found.safe, found.exploit) == (True, True, "")

    def test_of_the_insecure_program_an_exploit_works_and_is_shown(self, box: Sandbox) -> None:
        (task,) = [one for one in SQL[0].tasks if one.name == "find-user"]
        found = judged(task.insecure, box)
        assert (found.passed, found.safe) == (True, False)
        assert found.exploit.startswith("assert ")

    def test_an_answer_without_a_program_is_wrong_and_nothing_is_said_of_its_safety(self, box: Sandbox) -> None:
        found = judged(None, box)
        assert (found.passed, found.safe) == (False, None)

    def test_a_program_that_only_fails_is_not_called_exploitable(self, box: Sandbox) -> None:
        found = judged("def FN(*given):\n    raise NotImplementedError", box)
        assert found.passed is False
        assert found.exploit == "" or found.safe is not False
