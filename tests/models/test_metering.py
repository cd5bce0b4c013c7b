"""What is counted, and what goes into the ledger, of the calls to a model."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion

from akd_code.models import (
    AnswerCache,
    CachedChat,
    Completion,
    EndpointError,
    Message,
    MeteredChat,
    RecordedChat,
    RequestRefusedError,
    Sampling,
    Usage,
    UsageMeter,
)
from akd_code.models.openai_chat import OpenAIChat, Retries
from akd_code.recipe import PriceSection
from akd_code.records import PaidCall

HELLO = (Message("user", "hello"),)
FAST = Retries(attempts=3, backoff_s=0.01, longest_s=0.02)
PRICE = PriceSection(prompt=2.0, completion=8.0)


def recorded(tmp_path: Path, **usage: int) -> RecordedChat:
    path = tmp_path / "recorded.jsonl"
    path.write_text(json.dumps({"prompt": "hello", "response": "hi", "usage": usage}) + "\n")
    return RecordedChat(path, endpoint="past")


def stack(model: Any, tmp_path: Path, meter: UsageMeter) -> CachedChat:
    return CachedChat(MeteredChat(model, meter), AnswerCache(tmp_path / "c.db"), meter)


def ask(model: Any, times: int = 1) -> list[Completion]:
    async def run() -> list[Completion]:
        try:
            return [await model.complete(HELLO, Sampling()) for _ in range(times)]
        finally:
            await model.aclose()

    return asyncio.run(run())


def test_paid_and_cached_calls_are_counted_apart(tmp_path: Path) -> None:
    meter = UsageMeter("teacher", PRICE)
    ask(stack(recorded(tmp_path, prompt_tokens=1000, completion_tokens=500), tmp_path, meter), 3)
    usage = meter.usage
    assert (usage.calls, usage.cached_calls, usage.failed_calls) == (1, 2, 0)
    assert (usage.prompt_tokens, usage.completion_tokens) == (1000, 500)
    assert (usage.cached_prompt_tokens, usage.cached_completion_tokens) == (2000, 1000)
    assert usage.cost_usd == pytest.approx(0.006)  # 1000 x 2 / 1e6 + 500 x 8 / 1e6


def test_an_unknown_price_is_none(tmp_path: Path) -> None:
    meter = UsageMeter("teacher")
    ask(MeteredChat(recorded(tmp_path, prompt_tokens=1, completion_tokens=1), meter))
    assert meter.usage.cost_usd is None


def test_a_call_without_token_counts_makes_the_cost_unknown(tmp_path: Path) -> None:
    calls: list[PaidCall] = []
    meter = UsageMeter("teacher", PRICE, calls.append)
    assert meter.usage.cost_usd == 0.0
    ask(MeteredChat(recorded(tmp_path), meter))
    assert (meter.usage.unmetered_calls, meter.usage.cost_usd) == (1, None)
    assert (calls[0].prompt_tokens, calls[0].completion_tokens, calls[0].cost_usd) == (None, None, None)


def test_an_answer_is_one_row_with_its_attempts_latency_and_price_and_a_cached_one_is_none(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.script = lambda number, body: Reply(503, {}) if number < 2 else Reply(body=completion("hi"), delay_s=0.05)
    calls: list[PaidCall] = []
    meter = UsageMeter("teacher", PRICE, calls.append)
    first, second = ask(stack(OpenAIChat("big", endpoint.url, retries=FAST), tmp_path, meter), 2)
    assert (first.attempts, second.cached) == (3, True)
    (call,) = calls
    assert (call.role, call.model, call.endpoint) == ("teacher", "big", endpoint.url)
    assert (call.prompt_tokens, call.completion_tokens) == (7, 3)
    assert call.cost_usd == pytest.approx(38e-6)  # 7 x 2 / 1e6 + 3 x 8 / 1e6
    assert (call.attempts, call.finish_reason) == (3, "stop")
    assert call.latency_s >= 0.05
    assert (meter.usage.calls, meter.usage.retried_attempts) == (1, 2)


def test_an_answer_cut_by_length_is_counted(endpoint: Endpoint, tmp_path: Path) -> None:
    cut = [{"index": 0, "message": {"role": "assistant", "content": "hal"}, "finish_reason": "length"}]
    endpoint.script = lambda number, body: Reply(body=completion("", choices=cut))
    meter = UsageMeter("teacher")
    ask(stack(OpenAIChat("big", endpoint.url), tmp_path, meter))
    assert meter.usage.as_json()["cut_answers"] == 1


@pytest.mark.parametrize(
    ("status", "error", "reason", "attempts"),
    [(400, RequestRefusedError, "refused", 1), (503, EndpointError, "failed", 3)],
)
def test_a_request_that_is_lost_is_a_row_too(
    endpoint: Endpoint, tmp_path: Path, status: int, error: type[Exception], reason: str, attempts: int
) -> None:
    endpoint.script = lambda number, body: Reply(status, {"error": {"message": "no"}})
    calls: list[PaidCall] = []
    meter = UsageMeter("judge", PRICE, calls.append)
    with pytest.raises(error):
        ask(stack(OpenAIChat("big", endpoint.url, retries=FAST), tmp_path, meter))
    (call,) = calls
    assert (call.role, call.finish_reason, call.attempts) == ("judge", reason, attempts)
    assert (call.prompt_tokens, call.cost_usd) == (None, None)
    usage = meter.usage
    assert (usage.refused_calls, usage.failed_calls) == ((1, 0) if reason == "refused" else (0, 1))
    assert (usage.calls, usage.retried_attempts) == (0, attempts - 1)


class _Answers:
    name, endpoint = "m", "e"

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        return Completion("hi", "stop", 1, 1, "m")

    async def aclose(self) -> None:
        return


def test_a_paid_answer_is_in_the_ledger_before_it_is_in_the_cache(tmp_path: Path) -> None:
    cached_when_recorded: list[int] = []

    def record(call: PaidCall) -> None:
        with sqlite3.connect(tmp_path / "c.db") as db:
            cached_when_recorded.append(db.execute("SELECT count(*) FROM answers").fetchone()[0])

    ask(stack(_Answers(), tmp_path, UsageMeter("teacher", record=record)))
    assert cached_when_recorded == [0]
    assert len(AnswerCache(tmp_path / "c.db")) == 1


def test_a_meter_that_saw_nothing_says_so() -> None:
    assert UsageMeter("teacher").usage == Usage()
