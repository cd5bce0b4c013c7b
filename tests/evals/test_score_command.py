import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main

AKD = str(Path(sys.executable).parent / "akd")


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    rows = [
        {"task_id": name, "prompt": "", "entry_point": "f", "tests": ["assert f(1) == 2", "assert f(2) == 4"]}
        for name in ("toy/a", "toy/b", "toy/c")
    ]
    return write(tmp_path / "toy.jsonl", *rows)


def akd(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, arguments), "--backend", "process"])


def test_score_prints_a_table_and_what_is_missing(suite: Path, tmp_path: Path) -> None:
    samples = write(
        tmp_path / "s.jsonl",
        {"task_id": "toy/a", "completion": "def f(x): return 2 * x"},
        {"task_id": "toy/b", "completion": "def f(x): return x + 1"},
    )
    result = akd(samples, "--suite", suite, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "1 of 3 tasks have no sample and count as failed: toy/c" in result.stderr
    # 1 of 3 by hand; Wilson with z = 1.96: 6.1 .. 79.2
    assert "pass@1     33.3 %   95 % [6.1, 79.2]" in result.stdout
    assert "PASS 1, WRONG 1" in result.stdout
    assert "pass@10" not in result.stdout


def test_several_samples_a_task_get_an_interval_over_tasks(suite: Path, tmp_path: Path) -> None:
    right, wrong = "def f(x): return 2 * x", "def f(x): return x + 1"
    given = [
        ("toy/a", right),
        ("toy/a", wrong),
        ("toy/b", wrong),
        ("toy/b", wrong + " "),
        ("toy/c", right),
        ("toy/c", right),
    ]
    samples = write(tmp_path / "s.jsonl", *({"task_id": task, "solution": code} for task, code in given))
    result = akd(samples, "--suite", suite, "--out", tmp_path / "out", "--k", 1, "--k", 2)
    # rates 0.5, 0, 1: a bootstrap draws one task three times in 1 of 27 cases, above 2.5 %, so both ends are reached
    # pass@2 by hand 1, 0, 1: Wilson of 2 of 3 with z = 1.96 is 20.8 .. 93.9
    assert "pass@1     50.0 %   95 % [0.0, 100.0]" in result.stdout
    assert "pass@2     66.7 %   95 % [20.8, 93.9]" in result.stdout


def test_score_prints_its_summary_as_json_and_nothing_else(suite: Path, tmp_path: Path) -> None:
    samples = write(tmp_path / "s.jsonl", {"task_id": "toy/a", "solution": "def f(x): return 2 * x"})
    result = akd(samples, "--suite", suite, "--out", tmp_path / "out", "--json", "--k", 1)
    assert json.loads(result.stdout) == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"task_id": "toy/d", "solution": ""}, "no task 'toy/d'; did you mean 'toy/"),
        ("not an object", "a JSON str, not an object"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(suite: Path, tmp_path: Path, line: object, says: str) -> None:
    samples = write(tmp_path / "s.jsonl", line)
    result = akd(samples, "--suite", suite, "--out", tmp_path / "out")
    assert result.exit_code == 2
    (error,) = result.stderr.splitlines()
    assert error.startswith(f"akd: error: {samples}:1: ")
    assert says in error
    assert not (tmp_path / "out").exists()


def test_an_unknown_backend_is_one_line(suite: Path, tmp_path: Path) -> None:
    samples = write(tmp_path / "s.jsonl", {"task_id": "toy/a", "solution": ""})
    arguments = ["score", str(samples), "--suite", str(suite), "--out", str(tmp_path / "out"), "--backend", "chroot"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (2, 3)
    assert result.stderr.startswith("akd: error: unknown backend 'chroot'")


def test_ctrl_c_ends_at_once_and_keeps_what_was_judged(suite: Path, tmp_path: Path) -> None:
    endless = {"task_id": "toy/b", "solution": "def f(x):\n    while True: pass"}
    samples = write(tmp_path / "s.jsonl", {"task_id": "toy/a", "solution": "def f(x): return 2 * x"}, endless)
    out = tmp_path / "out"
    arguments = ["score", str(samples), "--suite", str(suite), "--out", str(out)]
    command = [AKD, *arguments, "--backend", "process", "--min-time", "600", "--sample-time", "600"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    results = out / "results.jsonl"
    deadline = time.monotonic() + 60
    while not (results.exists() and results.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=30)  # 600 s if it waited for the sample
    assert running.returncode == 130
    assert "akd: interrupted; the same command again judges only what is left" in stderr
    assert [json.loads(line)["task_id"] for line in results.read_text().splitlines()] == ["toy/a"]


def test_help_names_an_example() -> None:
    result = CliRunner().invoke(main, ["score", "--help"])
    assert "Example: akd score samples.jsonl --suite humaneval+ --out" in result.stdout


def test_importing_the_command_brings_in_no_heavy_library() -> None:
    code = "import sys, akd_code.cli.score_command, akd_code.cli.data_command, akd_evals.score; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "scipy", "datasets", "evalplus"} & set(done.stdout.split())
