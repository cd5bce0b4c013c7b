"""Training on MBPP's training split and reporting MBPP+, which holds part of it: rows go, or figures are split."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from small_runs import run_akd, write_recipe

SEEN, UNSEEN, ELSEWHERE = ("Mbpp/602", "Mbpp/603", "Mbpp/604"), ("Mbpp/2", "Mbpp/3", "Mbpp/4"), (606, 609)
"""Tasks of MBPP+ that are in the training split, tasks that are not, and ids of the split that MBPP+ does not hold."""


@pytest.fixture(scope="module")
def files(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six tasks of MBPP+, and seeds and recorded answers of five problems of MBPP's training split."""
    folder = tmp_path_factory.mktemp("mbpp")
    with gzip.open(test_data / "evalplus/MbppPlus-v0.2.0.jsonl.gz", "rt", encoding="utf-8") as file:
        tasks = [line for line in file if json.loads(line)["task_id"] in SEEN + UNSEEN]
    assert len(tasks) == 6
    (folder / "plus.jsonl").write_text("".join(tasks), encoding="utf-8")
    with gzip.open(test_data / "mbpp/mbpp.jsonl.gz", "rt", encoding="utf-8") as file:
        chosen = {int(name.removeprefix("Mbpp/")) for name in SEEN} | set(ELSEWHERE)
        rows = [line for line in file if json.loads(line)["task_id"] in chosen]
    (folder / "mbpp.jsonl").write_text("".join(rows), encoding="utf-8")
    for command, name in (("mbpp-seeds", "seeds.jsonl"), ("mbpp-recorded", "answers.jsonl")):
        done = run_akd("data", command, "--mbpp", folder / "mbpp.jsonl", "--out", folder / name)
        assert done.returncode == 0, done.stderr
    return folder


def finished_run(files: Path, student: Path, folder: Path, **changes: Any) -> Path:
    recipe = write_recipe(
        folder,
        student,
        rounds=1,
        seeds={"source": str(files / "seeds.jsonl"), "limit": None},
        teacher={"model": f"recorded:{files / 'answers.jsonl'}"},
        generator={"model": "none"},
        referee={"judge": "never"},
        eval={"suites": ["mbpp+"], "max_tokens": 4},
        **changes,
    )
    run = folder / "run"
    done = run_akd("run", recipe, "--run-dir", run, MBPP_OVERRIDE_PATH=str(files / "plus.jsonl"))
    assert done.returncode == 0, done.stderr
    return run


def trained_on(run: Path) -> int:
    return len((run / "rounds/1/train.jsonl").read_text(encoding="utf-8").splitlines())


def test_seen_tasks_are_left_out_unless_told_otherwise(files: Path, student: Path, tmp_path: Path) -> None:
    run = finished_run(files, student, tmp_path)
    assert trained_on(run) == 2
    _, *lines = (run / "decontamination.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert {(one["suite"], one["task_id"], one["tier"]) for one in found if one["suite"] == "mbpp+"} == {
        ("mbpp+", task_id, "id") for task_id in SEEN
    }
    assert "| Mbpp/602 | mbpp+ | Mbpp/602 | id |" in (run / "decontamination.md").read_text(encoding="utf-8")


def test_where_they_are_only_reported_the_figure_comes_in_two(files: Path, student: Path, tmp_path: Path) -> None:
    run = finished_run(files, student, tmp_path, decontaminate="report")
    assert trained_on(run) == 5
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    exam = summary["rounds"][0]["eval"]["mbpp+"]
    assert exam["tasks"] == 6
    assert (exam["seen"]["tasks"], exam["unseen"]["tasks"]) == (3, 3)
    assert "seen" not in summary["base"]["eval"]["mbpp+"]
    told = run_akd(
        "eval", f"{run}@1", "--json", "--out", tmp_path / "again", MBPP_OVERRIDE_PATH=str(files / "plus.jsonl")
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["seen"]["tasks"] == 3


def test_off_looks_at_nothing(files: Path, student: Path, tmp_path: Path) -> None:
    run = finished_run(files, student, tmp_path, decontaminate="off")
    assert trained_on(run) == 5
    assert not (run / "decontamination.jsonl").exists()
