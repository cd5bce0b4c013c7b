"""A run directory made by the release before (format 1) is shown, found finished, and continued."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
import yaml
from small_runs import run_akd
from tiny_students import CHATML, save_tiny

from akd_code.errors import RunError
from akd_code.recipe import load_recipe
from akd_code.records import Gap, Label, LabelOutcome, Prompt
from akd_code.run import RunFolder, read_items, read_steps


@pytest.fixture
def recipe(older_run: Path, tmp_path: Path) -> Path:
    """The recipe of the old run, with the student where it is on this machine."""
    student = save_tiny(tmp_path / "student", template=CHATML)
    path = older_run / "recipe.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["student"]["model"] = str(student)
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    copy = tmp_path / "recipe.yaml"
    copy.write_text(yaml.safe_dump(data), encoding="utf-8")
    return copy


def finished_at(run: Path) -> dict[tuple[int, str], float]:
    return {(step.round, step.stage): step.finished for step in read_steps(run)}


def test_it_is_shown_without_being_changed(older_run: Path) -> None:
    before = (older_run / "run.db").read_bytes()
    shown = run_akd("status", older_run)
    assert shown.returncode == 0, shown.stderr
    assert "round 1  discrimination" in shown.stdout
    assert "10 steps finished" in shown.stdout
    assert (older_run / "run.db").read_bytes() == before


def test_its_values_become_records_one_row_each(older_run: Path, recipe: Path) -> None:
    with sqlite3.connect(older_run / "run.db") as db:
        (text,) = db.execute("SELECT value FROM steps WHERE round = 1 AND stage = 'labels'").fetchone()
    old = json.loads(text)
    with RunFolder(older_run, load_recipe(recipe)) as run:
        step = run.steps.from_older_release(1, "labels")
        assert step is not None
        labels = run.items.of(step.key, Label)
        assert len(labels) == len(old) == 10
        for position, label in labels.items():
            assert label.answer.text == old[position]["answer"]["text"]
            assert label.prompt.tests is not None
            assert list(label.prompt.tests.asserts) == old[position]["prompt"]["suite"]["asserts"]
            assert label.outcome is LabelOutcome.VERIFIED
        gaps = run.steps.from_older_release(1, "discrimination")
        prompts = run.steps.from_older_release(1, "generation")
        assert gaps is not None
        assert prompts is not None
        assert {gap.hard for gap in run.items.of(gaps.key, Gap).values()} == {True}
        assert len(run.items.of(prompts.key, Prompt)) == 8
    assert len(read_items(older_run, "discrimination", "hard")) == 10


def test_all_that_it_finished_is_found(older_run: Path, recipe: Path) -> None:
    before, figures = finished_at(older_run), json.loads((older_run / "summary.json").read_text())
    again = run_akd("run", recipe, "--run-dir", older_run)
    assert again.returncode == 0, again.stderr
    assert finished_at(older_run) == before
    now = json.loads((older_run / "summary.json").read_text())
    for old, new in zip(figures["rounds"], now["rounds"], strict=True):
        for name in ("round", "train_pool", "cache_pool", "hard_share", "teacher_calls", "sandbox_runs", "wall_s"):
            assert old[name] == new[name], name
        assert old["eval"]["lab"].items() <= new["eval"]["lab"].items()


def test_it_is_continued_where_it_stopped(older_run: Path, recipe: Path) -> None:
    with sqlite3.connect(older_run / "run.db") as db:
        db.execute("DELETE FROM steps WHERE round = 2 OR stage IN ('discrimination', 'generation')")
    before = finished_at(older_run)
    done = run_akd("run", recipe, "--run-dir", older_run)
    assert done.returncode == 0, done.stderr
    after = finished_at(older_run)
    assert {step: after[step] for step in before} == before
    assert after.keys() - before.keys() == {
        (1, "discrimination"), (1, "generation"), (2, "labels"), (2, "imitation"), (2, "evaluation lab"),
    }  # fmt: skip


def test_what_does_not_belong_to_the_seeds_any_more_is_done_again(older_run: Path, recipe: Path) -> None:
    """The seeds are not in the recipe: another file of the same name must not be answered with old labels."""
    with sqlite3.connect(older_run / "run.db") as db:
        (text,) = db.execute("SELECT value FROM steps WHERE round = 1 AND stage = 'labels'").fetchone()
        labels = json.loads(text)
        labels[0]["prompt"]["id"] = "another"
        db.execute("UPDATE steps SET value = ? WHERE round = 1 AND stage = 'labels'", (json.dumps(labels),))
    before = finished_at(older_run)
    done = run_akd("run", recipe, "--run-dir", older_run)
    assert done.returncode == 0, done.stderr
    after = finished_at(older_run)
    assert after[0, "evaluation lab"] == before[0, "evaluation lab"]
    assert after[1, "labels"] != before[1, "labels"]
    assert after[2, "evaluation lab"] != before[2, "evaluation lab"]


def test_a_value_that_cannot_be_read_is_one_line(older_run: Path, recipe: Path) -> None:
    with sqlite3.connect(older_run / "run.db") as db:
        db.execute("""UPDATE steps SET value = '{"rows": "many"}' WHERE stage = 'imitation'""")
    refused = run_akd("run", recipe, "--run-dir", older_run)
    assert refused.returncode == 2
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("akd: error: the step 'imitation' of round 1")
    assert "Traceback" not in refused.stderr


def test_limits_that_decide_verdicts_cannot_be_changed(older_run: Path, recipe: Path) -> None:
    with pytest.raises(RunError, match=r"sandbox\.memory_mb: 1024 -> 256"):
        RunFolder(older_run, load_recipe(recipe, ["sandbox.memory_mb=256"]))
