"""A run whose prompts are told apart by many samples, and what can be asked of it afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import run_akd, write_recipe

pytestmark = pytest.mark.slow


def test_many_samples_decide_and_every_prompt_can_be_found_by_its_word(student: Path, tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path,
        student,
        rounds=2,
        referee={"hardness": "pass-rate", "judge": "always"},
        student={"samples": 3},
        generator={"model": "none", "prompts": 8, "retired": False},
    )
    run = tmp_path / "run"
    assert run_akd("run", recipe, "--run-dir", run).returncode == 0
    summary = json.loads((run / "summary.json").read_text())["rounds"][0]
    stages = summary["stages"]
    assert stages["student answers"]["answers"] == 3 * summary["cache_pool"]
    standing = stages["discrimination"]["standing"]
    assert sum(standing.values()) == summary["cache_pool"]
    for word, count in standing.items():
        found = run_akd("status", run, "--prompts", word, "--round", "1", "--json").stdout
        rows = [json.loads(line) for line in found.splitlines()]
        assert len(rows) == count
        assert all(row["reason"] for row in rows)


def test_a_pass_rate_of_one_sample_is_refused(student: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, student, referee={"hardness": "pass-rate"})
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert (done.returncode, "set student.samples" in done.stderr) == (2, True)
