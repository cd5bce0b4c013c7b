"""A small run against an endpoint that fails in all the ways seen: it goes on or stops in one line, no key shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion, serving
from small_runs import run_akd, write_recipe

KEY = "sk-marked-4711"
SAID = f"Incorrect API key provided: {KEY}"
CODE = "```python\ndef f(x):\n    return x + {n}\n```"
SEEDS = 12


@pytest.fixture
def served() -> Iterator[Endpoint]:
    with serving(Endpoint()) as endpoint:
        yield endpoint


def seeds(folder: Path) -> Path:
    rows = [
        {"prompt": f"Write f(x) that adds {n}.", "entry_point": "f", "tests": [f"assert f(1) == {n + 1}"]}
        for n in range(SEEDS)
    ]
    (folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "seeds.jsonl"


def right(body: dict[str, Any]) -> Reply:
    """Answer as a teacher that makes no mistake."""
    asked = body["messages"][-1]["content"]
    return Reply(body=completion(CODE.format(n=asked.split()[-1].rstrip("."))))


def run(
    served: Endpoint, folder: Path, student: Path, *options: str, **changes: Any
) -> subprocess.CompletedProcess[str]:
    """Run one round in `folder`, again and again the same run; the key is where the recipe says it is."""
    sections: dict[str, Any] = {
        "seeds": {"source": str(seeds(folder)), "limit": None},
        "teacher": {"model": f"openai:big@{served.url}", "extra_headers": {"api-key": "${MY_TOKEN}"}},
        "label": {"attempts": 1, "tests": 0},
        "eval": {"suites": []},
        "sandbox": {"workers": 1, "backend": "process"},
        "rounds": 1,
    }
    for name, values in changes.items():
        sections[name] = {**sections.get(name, {}), **values} if isinstance(values, dict) else values
    recipe = write_recipe(folder, student, **sections)
    keys = {"MY_TOKEN": KEY, "AKD_API_KEY": f"{KEY}\n", "OPENAI_API_KEY": ""}
    return run_akd("run", recipe, "--run-dir", folder / "run", *options, **keys)


def summary(folder: Path) -> dict[str, Any]:
    labels: dict[str, Any] = json.loads((folder / "run" / "summary.json").read_text())["rounds"][0]["stages"]["labels"]
    return labels


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("akd: error:")]
    assert "Traceback" not in done.stderr
    return line


def no_key_in(folder: Path, *printed: subprocess.CompletedProcess[str]) -> None:
    """Grep everything that was written and printed."""
    for done in printed:
        assert KEY not in done.stdout + done.stderr
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "run.db" for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_one_refused_prompt_is_counted_and_the_run_goes_on(served: Endpoint, tmp_path: Path, student: Path) -> None:
    def script(number: int, body: dict[str, Any]) -> Reply:
        if "seed" in body:
            return Reply(422, {"detail": [{"loc": ["body", "seed"], "type": "extra_forbidden", "msg": SAID}]})
        if body["messages"][-1]["content"].endswith("adds 3."):
            return Reply(400, {"error": {"code": "content_filter", "message": SAID}})
        return right(body)

    served.script = script
    done = run(served, tmp_path, student)
    assert done.returncode == 0, done.stderr
    assert summary(tmp_path)["outcomes"] == {"refused": 1, "verified": SEEDS - 1}
    assert "1 refused" in done.stderr
    assert "does not take 'seed': it is left out from now on" in done.stderr
    no_key_in(tmp_path, done)


def test_many_refused_prompts_stop_the_run_in_one_line_and_it_can_go_on(
    served: Endpoint, tmp_path: Path, student: Path
) -> None:
    served.script = lambda number, body: (
        right(body) if number < 4 else Reply(400, {"error": {"message": f"odd prompt, {KEY}"}})
    )
    stopped = run(served, tmp_path, student, "--set", "teacher.concurrency=1")
    assert stopped.returncode == 3
    line = one_line(stopped)
    assert f"the teacher refused 2 of {SEEDS} prompts, more than teacher.refused_share (0.05) allows" in line
    assert "odd prompt" in line
    asked = len(served.requests)
    served.script = lambda number, body: right(body)
    done = run(served, tmp_path, student)
    assert done.returncode == 0, done.stderr
    assert summary(tmp_path)["outcomes"] == {"verified": SEEDS}
    assert len(served.requests) - asked == SEEDS - 4  # what was answered is not asked again
    no_key_in(tmp_path, stopped, done)


def test_a_share_that_is_put_up_with_can_be_raised_for_a_run_that_stopped(
    served: Endpoint, tmp_path: Path, student: Path
) -> None:
    served.script = lambda number, body: (
        Reply(400, {}) if body["messages"][-1]["content"][-3:] in (" 1.", " 2.", " 3.") else right(body)
    )
    assert run(served, tmp_path, student).returncode == 3
    done = run(served, tmp_path, student, "--set", "teacher.refused_share=0.5")
    assert done.returncode == 0, done.stderr
    assert summary(tmp_path)["outcomes"] == {"refused": 3, "verified": SEEDS - 3}


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (401, {"error": {"message": SAID}}, 2, "check the key in AKD_API_KEY"),
        (403, {"detail": SAID}, 2, "check that the key may use this model"),
        (404, {"error": {"message": f"no model big. {SAID}"}}, 2, "the model's name 'big'"),
        (429, {"error": {"message": SAID, "code": "insufficient_quota"}}, 2, "quota is used up"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_what_concerns_every_prompt_stops_at_once(
    served: Endpoint, tmp_path: Path, student: Path, status: int, body: Any, code: int, said: str, debug: bool
) -> None:
    served.script = lambda number, request: Reply(status, body)
    done = run(served, tmp_path, student, *(["--debug"] if debug else []))
    assert said in done.stderr
    assert "***" in done.stderr
    if not debug:
        assert (done.returncode, said in one_line(done)) == (code, True)
    assert len(served.requests) <= SEEDS
    no_key_in(tmp_path, done)


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {"error": {"message": SAID}}),
        Reply(200, {"error": {"message": SAID, "code": 502}}),
        Reply(200, completion("", choices=[{"index": 0, "finish_reason": "error", "error": {"message": SAID}}])),
    ],
)
def test_a_dead_endpoint_pauses_the_run_after_a_few_requests(
    served: Endpoint, tmp_path: Path, student: Path, reply: Reply
) -> None:
    served.script = lambda number, body: reply
    done = run(served, tmp_path, student, "--debug")
    assert "times in a row, the last time" in done.stderr
    assert "run the same command again to go on" in done.stderr
    assert len(served.requests) <= SEEDS + 10
    no_key_in(tmp_path, done)


def test_answers_without_code_are_told_instead_of_rows_that_do_not_fit(
    served: Endpoint, tmp_path: Path, student: Path
) -> None:
    texts = [None, "", "I cannot say.", "<think>def f(x): return x"]
    served.script = lambda number, body: Reply(
        body=completion("", choices=[{"index": 0, "finish_reason": "stop", "message": {
            "role": "assistant", "content": texts[number % 4], "reasoning_content": "def f(x): return x"}}])
    )  # fmt: skip
    done = run(served, tmp_path, student)
    assert done.returncode == 2
    assert f"no row to train on: {SEEDS} answers without code" in one_line(done)


def test_a_row_of_a_reasoning_teacher_holds_no_reasoning_unless_it_is_kept(
    served: Endpoint, tmp_path: Path, student: Path
) -> None:
    def script(number: int, body: dict[str, Any]) -> Reply:
        reply = right(body)
        reply.body["choices"][0]["message"]["content"] = "<think>Add.</think>\n" + CODE.format(
            n=body["messages"][-1]["content"].split()[-1].rstrip(".")
        )
        return reply

    served.script = script
    for keep, folder in ((False, tmp_path / "a"), (True, tmp_path / "b")):
        folder.mkdir()
        done = run(served, folder, student, label={"attempts": 1, "tests": 0, "keep_reasoning": keep})
        assert done.returncode == 0, done.stderr
        text = (folder / "run" / "rounds" / "1" / "train.jsonl").read_text()
        assert text.count("\n") == SEEDS
        assert ("<think>" in text) is keep
