"""`akd status` on suites that were strengthened."""

from __future__ import annotations

from pathlib import Path

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


def test_the_suites_of_a_round_are_summed_in_a_line() -> None:
    figures = {"mutants": {"suites": 2, "mutants": 40, "before": 10, "after": 30}}
    assert suite_lines(figures) == ["2 strengthened suites kill 75 % of 40 mutants, 25 % before"]
    assert suite_lines({}) == []
