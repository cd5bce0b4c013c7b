"""`akd status` on suites that were strengthened."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from akd_code.cli import main
from akd_code.labelling import suite_lines
from akd_code.recipe import Recipe
from akd_code.records import Answer, Candidate, Gap, Label, LabelOutcome, MutationScore, Prompt, PromptTests
from akd_code.run import RunFolder


def stored(folder: Path, score: MutationScore | None) -> Path:
    """Return a run with one labelled prompt that the student fails."""
    prompt = Prompt("p1", "Count them.", "f", tests=PromptTests(("assert f(1) == 1",), "given", score=score))
    label = Label(
        prompt, (Candidate(Answer("p1", "", "", "stop"), "direct"),), 0, LabelOutcome.VERIFIED, 1.0, calls=1, runs=1
    )
    gap = Gap("p1", 1.0, True, "tests", 1.0, 0.0, reason="tests: gap 1.00")
    with RunFolder(folder, Recipe()) as run:
        for key, stage, state, item in (("l", "labels", "verified", label), ("d", "discrimination", "hard", gap)):
            run.items.put(key, [(0, ("p1", state, item))])
            run.steps.store(key, 1, stage, label.outcome, 1, 1.0)
        assert run.items.of("l", Label)[0].prompt == prompt
        return run.path


def listed(run: Path) -> str:
    result = CliRunner().invoke(main, ["status", str(run), "--prompts", "hard"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_prompt_is_listed_with_what_its_stronger_suite_is_worth(tmp_path: Path) -> None:
    out = listed(stored(tmp_path / "run", MutationScore(20, 8, 15, 16)))
    assert "(tests: gap 1.00; its tests kill 15 of 20 mutants; before strengthening, 8)" in out


def test_a_prompt_whose_suite_was_not_strengthened_is_listed_without(tmp_path: Path) -> None:
    assert "(tests: gap 1.00)" in listed(stored(tmp_path / "run", None))


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE items",
        "UPDATE items SET value = 'no JSON'",
        "UPDATE items SET value = '[]'",
        "UPDATE items SET value = '{}' WHERE step = 'l'",
        "UPDATE items SET value = '{\"prompt\": null}' WHERE step = 'l'",
    ],
)
def test_a_run_whose_items_are_damaged_is_told_in_one_line(tmp_path: Path, damage: str) -> None:
    run = stored(tmp_path / "run", None)
    with contextlib.closing(sqlite3.connect(run / "run.db")) as db:
        db.execute(damage)
        db.commit()
    for words in (["status", str(run), "--prompts", "hard"], ["data", "tree", str(run)]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert "damaged" in result.stderr


@pytest.mark.parametrize("text", ["", '{"rounds": [{"round": 1}', '{"rounds": [{"round": 1}]}', '{"rounds": 3}', "[]"])
def test_a_damaged_summary_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    run = stored(tmp_path / "run", None)
    (run / "summary.json").write_text(text)
    result = CliRunner().invoke(main, ["status", str(run)])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "summary.json is damaged" in line


def test_an_end_of_labels_that_there_is_not_is_an_error_and_not_an_empty_list(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", None)
    assert "1 prompts" in CliRunner().invoke(main, ["status", str(run), "--labels", "verified"]).stdout
    result = CliRunner().invoke(main, ["status", str(run), "--labels", "verifed"])
    assert result.exit_code == 2
    assert "name one of verified, unverified" in result.stderr


def test_the_suites_of_a_round_are_summed_in_a_line() -> None:
    figures = {"mutants": {"suites": 2, "mutants": 40, "before": 10, "after": 30}}
    assert suite_lines(figures) == ["2 strengthened suites kill 75 % of 40 mutants, 25 % before"]
    assert suite_lines({}) == []
