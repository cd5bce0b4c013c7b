"""Embeddings go through the same client, cache and ledger as answers: a real server on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from loopback_endpoint import Endpoint, Reply, embeddings

from akd_code.models import AnswerCache, EndpointEmbeddings, EndpointError, RequestRefusedError, Retries, UsageMeter
from akd_code.models import Endpoint as Client
from akd_code.recipe import PriceSection
from akd_code.records import PaidCall

FAST = Retries(attempts=3, backoff_s=0.01, longest_s=0.02)


@pytest.fixture
def served(endpoint: Endpoint) -> Endpoint:
    endpoint.script = lambda number, body: Reply(body=embeddings(body["input"]))
    return endpoint


def opened(endpoint: Endpoint, cache: AnswerCache | None = None, meter: UsageMeter | None = None) -> EndpointEmbeddings:
    return EndpointEmbeddings("tiny", Client(endpoint.url, retries=FAST), cache=cache, meter=meter)


def embed(model: EndpointEmbeddings, *texts: str) -> list[list[float]]:
    async def run() -> list[list[float]]:
        try:
            return [list(vector) for vector in await model.embed(texts)]
        finally:
            await model.aclose()

    return asyncio.run(run())


def test_vectors_come_in_the_order_of_the_texts_and_equal_texts_are_sent_once(served: Endpoint) -> None:
    assert embed(opened(served), "abc", "ab", "abc") == [[3, 1], [2, 1], [3, 1]]
    assert [request["input"] for request in served.requests] == [["abc", "ab"]]


def test_an_empty_text_is_sent_as_a_space(served: Endpoint) -> None:
    assert embed(opened(served), "") == [[1, 1]]
    assert served.requests[0]["input"] == [" "]


def test_each_text_is_cached_on_its_own_even_across_sessions(served: Endpoint, tmp_path: Path) -> None:
    embed(opened(served, AnswerCache(tmp_path / "c.db")), "abc", "ab")
    assert embed(opened(served, AnswerCache(tmp_path / "c.db")), "ab", "x", "abc") == [[2, 1], [1, 1], [3, 1]]
    assert [request["input"] for request in served.requests] == [["abc", "ab"], ["x"]]


def test_a_text_under_way_is_waited_for(served: Endpoint, tmp_path: Path) -> None:
    served.script = lambda number, body: Reply(body=embeddings(body["input"]), delay_s=0.05)
    model = opened(served, AnswerCache(tmp_path / "c.db"))

    async def both() -> None:
        one, other = await asyncio.gather(model.embed(["abc", "ab"]), model.embed(["ab"]))
        assert one[1] == [2, 1]
        assert list(other[0]) == [2, 1]
        await model.aclose()

    asyncio.run(both())
    assert [request["input"] for request in served.requests] == [["abc", "ab"]]


def test_a_request_is_one_row_of_the_ledger_and_a_cached_text_is_none(served: Endpoint, tmp_path: Path) -> None:
    calls: list[PaidCall] = []
    meter = UsageMeter("embedder", PriceSection(prompt=2.0, completion=0.0), calls.append)
    model = opened(served, AnswerCache(tmp_path / "c.db"), meter)
    embed(model, "abc", "ab")
    embed(model, "abc")
    (call,) = calls
    assert (call.role, call.model, call.endpoint, call.finish_reason) == ("embedder", "tiny", served.url, "stop")
    assert (call.prompt_tokens, call.completion_tokens, call.attempts) == (4, 0, 1)
    assert call.cost_usd == pytest.approx(8e-6)  # 4 x 2 / 1e6
    usage = meter.usage
    assert (usage.calls, usage.cached_calls, usage.cost_usd) == (1, 1, pytest.approx(8e-6))


def test_a_passing_fault_is_retried_and_counted(served: Endpoint) -> None:
    served.script = lambda number, body: Reply(429 if number == 0 else 200, embeddings(body["input"]))
    meter = UsageMeter("embedder")
    assert embed(opened(served, meter=meter), "abc") == [[3, 1]]
    assert meter.usage.retried_attempts == 1


def test_a_refusal_is_one_line_that_names_the_url_and_a_row(served: Endpoint) -> None:
    served.script = lambda number, body: Reply(404, {"error": {"message": "no such model"}})
    calls: list[PaidCall] = []
    with pytest.raises(RequestRefusedError, match=rf"{served.url} refused .*the model's name 'tiny'"):
        embed(opened(served, meter=UsageMeter("embedder", record=calls.append)), "abc")
    assert [call.finish_reason for call in calls] == ["refused"]


def filtered(body: dict[str, list[str]]) -> Reply:
    """Refuses a request for one text of it that speaks of weapons, as content filters do."""
    if any("weapon" in text for text in body["input"]):
        return Reply(400, {"error": {"code": "content_filter", "message": "The input was filtered"}})
    return Reply(body=embeddings(body["input"]))


def test_a_text_that_is_refused_is_zeros_and_does_not_take_the_others_with_it(served: Endpoint, tmp_path: Path) -> None:
    served.script = lambda number, body: filtered(body)
    model = opened(served, AnswerCache(tmp_path / "c.db"))
    assert embed(model, "abc", "a weapon", "ab", "x") == [[3, 1], [0, 0], [2, 1], [1, 1]]
    asked = len(served.requests)
    assert embed(model, "a weapon", "ab") == [[0, 0], [2, 1]]
    assert len(served.requests) == asked


def test_the_first_text_may_be_the_one_that_is_refused(served: Endpoint) -> None:
    served.script = lambda number, body: filtered(body)
    assert embed(opened(served), "a weapon") == [[0, 0]]


def test_an_endpoint_that_refuses_everything_is_an_error(served: Endpoint) -> None:
    served.script = lambda number, body: Reply(400, {"error": {"code": "content_filter", "message": "filtered"}})
    with pytest.raises(RequestRefusedError, match="filtered"):
        embed(opened(served), "abc", "ab")
    assert len(served.requests) == 3  # both texts, the first alone, a harmless one


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"data": []}',
        b'{"data": [{"index": 0, "embedding": "AAAA"}]}',
        b'{"data": [{"index": 0, "embedding": [null]}]}',
        b'{"data": [{"index": 1, "embedding": [1.0]}]}',
        b'{"data": [{"index": 0, "embedding": [NaN]}]}',
        b'{"data": [{"index": 0, "embedding": [1e39]}]}',
    ],
)
def test_a_reply_without_a_vector_for_each_text_is_an_error(served: Endpoint, body: bytes) -> None:
    served.script = lambda number, request: Reply(body=body)
    with pytest.raises(EndpointError, match="its reply is not a list of embeddings"):
        embed(opened(served), "abc")
    assert len(served.requests) == 3


def test_vectors_of_several_lengths_are_an_error(served: Endpoint) -> None:
    rows = [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]
    served.script = lambda number, request: Reply(body={"data": rows})
    with pytest.raises(EndpointError, match="not a list of embeddings"):
        embed(opened(served), "a", "b")


def test_loopback_never_sees_the_openai_key_and_sees_our_own(served: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    embed(opened(served), "a")
    monkeypatch.setenv("AKD_API_KEY", "sk-secret-2")
    embed(opened(served), "a")
    assert served.authorisations == ["Bearer none", "Bearer sk-secret-2"]


def test_the_key_is_in_no_error(served: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_API_KEY", "sk-secret-2")
    served.script = lambda number, body: Reply(401, {"error": {"message": "Incorrect API key provided: sk-secret-2"}})
    with pytest.raises(RequestRefusedError) as caught:
        embed(opened(served), "a")
    assert "***" in str(caught.value)
    assert "sk-secret-2" not in str(caught.value)
