"""One way to examine a student: what a run measured after a round, `akd eval RUN@N` measures again, byte for byte."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from small_runs import run_akd, write_recipe


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_round_evaluated_again_gives_the_same_samples(finished: Path, tmp_path: Path, number: int) -> None:
    again = run_akd("eval", f"{finished}@{number}", "--suite", "lab", "--out", tmp_path / "eval")
    assert again.returncode == 0, again.stderr
    own = finished / "rounds" / str(number) / "eval" / "lab"
    assert (tmp_path / "eval" / "samples.jsonl").read_bytes() == (own / "samples.jsonl").read_bytes()
    theirs, ours = (json.loads((folder / "summary.json").read_text()) for folder in (tmp_path / "eval", own))
    for name in ("suite", "dataset_md5", "tasks", "pass@k", "verdicts", "limits", "isolation"):
        assert theirs[name] == ours[name], name


@pytest.mark.data
def test_real_problems_are_asked_alike_too(student: Path, tmp_path: Path) -> None:
    data = Path(os.environ.get("AKD_TEST_DATA", "../shared/data")).resolve()
    if not (data / "mbpp/mbpp.jsonl.gz").exists():
        pytest.skip("no mbpp.jsonl.gz; set AKD_TEST_DATA to the folder of the shared benchmark files")
    here = {"AKD_MBPP_PATH": str(data / "mbpp/mbpp.jsonl.gz")}
    recipe = write_recipe(
        tmp_path, student, rounds=1, eval={"suites": ["mbpp", "humaneval"], "limit": 3, "max_tokens": 16}
    )
    run = tmp_path / "run"
    assert run_akd("run", recipe, "--run-dir", run, **here).returncode == 0
    for number in (0, 1):
        out = tmp_path / f"eval{number}"
        again = run_akd("eval", f"{run}@{number}", "--out", out, **here)
        assert again.returncode == 0, again.stderr
        for suite in ("mbpp[:3]", "humaneval[:3]"):
            own = run / "rounds" / str(number) / "eval" / suite
            assert (out / suite / "samples.jsonl").read_bytes() == (own / "samples.jsonl").read_bytes()


def test_the_recipes_limits_reach_the_examination(student: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, student, rounds=1, sandbox={"test_s": 1.5, "memory_mb": 300})
    assert run_akd("run", recipe, "--run-dir", tmp_path / "run").returncode == 0
    limits = json.loads((tmp_path / "run/rounds/1/eval/lab/summary.json").read_text())["limits"]
    assert limits["min_time_s"] == 1.5
    assert limits["memory_bytes"] == 300 << 20


def test_progress_is_shown_for_each_answer(student: Path, tmp_path: Path) -> None:
    """A watcher that notes what it is told: the examination of twelve tasks moves it twelve times."""
    from akd_code.distil import run_recipe
    from akd_code.recipe import load_recipe

    class Noting:
        def __init__(self) -> None:
            self.now, self.seen = "", {}

        def stage(self, round_: int | None, name: str) -> None:
            self.now = f"{round_} {name}"

        def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
            self.seen.setdefault(self.now, []).append((done, total))

        def note(self, text: str) -> None:
            pass

    watcher = Noting()
    run_recipe(load_recipe(write_recipe(tmp_path, student)), tmp_path / "run", watcher)
    sampled = next(seen for stage, seen in watcher.seen.items() if stage.startswith("1 sampling"))
    assert [done for done, _ in sampled if done] == list(range(1, 13))
    answered = watcher.seen["1 student answers"]
    assert {done for done, _ in answered} == set(range(11))  # 0: what was there before
