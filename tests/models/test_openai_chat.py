"""The OpenAI-compatible client against a real server on loopback."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion

from akd_code.models import (
    Completion,
    EndpointError,
    Message,
    MissingKeyError,
    ModelSpecError,
    RequestRefusedError,
    Sampling,
    open_model,
)
from akd_code.models.openai_chat import OpenAIChat, Retries

FAST = Retries(attempts=4, backoff_s=0.01, longest_s=0.02)
HELLO = (Message("user", "hello"),)


def client(endpoint: Endpoint, **more: Any) -> OpenAIChat:
    return OpenAIChat("big", endpoint.url, retries=more.pop("retries", FAST), **more)


def ask(model: OpenAIChat, messages: Sequence[Message] = HELLO, sampling: Sampling | None = None) -> Completion:
    async def once() -> Completion:
        try:
            return await model.complete(messages, sampling or Sampling())
        finally:
            await model.aclose()

    return asyncio.run(once())


def failing(times: int, status: int, body: Any = None, **headers: str) -> Any:
    def script(number: int, request: dict[str, Any]) -> Reply:
        if number < times:
            return Reply(
                status, body or {"error": {"message": "no"}}, {k.replace("_", "-"): v for k, v in headers.items()}
            )
        return Reply(body=completion("fine"))

    return script


def test_an_answer_comes_with_its_usage(endpoint: Endpoint) -> None:
    assert ask(client(endpoint)) == Completion("echo: hello", "stop", 7, 3, "big-1", cached=False)


def test_the_settings_are_sent_as_the_api_names_them(endpoint: Endpoint) -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=64, stop=("END",), seed=5)
    model = client(endpoint)

    async def twice() -> None:
        await model.complete(HELLO, sampling)
        await model.complete(HELLO, sampling, sample=2)
        await model.aclose()

    asyncio.run(twice())
    assert endpoint.requests[0] == {
        "model": "big",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 64,
        "stop": ["END"],
        "seed": 5,
    }
    assert endpoint.requests[1]["seed"] == 7


def test_no_seed_and_no_stop_are_sent_unless_asked_for(endpoint: Endpoint) -> None:
    ask(client(endpoint))
    assert not {"seed", "stop"} & set(endpoint.requests[0])


def test_an_answer_tells_how_many_requests_it_took_and_how_long(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, body: Reply(503 if number < 2 else 200, completion("fine"), delay_s=0.03)
    answer = ask(client(endpoint))
    assert (answer.text, answer.attempts) == ("fine", 3)
    assert answer.latency_s >= 0.09  # three replies of 0.03 s each


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_a_passing_fault_is_retried(endpoint: Endpoint, status: int) -> None:
    endpoint.script = failing(2, status)
    assert ask(client(endpoint)).text == "fine"
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_retried(endpoint: Endpoint, status: int) -> None:
    endpoint.script = failing(9, status)
    with pytest.raises(RequestRefusedError, match=f"status {status}; check"):
        ask(client(endpoint))
    assert len(endpoint.requests) == 1


def test_a_used_up_quota_is_not_retried(endpoint: Endpoint) -> None:
    endpoint.script = failing(9, 429, {"error": {"message": "quota", "code": "insufficient_quota"}})
    with pytest.raises(RequestRefusedError, match="quota is used up"):
        ask(client(endpoint))
    assert len(endpoint.requests) == 1


def test_attempts_are_bounded_and_the_error_names_url_and_reason(endpoint: Endpoint) -> None:
    endpoint.script = failing(99, 503)
    with pytest.raises(EndpointError) as caught:
        ask(client(endpoint))
    assert endpoint.url in str(caught.value)
    assert "failed 4 times, the last time: status 503" in str(caught.value)
    assert len(endpoint.requests) == 4


def test_the_wait_an_endpoint_asks_for_is_kept(endpoint: Endpoint) -> None:
    endpoint.script = failing(1, 429, Retry_After="1")
    start = time.monotonic()
    ask(client(endpoint))
    assert time.monotonic() - start >= 1.0


def test_a_wait_given_as_a_date_in_the_past_needs_no_waiting(endpoint: Endpoint) -> None:
    endpoint.script = failing(1, 503, Retry_After=formatdate(time.time() - 100, usegmt=True))
    assert ask(client(endpoint)).text == "fine"


def test_a_senseless_wait_falls_back_to_our_own(endpoint: Endpoint) -> None:
    endpoint.script = failing(1, 429, Retry_After="soon")
    assert ask(client(endpoint)).text == "fine"


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"{}", b'{"choices": []}', b"[1]", b"", b'"text"', b"null"])
def test_a_reply_that_is_not_a_completion_is_retried_then_reported(endpoint: Endpoint, body: bytes) -> None:
    endpoint.script = lambda number, request: Reply(body=body)
    with pytest.raises(EndpointError, match="not a chat completion"):
        ask(client(endpoint))
    assert len(endpoint.requests) == 4


def test_a_slow_endpoint_is_given_up_after_the_timeout(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, request: Reply(body=completion("late"), delay_s=0.5)
    with pytest.raises(EndpointError, match=r"no answer within 0.05 s"):
        ask(client(endpoint, timeout_s=0.05, retries=Retries(attempts=2, backoff_s=0.01)))


def test_an_endpoint_that_is_down_is_named(endpoint: Endpoint) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(EndpointError, match=rf"{url} failed 4 times, .*no connection.*check that the server runs"):
        ask(OpenAIChat("big", url, retries=FAST))


def test_at_most_so_many_requests_are_under_way_as_allowed(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, request: Reply(body=completion("x"), delay_s=0.02)
    model = client(endpoint, concurrency=3)

    async def many() -> None:
        await asyncio.gather(*(model.complete([Message("user", str(i))], Sampling()) for i in range(20)))
        await model.aclose()

    asyncio.run(many())
    assert len(endpoint.requests) == 20
    assert endpoint.most_under_way == 3


def test_one_client_serves_several_event_loops(endpoint: Endpoint) -> None:
    model = client(endpoint)
    for _ in range(2):
        assert asyncio.run(model.complete(HELLO, Sampling())).text == "echo: hello"


def test_a_model_that_wants_the_other_name_for_the_length_gets_it(endpoint: Endpoint) -> None:
    def script(number: int, request: dict[str, Any]) -> Reply:
        if "max_tokens" in request:
            return Reply(400, {"error": {"message": "Use 'max_completion_tokens' instead.", "param": "max_tokens"}})
        return Reply(body=completion("fine"))

    endpoint.script = script
    model = client(endpoint)

    async def many() -> list[Completion]:
        answers = await asyncio.gather(*(model.complete(HELLO, Sampling(max_tokens=9)) for _ in range(5)))
        await model.aclose()
        return answers

    assert [answer.text for answer in asyncio.run(many())] == ["fine"] * 5
    assert endpoint.requests[-1]["max_completion_tokens"] == 9


def test_an_empty_message_and_lone_surrogates_are_made_text(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, request: Reply(
        body=rb'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
        rb'"message":{"role":"assistant","content":"a\ud800b"}}]}'
    )
    assert ask(client(endpoint), [Message("user", "\udfff")]) == Completion("a?b", "stop", None, None, "m")
    endpoint.script = lambda number, request: Reply(
        body=completion("", choices=[{"index": 0, "message": {"role": "assistant", "content": None, "refusal": "No."}}])
    )
    assert ask(client(endpoint)).text == "No."


class TestKeys:
    def test_a_remote_endpoint_without_a_key_says_which_variable(self, endpoint: Endpoint) -> None:
        with pytest.raises(MissingKeyError, match="set OPENAI_API_KEY, or AKD_API_KEY"):
            open_model("openai:big")

    def test_loopback_needs_no_key_and_never_sees_the_openai_one(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
        ask(client(endpoint))
        monkeypatch.setenv("AKD_API_KEY", "sk-secret-2")
        ask(client(endpoint))
        assert endpoint.authorisations == ["Bearer none", "Bearer sk-secret-2"]

    def test_the_key_is_in_no_repr_log_or_error(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("AKD_API_KEY", "sk-secret-2")
        endpoint.script = failing(9, 401, {"error": {"message": "Incorrect API key provided: sk-secret-2"}})
        model = client(endpoint)
        with caplog.at_level(logging.DEBUG), pytest.raises(RequestRefusedError) as caught:
            ask(model)
        assert "***" in str(caught.value)
        assert "sk-secret-2" not in str(caught.value) + repr(model) + caplog.text

    def test_a_key_pasted_with_a_line_break_is_sent_without_it(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AKD_API_KEY", "sk-secret-2\n")
        ask(client(endpoint))
        assert endpoint.authorisations == ["Bearer sk-secret-2"]

    def test_a_password_in_the_url_is_refused(self) -> None:
        with pytest.raises(ModelSpecError, match="holds a password"):
            OpenAIChat("big", "http://me:pw@127.0.0.1:1/v1")


def test_no_proxy_comes_between_us_and_loopback(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert ask(client(endpoint)).text == "echo: hello"
