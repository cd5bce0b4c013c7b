"""The real loop with another way to make labels: AMR-Evol with the lab's teacher, sandbox and store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import pools, run_akd, write_recipe


@pytest.mark.slow
def test_a_run_with_amr_evol_counts_its_cost_and_comes_out_the_same_again(student: Path, tmp_path: Path) -> None:
    changes = {"label": {"method": "amr"}, "evolve": {"wave": 4}, "seeds": {"source": "lab", "limit": 8}, "rounds": 1}
    recipe = write_recipe(tmp_path, student, **changes)
    for name in ("one", "two"):
        done = run_akd("run", recipe, "--run-dir", tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert pools(tmp_path / "one") == pools(tmp_path / "two")
    (round_,) = json.loads((tmp_path / "one" / "summary.json").read_text(encoding="utf-8"))["rounds"]
    told = round_["stages"]["labels"]
    assert told["method"] == "amr"
    assert told["requests"] == round_["teacher_calls"] > 3 * 8 - 3
    assert told["tokens"] > 0
    assert any(event.startswith("evolved: ") for event in told["events"])
    found = run_akd("modules", "search", tmp_path / "one" / "modules.db", "numbers")
    assert found.returncode == 0, found.stderr
    assert "def " in found.stdout
