"""`akd eval` of a model behind a server: what goes with a request, what a refused prompt counts, what is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from loopback_endpoint import Endpoint, Reply, completion, serving

from akd_code.cli import main

GOOD = "```python\ndef f(x):\n    return x + 1\n```"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for variable in ("OPENAI_API_KEY", "AKD_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with serving(Endpoint()) as endpoint:
        endpoint.script = lambda number, body: Reply(body=completion(GOOD))
        yield endpoint


def suite(tmp_path: Path, tasks: int = 3) -> Path:
    rows = [
        {"task_id": f"toy/{i}", "prompt": f"Write f for {i}.", "entry_point": "f", "tests": ["assert f(1) == 2"]}
        for i in range(tasks)
    ]
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return tmp_path / "toy.jsonl"


def evaluated(served: Endpoint, tmp_path: Path, *options: str, tasks: int = 3) -> Result:
    arguments = ["eval", f"openai:big@{served.url}", "--suite", str(suite(tmp_path, tasks)), *options]
    return CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out"), "--backend", "process"])


def stored(tmp_path: Path, name: str) -> Any:
    return json.loads((tmp_path / "out" / name).read_text())


def test_body_headers_and_query_go_with_every_request_and_settings_can_be_left_out(
    served: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "tok-marked-1")
    options = ("--extra-body", '{"top_k": 5}', "--header", "api-key=${MY_TOKEN}", "--query", "api-version=2024-10-21")
    done = evaluated(served, tmp_path, *options, "--omit", "seed", "--omit", "top_p")
    assert done.exit_code == 0, done.output
    assert all(body["top_k"] == 5 and not {"seed", "top_p"} & body.keys() for body in served.requests)
    assert {headers["api-key"] for headers in served.headers} == {"tok-marked-1"}
    assert set(served.paths) == {"/v1/chat/completions?api-version=2024-10-21"}
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert "tok-marked-1" not in written + done.output
    assert stored(tmp_path, "sampling.json")["extra_body"] == '{"top_k": 5}'


def test_another_body_is_another_evaluation_and_none_is_as_before(served: Endpoint, tmp_path: Path) -> None:
    assert evaluated(served, tmp_path).exit_code == 0
    assert not {"extra_body", "omit"} & stored(tmp_path, "sampling.json").keys()
    again = evaluated(served, tmp_path, "--extra-body", '{"top_k": 5}')
    assert again.exit_code == 2
    assert "extra_body was None and is" in again.stderr
    assert evaluated(served, tmp_path, "--extra-body", "{}").exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--extra-body", "{"], "--extra-body is not JSON"),
        (["--extra-body", "[1]"], "--extra-body is not a JSON object"),
        (["--extra-body", '{"stream": true}'], "cannot set 'stream'"),
        (["--extra-body", '{"a": NaN}'], "extra_body is not JSON"),
        (["--header", "api-key sk-marked"], "--header takes NAME=VALUE"),
        (["--query", "=sk-marked"], "--query takes NAME=VALUE"),
        (["--header", "X=${NOT_SET_ANYWHERE}"], "NOT_SET_ANYWHERE, which is not set"),
        (["--omit", "model"], "'model' cannot be left out"),
    ],
)
def test_what_cannot_go_with_a_request_is_one_line(
    served: Endpoint, tmp_path: Path, options: list[str], said: str
) -> None:
    done = evaluated(served, tmp_path, *options)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("akd: error:")]
    assert (done.exit_code, said in line, "marked" in done.output) == (2, True, False), done.output


def test_options_for_a_server_are_refused_where_there_is_none(tmp_path: Path) -> None:
    arguments = ["eval", "lab", "--suite", str(suite(tmp_path)), "--omit", "seed", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, arguments)
    assert (done.exit_code, "are for a server; leave them out" in done.stderr) == (2, True)


def test_a_refused_prompt_counts_as_failed_and_is_reported(served: Endpoint, tmp_path: Path) -> None:
    def script(number: int, body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["content"] == "Write f for 1.":
            return Reply(400, {"error": {"code": "content_filter", "message": "no"}})
        return Reply(body=completion(GOOD))

    served.script = script
    done = evaluated(served, tmp_path)
    assert done.exit_code == 0, done.output
    assert "1 prompts were refused by the server and count as failed" in done.output
    assert stored(tmp_path, "summary.json")["pass@k"]["base"]["1"] == pytest.approx(2 / 3, abs=1e-3)
    lines = [json.loads(line) for line in (tmp_path / "out" / "samples.jsonl").read_text().splitlines()]
    assert [line["finish_reason"] for line in lines] == ["stop", "refused", "stop"]


def test_what_was_refused_is_asked_again_on_request_only(served: Endpoint, tmp_path: Path) -> None:
    moody = [True]

    def script(number: int, body: dict[str, Any]) -> Reply:
        if moody[0] and "f for 1" in body["messages"][-1]["content"]:
            return Reply(400, {"error": {"code": "content_filter", "message": "filtered"}})
        return Reply(body=completion(GOOD))

    served.script = script
    assert evaluated(served, tmp_path).exit_code == 0
    moody[0] = False
    asked = len(served.requests)
    assert evaluated(served, tmp_path).exit_code == 0
    assert len(served.requests) == asked
    assert stored(tmp_path, "summary.json")["pass@k"]["base"]["1"] == pytest.approx(2 / 3)
    done = evaluated(served, tmp_path, "--retry-refused")
    assert done.exit_code == 0
    assert len(served.requests) == asked + 1
    assert "refused" not in done.output
    summary = stored(tmp_path, "summary.json")
    assert (summary["samples"], summary["pass@k"]["base"]["1"]) == (3, 1.0)


def test_a_server_that_refuses_everything_ends_it_and_leaves_nothing_behind(served: Endpoint, tmp_path: Path) -> None:
    served.script = lambda number, body: Reply(400, {"error": {"message": "odd"}})
    done = evaluated(served, tmp_path, tasks=40)
    assert done.exit_code == 2
    assert "refused the request with status 400" in done.stderr
    served.script = lambda number, body: Reply(body=completion(GOOD))
    assert evaluated(served, tmp_path, tasks=40).exit_code == 0
    assert stored(tmp_path, "summary.json")["pass@k"]["base"]["1"] == 1.0


def test_answers_in_parts_and_reasoning_alone_are_read(served: Endpoint, tmp_path: Path) -> None:
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": GOOD}]
    messages = [
        {"content": parts},
        {"content": None, "reasoning_content": GOOD},
        {"content": f"<think>hm</think>{GOOD}"},
    ]
    served.script = lambda number, body: Reply(
        body=completion("", choices=[{"index": 0, "message": messages[int(body["messages"][-1]["content"][-2])],
                                      "finish_reason": "stop"}])
    )  # fmt: skip
    done = evaluated(served, tmp_path)
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in (tmp_path / "out" / "samples.jsonl").read_text().splitlines()]
    assert [line["finish_reason"] for line in lines] == ["stop", "reasoning only", "stop"]
    assert stored(tmp_path, "summary.json")["pass@k"]["base"]["1"] == pytest.approx(2 / 3, abs=1e-3)
