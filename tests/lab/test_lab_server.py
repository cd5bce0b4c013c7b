"""The lab's teacher: its answers, and the server they come from."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from akd_code.cli.lab_command import serve
from akd_code.lab import grammar
from akd_code.lab.server import LabTeacher
from akd_code.lab.teacher import REFUSAL, direct_error, endpoint_name, reply
from akd_code.models import Completion, Message, Sampling, open_model
from akd_code.recipe import LabSection
from akd_evals.extract import extract_code
from akd_prompts import (
    GenerateEasyInputs,
    GenerateHardInputs,
    JudgeInputs,
    SolveInputs,
    WriteTestsInputs,
    fenced_blocks,
    parse_generated,
    parse_scores,
    parse_tests,
    render,
)

FAULTLESS = LabSection(error_base=0, error_per_depth=0, judge_noise=0, test_error=0, garbled=0)
TASKS = grammar.seed_tasks(60, seed=5)


def say(settings: LabSection, inputs: Any, **more: Any) -> str:
    return reply(settings, render(inputs).messages, **more).text


def program(text: str) -> str:
    return extract_code(text).code or ""


class TestAnswers:
    def test_a_faultless_teacher_solves_with_the_reference_in_one_block(self) -> None:
        for task in TASKS:
            text = say(FAULTLESS, SolveInputs(task.instruction))
            assert (program(text).strip(), len(fenced_blocks(text))) == (task.solution.strip(), 1)

    def test_a_teacher_that_always_errs_never_gives_the_reference(self) -> None:
        settings = LabSection(error_base=0.95)
        wrong = sum(
            program(say(settings, SolveInputs(task.instruction))).strip() != task.solution.strip() for task in TASKS
        )
        assert wrong >= 50  # 95 % of 60 are 57; fewer than 50 would happen once in 20,000 settings

    def test_errors_grow_with_depth_and_stay_below_one(self) -> None:
        settings = LabSection(error_base=0.1, error_per_depth=0.2)
        assert [direct_error(settings, depth) for depth in (1, 2, 4)] == pytest.approx([0.1, 0.3, 0.7])
        assert direct_error(LabSection(error_base=0.9, error_per_depth=0.9), 4) == 0.95

    def test_the_judge_prefers_the_right_program_whichever_comes_first(self) -> None:
        task = TASKS[1]
        right = f"Here:\n```python\n# mine\n{task.solution}\n```"
        wrong = f"```python\n{grammar.wrong_solution(task, random.Random(0))}\n```"
        scores = parse_scores(say(FAULTLESS, JudgeInputs(task.instruction, right, wrong)))
        swapped = parse_scores(say(FAULTLESS, JudgeInputs(task.instruction, wrong, right)))
        assert scores.first == swapped.second == 9
        assert scores.second == swapped.first <= 6
        assert scores.explanation

    def test_the_judge_gives_the_least_to_no_program(self) -> None:
        scores = parse_scores(say(FAULTLESS, JudgeInputs(TASKS[0].instruction, "I cannot.", "```python\n(((\n```")))
        assert (scores.first, scores.second) == (1, 1)

    def test_a_noisy_judge_takes_one_answer_for_the_other(self) -> None:
        task = TASKS[1]
        inputs = JudgeInputs(task.instruction, f"```python\n{task.solution}\n```", "I cannot.")
        scores = parse_scores(say(LabSection(judge_noise=1, garbled=0), inputs))
        assert (scores.first, scores.second) == (1, 9)

    @pytest.mark.parametrize("kind", [GenerateHardInputs, GenerateEasyInputs])
    def test_a_generated_task_is_a_new_task_of_the_lab(self, kind: Any) -> None:
        for task in TASKS:
            made = parse_generated(say(FAULTLESS, kind(task.instruction)))
            parsed = grammar.parse_instruction(made.text)
            assert parsed is not None
            assert parsed.entry_point == made.entry_point
            assert parsed.composition != task.composition

    def test_written_tests_are_those_of_the_grammar(self) -> None:
        task = TASKS[2]
        tests = parse_tests(say(FAULTLESS, WriteTestsInputs(task.instruction, task.entry_point, 6)), task.entry_point)
        assert list(tests.asserts) == grammar.assert_lines(task, 6, random.Random(0))  # the first six are fixed

    def test_a_careless_writer_of_tests_gets_all_of_them_wrong(self) -> None:
        settings = LabSection(test_error=1, garbled=0)
        for task in TASKS[:10]:
            text = say(settings, WriteTestsInputs(task.instruction, task.entry_point, 6))
            right = set(grammar.assert_lines(task, 6, random.Random(0))[:6])
            assert not right & set(text.splitlines())

    def test_garbled_answers_lack_their_form(self) -> None:
        settings = LabSection(garbled=1)
        task = TASKS[0]
        assert "Scores:" not in say(settings, JudgeInputs(task.instruction, "", ""))
        assert "Function:" not in say(settings, GenerateHardInputs(task.instruction))
        assert "assert" not in say(settings, WriteTestsInputs(task.instruction, task.entry_point, 5))

    @pytest.mark.parametrize(
        "messages",
        [
            [("user", "Hello")],
            render(SolveInputs("Write a poem.")).messages,
            render(GenerateHardInputs("x")).messages,
        ],
    )
    def test_what_is_not_about_the_lab_is_refused(self, messages: list[tuple[str, str]]) -> None:
        answer = reply(FAULTLESS, [Message(*message) for message in messages])
        assert (answer.kind, answer.text) == ("unknown", REFUSAL)

    def test_draws_differ_by_seed_only_when_sampling(self) -> None:
        inputs = GenerateHardInputs(TASKS[0].instruction)
        assert len({say(FAULTLESS, inputs, temperature=1.0, seed=seed) for seed in range(10)}) > 5
        assert len({say(FAULTLESS, inputs, temperature=0.0, seed=seed) for seed in range(10)}) == 1

    def test_an_answer_is_cut_at_the_allowed_length(self) -> None:
        answer = reply(FAULTLESS, render(SolveInputs(TASKS[0].instruction)).messages, max_tokens=4)
        assert answer.text == "```python"
        assert (answer.finish_reason, answer.completion_tokens) == ("length", 4)

    @pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
    def test_a_rate_that_is_not_a_probability_is_an_error(self, value: float) -> None:
        with pytest.raises(ValidationError):
            LabSection(judge_noise=value)

    def test_the_name_in_cache_keys_follows_the_settings(self) -> None:
        assert endpoint_name(LabSection()) == endpoint_name(LabSection())
        assert endpoint_name(LabSection(), 1) != endpoint_name(LabSection())
        assert endpoint_name(LabSection(garbled=0.5)) != endpoint_name(LabSection())
        assert endpoint_name(LabSection(eval_per_depth=1)) == endpoint_name(LabSection())


@pytest.fixture
def teacher() -> Iterator[LabTeacher]:
    with LabTeacher(FAULTLESS) as running:
        yield running


def complete(teacher: LabTeacher, prompts: list[Any], sampling: Sampling) -> list[Completion]:
    async def ask() -> list[Completion]:
        model = open_model(teacher.spec, endpoint=teacher.endpoint)
        answers = await asyncio.gather(*(model.complete(render(prompt).messages, sampling) for prompt in prompts))
        await model.aclose()
        return answers

    return asyncio.run(ask())


def send(teacher: LabTeacher, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    host, port = teacher.url.removeprefix("http://").removesuffix("/v1").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    try:
        return response.status, json.loads(response.read())
    finally:
        connection.close()


class TestServer:
    def test_the_projects_own_client_gets_answers_with_usage(self, teacher: LabTeacher) -> None:
        (answer,) = complete(teacher, [SolveInputs(TASKS[0].instruction)], Sampling())
        assert program(answer.text).strip() == TASKS[0].solution.strip()
        assert (answer.finish_reason, answer.model) == ("stop", "lab")
        assert answer.prompt_tokens and answer.completion_tokens

    def test_answers_depend_on_neither_order_nor_concurrency_nor_restart(self) -> None:
        settings = LabSection(error_base=0.5)
        prompts = [SolveInputs(task.instruction) for task in TASKS]
        sampling = Sampling(temperature=0.7, seed=11)
        with LabTeacher(settings, seed=3) as teacher:
            forward = complete(teacher, prompts, sampling)
        with LabTeacher(settings, seed=3) as teacher:
            backward = complete(teacher, prompts[::-1], sampling)
        assert forward == backward[::-1]

    def test_requests_are_counted_by_kind(self, teacher: LabTeacher) -> None:
        complete(teacher, [SolveInputs(TASKS[0].instruction)] * 2 + [SolveInputs("Sing.")], Sampling())
        assert teacher.counts == {"solve": 2, "unknown": 1}
        status, stats = send(teacher, "GET", "/stats")
        assert (status, stats["requests"], stats["settings"]["garbled"]) == (200, {"solve": 2, "unknown": 1}, 0)

    def test_it_says_that_it_lives_and_what_it_serves(self, teacher: LabTeacher) -> None:
        assert send(teacher, "GET", "/health") == (200, {"status": "ok"})
        assert send(teacher, "GET", "/v1/models")[1]["data"][0]["id"] == "lab"

    def test_it_listens_on_loopback_only(self, teacher: LabTeacher) -> None:
        assert teacher.url.startswith("http://127.0.0.1:")

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "/", b"", 404),
            ("GET", "/v1/chat/completions", b"", 404),
            ("POST", "/v1/chat/completions", b"{", 400),
            ("POST", "/v1/chat/completions", b"[]", 400),
            ("POST", "/v1/chat/completions", b"[" * 100_000, 400),
            ("POST", "/v1/chat/completions", b"\xff", 400),
            ("POST", "/v1/chat/completions", b'{"messages": []}', 400),
            ("POST", "/v1/chat/completions", b'{"messages": [{"role": "user"}]}', 400),
            ("POST", "/v1/chat/completions", b'{"messages": [{"role": "user", "content": "x"}], "seed": "y"}', 400),
            (
                "POST",
                "/v1/chat/completions",
                b'{"messages": [{"role": "user", "content": "x"}], "temperature": "y"}',
                400,
            ),
            ("POST", "/v1/chat/completions", b"x" * (9 << 20), 413),
        ],
    )
    def test_a_senseless_request_gets_an_error_status(
        self, teacher: LabTeacher, method: str, path: str, body: bytes, status: int
    ) -> None:
        try:
            answered, content = send(teacher, method, path, body)
        except ConnectionError:
            assert status == 413  # the connection closes before so long a body is sent
            return
        assert answered == status
        assert content["error"]["message"]

    def test_one_connection_serves_many_requests_also_after_an_error(self, teacher: LabTeacher) -> None:
        host, port = teacher.url.removeprefix("http://").removesuffix("/v1").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=5)
        statuses = []
        for path in ("/health", "/nothing", "/health"):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
        assert statuses == [200, 404, 200]

    def test_bytes_that_are_no_http_harm_nobody(self, teacher: LabTeacher) -> None:
        host, port = teacher.url.removeprefix("http://").removesuffix("/v1").split(":")
        for garbage in (
            b"\x16\x03\x01\r\n\r\n",
            b"GET\r\n\r\n",
            b"A" * 200_000,
            b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        ):
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(garbage)
        assert send(teacher, "GET", "/health")[0] == 200

    def test_leaving_the_block_frees_the_port_and_closes_open_connections(self) -> None:
        with LabTeacher(FAULTLESS) as teacher:
            host, port = teacher.url.removeprefix("http://").removesuffix("/v1").split(":")
            idle = http.client.HTTPConnection(host, int(port), timeout=5)
            idle.request("GET", "/health")
            idle.getresponse().read()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=5)
        assert idle.sock.recv(1) == b""
        idle.close()


class TestCommand:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        code = "from akd_code.cli.lab_command import command; command()"
        return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)

    def test_serve_prints_the_spec_to_use_and_answers(self) -> None:
        code = "from akd_code.cli.lab_command import command; command()"
        with subprocess.Popen([sys.executable, "-c", code, "serve"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                spec = next(word for word in process.stdout.readline().split() if word.startswith("openai:lab@"))
                url = spec.removeprefix("openai:lab@").removesuffix("/v1") + "/health"
                with urllib.request.urlopen(url, timeout=5) as response:
                    assert json.load(response) == {"status": "ok"}
            finally:
                process.terminate()

    def test_a_taken_port_and_a_bad_rate_are_one_line_errors(self, teacher: LabTeacher) -> None:
        port = teacher.url.removesuffix("/v1").rpartition(":")[2]
        for arguments, text in (
            (("--port", port), "cannot listen"),
            (("--error-base", "2"), "lab.error_base: input should be less than or equal to 1 (it is 2.0)"),
        ):
            ended = self.run("serve", *arguments)
            assert ended.returncode == 2
            assert ended.stderr.startswith("akd: error: ")
            assert text in ended.stderr
            assert ended.stderr.count("\n") == 1

    def test_the_options_default_to_the_settings(self) -> None:
        options = {option.name: option.default for option in serve.params if option.name != "port"}
        assert options == {"seed": 0, **LabSection().model_dump(exclude={"eval_per_depth", "seed_depths", "seed_skew"})}

    def test_tasks_are_shown_as_json(self) -> None:
        rows = [json.loads(line) for line in self.run("tasks", "--depth", "2", "-n", "2", "--json").stdout.splitlines()]
        assert [row["depth"] for row in rows] == [2, 2]
        assert all(row["entry_point"] in row["solution"] for row in rows)
