"""The loop end to end, with real parts: pools, files, resume after kill -9, interruption, full disk."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_runs import akd, pools, run_akd, write_recipe


def test_the_train_pool_is_replaced_and_the_cache_pool_appended(finished: Path) -> None:
    made = pools(finished)
    seeds = [label["prompt"]["id"] for label in made["1 labels"]["items"]]
    new = [prompt["id"] for prompt in made["1 generation"]["items"]]
    trained = [label["prompt"]["id"] for label in made["2 labels"]["items"]]
    assert len(seeds) == 10
    assert trained == new
    assert not set(seeds) & set(new)
    assert len(made["1 discrimination"]["items"]) == len(seeds)
    summary = json.loads((finished / "summary.json").read_text())
    assert [(one["round"], one["train_pool"], one["cache_pool"]) for one in summary["rounds"]] == [
        (1, 10, 10),
        (2, len(new), 10 + len(new)),
    ]


def test_the_run_directory_holds_what_the_contract_names(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    assert {"base", "rounds", "seed", "versions"} <= summary.keys()
    first, last = summary["rounds"]
    wanted = {
        "round",
        "train_pool",
        "cache_pool",
        "hard_share",
        "teacher_calls",
        "sandbox_runs",
        "cost_usd",
        "wall_s",
        "eval",
    }
    assert wanted <= first.keys()
    assert first["hard_share"] is not None
    assert last["hard_share"] is None
    for entry in (summary["base"]["eval"]["lab"], last["eval"]["lab"]):
        assert {"pass@1", "ci95", "tasks"} <= entry.keys()
        assert entry["tasks"] == 12
    assert summary["lab"]["error_base"] == 0.02
    for number in (1, 2):
        folder = finished / "rounds" / str(number)
        assert (folder / "adapter" / "adapter_config.json").exists()
        assert (folder / "eval" / "lab" / "results.jsonl").exists()
        rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
        assert [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"]
        assert rows[0]["meta"]["outcome"] in ("verified", "unverified")
    assert (finished / "recipe.yaml").exists()
    assert [json.loads(line)["event"] for line in (finished / "events.jsonl").read_text().splitlines()][
        -1
    ] == "finished"


def test_verified_rows_really_pass_their_suites(finished: Path) -> None:
    from akd_code.records import PromptTests
    from akd_code.referee import run_tests
    from akd_sandbox import Sandbox, Verdict

    labels = [label for label in pools(finished)["1 labels"]["items"] if label["outcome"] == "verified"]
    assert labels
    with Sandbox(workers=1) as box:
        for label in labels:
            suite = PromptTests(tuple(label["prompt"]["tests"]["asserts"]), "given")
            run = run_tests(
                suite, label["prompt"]["entry_point"], label["candidates"][label["chosen"]]["answer"]["code"], box
            )
            assert run.verdict is Verdict.PASS


def test_a_finished_run_is_shown_again_without_any_work(finished: Path, student: Path, tmp_path: Path) -> None:
    before = pools(finished)
    again = run_akd("run", write_recipe(tmp_path, student), "--run-dir", finished)
    assert again.returncode == 0
    assert "cache pool" in again.stdout
    assert pools(finished) == before


def test_a_run_cannot_be_continued_with_other_settings_and_says_which(
    finished: Path, student: Path, tmp_path: Path
) -> None:
    refused = run_akd("run", write_recipe(tmp_path, student), "--run-dir", finished, "--set", "referee.tau=2")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "referee.tau: 1.0 -> 2.0" in refused.stderr


def test_more_rounds_continue_a_finished_run(finished: Path, student: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(finished, copy)
    longer = run_akd("run", write_recipe(tmp_path, student), "--run-dir", copy, "--set", "rounds=3")
    assert longer.returncode == 0, longer.stderr
    made = pools(copy)
    assert made["1 labels"] == pools(finished)["1 labels"]
    assert "3 labels" in made


@pytest.fixture(scope="module")
def teacher() -> Iterator[str]:
    """The lab's teacher as a server of its own, so that its requests can be counted from outside."""
    server = subprocess.Popen(
        akd("lab", "serve", "--seed", "3"),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert server.stdout is not None
    found = re.search(r"openai:lab@(\S+?);? ", server.stdout.readline() + " ")
    assert found
    yield found[1]
    server.kill()
    server.wait()


def requests_served(teacher: str) -> int:
    with urllib.request.urlopen(teacher.removesuffix("/v1") + "/stats", timeout=10) as reply:
        return sum(value for value in counts(json.load(reply)).values())


def counts(stats: dict[str, Any]) -> dict[str, int]:
    return {key: value for key, value in stats.get("requests", stats).items() if isinstance(value, int)}


def stored(run: Path) -> tuple[int, int]:
    """Return (answers paid for, steps finished) so far."""
    try:
        with sqlite3.connect(f"file:{run / 'answers.db'}?mode=ro", uri=True) as answers:
            paid = answers.execute("SELECT count(*) FROM answers").fetchone()[0]
        with sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True) as db:
            return paid, db.execute("SELECT count(*) FROM steps").fetchone()[0]
    except sqlite3.OperationalError:
        return 0, 0


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_as_one_that_was_not(teacher: str, student: Path, tmp_path: Path) -> None:
    """kill -9 in the middle of labels, training, answers and generation: no call is made twice, the pools are equal."""
    recipe = write_recipe(tmp_path, student, teacher={"model": f"openai:lab@{teacher}", "concurrency": 1})
    whole = tmp_path / "whole"
    before = requests_served(teacher)
    assert run_akd("run", recipe, "--run-dir", whole).returncode == 0
    calls = requests_served(teacher) - before
    assert calls == stored(whole)[0]

    broken = tmp_path / "broken"
    before = requests_served(teacher)
    kills = 0
    for answers, steps in ((3, 0), (7, 0), (0, 1), (0, 2), (0, 3), (0, 4), (25, 0), (0, 6), (0, 7)):
        process = subprocess.Popen(
            akd("run", recipe, "--run-dir", broken), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            paid, done = stored(broken)
            if (answers and paid >= answers) or (steps and done >= steps):
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                break
            time.sleep(0.005)
    assert kills >= 7
    assert run_akd("run", recipe, "--run-dir", broken).returncode == 0
    assert pools(broken) == pools(whole)
    # A request that was under way when the process was killed may have been answered and lost: one for each kill.
    assert calls <= requests_served(teacher) - before <= calls + kills


def test_answers_of_the_student_that_were_there_are_not_sampled_again(student: Path, tmp_path: Path) -> None:
    recipe, run = write_recipe(tmp_path, student, student={"batch_size": 2}, seeds={"limit": 40}), tmp_path / "run"
    process = subprocess.Popen(
        akd("run", recipe, "--run-dir", run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while len(unfinished(run, "finish_reason")) < 8:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with contextlib.closing(sqlite3.connect(run / "run.db")) as db, db:
        place = "step NOT IN (SELECT key FROM steps) AND position = 0"
        (value,) = db.execute(f"SELECT value FROM items WHERE {place}").fetchone()
        changed = json.dumps({**json.loads(value), "text": "# this was kept"})
        db.execute(f"UPDATE items SET value = ? WHERE {place}", (changed,))
    assert run_akd("run", recipe, "--run-dir", run).returncode == 0
    texts = [answer["text"] for answer in pools(run)["1 student answers"]["items"]]
    assert texts.count("# this was kept") == 1
    assert len(texts) == 40


def test_samples_of_an_examination_that_were_there_are_not_drawn_again(student: Path, tmp_path: Path) -> None:
    changes = {"student": {"batch_size": 2}, "lab": {"eval_per_depth": 40}}
    recipe, run = write_recipe(tmp_path, student, **changes), tmp_path / "run"
    samples = run / "rounds/0/eval/lab/samples.jsonl"
    process = subprocess.Popen(
        akd("run", recipe, "--run-dir", run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not (samples.exists() and samples.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    first, *others = samples.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = json.dumps({**json.loads(first), "answer": "# this was kept"}) + "\n"
    samples.write_text(kept + "".join(others), encoding="utf-8")
    assert run_akd("run", recipe, "--run-dir", run).returncode == 0
    rows = [json.loads(line) for line in samples.read_text(encoding="utf-8").splitlines()]
    assert [row["answer"] for row in rows].count("# this was kept") == 1
    assert len({(row["task_id"], row["sample"]) for row in rows}) == len(rows) > 100


def test_labels_that_were_there_are_not_made_again(student: Path, tmp_path: Path) -> None:
    recipe, run = write_recipe(tmp_path, student, seeds={"limit": 60}), tmp_path / "run"
    process = subprocess.Popen(
        akd("run", recipe, "--run-dir", run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while len(unfinished(run, "outcome")) < 5:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = unfinished(run, "outcome")
    assert 5 <= len(before) < 60
    first = min(before)
    with contextlib.closing(sqlite3.connect(run / "run.db")) as db, db:
        changed = json.dumps({**before[first], "events": ["this was kept"]})
        db.execute("UPDATE items SET value = ? WHERE position = ?", (changed, first))
    assert run_akd("run", recipe, "--run-dir", run).returncode == 0
    made = pools(run)["1 labels"]["items"]
    assert len(made) == 60
    assert made[first]["events"] == ["this was kept"]


def unfinished(run: Path, field: str) -> dict[int, Any]:
    """Return the items with a field, by position, of steps under way that a run has stored."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT position, value FROM items WHERE step NOT IN (SELECT key FROM steps)").fetchall()
    except sqlite3.Error:  # not there yet
        return {}
    return {position: item for position, value in rows if field in (item := json.loads(value))}


def test_ctrl_c_stops_within_two_seconds_and_the_same_command_continues(student: Path, tmp_path: Path) -> None:
    recipe, run = write_recipe(tmp_path, student, seeds={"limit": 60}), tmp_path / "run"
    process = subprocess.Popen(
        akd("run", recipe, "--run-dir", run), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    while stored(run)[0] < 5:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run the same command again to continue" in errors
    assert "Traceback" not in errors
    paid = stored(run)[0]
    assert 5 <= paid < 60  # it did not wait until all of its work was done


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounts a small file system, which takes root")
def test_a_full_disk_is_one_line_and_keeps_what_was_finished(student: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1400k", "tmpfs", str(disk)], check=True)
    try:
        recipe = write_recipe(tmp_path, student)
        full = run_akd("run", recipe, "--run-dir", disk / "run")
        assert full.returncode == 3, full.stderr
        last = full.stderr.strip().splitlines()[-1]
        assert last.startswith("akd: error:")
        assert "is full; free some space and run the same command again" in last
        assert "Traceback" not in full.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert run_akd("run", recipe, "--run-dir", disk / "run").returncode == 0
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_two_processes_cannot_work_on_one_run(student: Path, tmp_path: Path) -> None:
    from akd_code.errors import RunError
    from akd_code.recipe import load_recipe
    from akd_code.run import RunFolder

    recipe = load_recipe(write_recipe(tmp_path, student))
    with RunFolder(tmp_path / "run", recipe), pytest.raises(RunError, match="another akd process"):
        RunFolder(tmp_path / "run", recipe)


def test_a_suite_of_ones_own_decides_although_only_its_first_tasks_are_measured(student: Path, tmp_path: Path) -> None:
    row = {"prompt": "Write f.", "entry_point": "f", "tests": ["assert f(1) == 1"]}
    text = "".join(json.dumps({"task_id": f"own/{number}", **row}) + "\n" for number in range(3))
    (tmp_path / "own.jsonl").write_text(text, encoding="utf-8")
    own = str(tmp_path / "own.jsonl")
    keep, measured = {"suite": own, "best": True, "min_gain": 0.5}, {"suites": ["lab", own], "limit": 2}
    recipe = write_recipe(tmp_path, student, rounds=3, keep=keep, eval=measured)
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert f"0.0 points more on {own} than round 0, which ends the loop" in done.stdout + done.stderr
