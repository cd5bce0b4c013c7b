"""What a run cost: a row of the ledger for each paid call, whatever happened to the run in between."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from small_runs import akd, run_akd, write_recipe

from akd_code.run import read_calls

PRICED = {"price": {"prompt": 2.0, "completion": 10.0}}


def ledger(run: Path) -> list[tuple[str, int, int, float]]:
    with contextlib.closing(sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True)) as db:
        return db.execute("SELECT role, prompt_tokens, completion_tokens, cost_usd FROM calls").fetchall()


def test_rounds_cost_what_their_calls_cost(student: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, student, teacher=PRICED, referee=PRICED, generator=PRICED)
    assert run_akd("run", recipe, "--run-dir", tmp_path / "run").returncode == 0
    rows = ledger(tmp_path / "run")
    assert {role for role, *_ in rows} == {"teacher", "referee", "generator"}
    for _, prompt, completion, cost in rows:
        assert cost == pytest.approx((2.0 * prompt + 10.0 * completion) / 1e6)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert sum(one["cost_usd"] for one in summary["rounds"]) == pytest.approx(sum(cost for *_, cost in rows))
    assert summary["rounds"][0]["calls"]["teacher"]["calls"] >= 10
    shown = run_akd("status", tmp_path / "run")
    assert f"US$ {sum(cost for role, *_, cost in rows if role == 'teacher'):.4f}" in shown.stdout


def test_what_was_paid_for_before_a_crash_is_in_the_sum(student: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = write_recipe(tmp_path, student, rounds=1, seeds={"limit": 40}, teacher={**PRICED, "concurrency": 1})
    process = subprocess.Popen(
        akd("run", recipe, "--run-dir", run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    paid: list[tuple[str, int, int, float]] = []
    while len(paid) < 5:
        assert process.poll() is None
        time.sleep(0.005)
        with contextlib.suppress(sqlite3.Error):
            paid = ledger(run)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = ledger(run)
    assert len(before) >= 5
    assert run_akd("run", recipe, "--run-dir", run).returncode == 0
    after = ledger(run)
    assert after[: len(before)] == before
    (round_,) = json.loads((run / "summary.json").read_text())["rounds"]
    assert round_["cost_usd"] == pytest.approx(sum(cost for *_, cost in after))
    # every answer was paid for once, but for one that was under way when the process was killed
    assert 40 <= round_["calls"]["teacher"]["calls"] - round_["stages"]["labels"]["events"].get("asked again", 0) <= 41


def test_answers_out_of_a_shared_cache_cost_nothing_now(student: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, student, rounds=1, cache=str(tmp_path / "shared.db"), teacher=PRICED)
    for name in ("one", "two"):
        assert run_akd("run", recipe, "--run-dir", tmp_path / name).returncode == 0
    first, second = (json.loads((tmp_path / name / "summary.json").read_text())["rounds"][0] for name in ("one", "two"))
    assert first["cost_usd"] > 0
    assert second["cost_usd"] == 0.0
    assert read_calls(tmp_path / "two") == {}
    assert first["teacher_calls"] == second["teacher_calls"]
