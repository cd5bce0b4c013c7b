"""What endpoints put into their replies: parts, reasoning alone, errors with status 200, refusals, waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion, embeddings

from akd_code.models import (
    REASONING_ONLY,
    Completion,
    EndpointEmbeddings,
    EndpointError,
    Message,
    ModelError,
    PromptRefusedError,
    RequestRefusedError,
    Retries,
    Sampling,
)
from akd_code.models import Endpoint as Client
from akd_code.models.openai_chat import OpenAIChat
from akd_code.models.patience import retry_after_s

FAST = Retries(attempts=3, backoff_s=0.01, longest_s=0.02)


def ask(endpoint: Endpoint, continued: bool = False, **more: Any) -> Completion:
    model = OpenAIChat("big", endpoint.url, **{"retries": FAST, **more})

    async def once() -> Completion:
        try:
            if continued:
                return await model.continued("def f", Sampling())
            return await model.complete([Message("user", "hello")], Sampling())
        finally:
            await model.aclose()

    return asyncio.run(once())


def message(reason: str | None = "stop", **fields: Any) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": reason}
    return Reply(body=completion("", choices=[choice]))


def answering(endpoint: Endpoint, *replies: Reply) -> None:
    """Give the replies in turn, the last one again and again."""
    endpoint.script = lambda number, body: replies[min(number, len(replies) - 1)]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "def f"}, {"type": "text", "text": "(): pass"}], "def f(): pass"),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "x"}], "x"),
        ([{"type": "output_text", "text": "x"}], "x"),
        (["a", "b"], "ab"),
        ({"type": "text", "text": "x"}, "x"),
        ([{"text": "x"}], "x"),
    ],
)
def test_content_in_parts_is_joined(endpoint: Endpoint, content: Any, text: str) -> None:
    answering(endpoint, message(content=content))
    answer = ask(endpoint)
    assert (answer.text, answer.finish_reason) == (text, "stop")


@pytest.mark.parametrize(
    "fields",
    [
        {"content": None, "reasoning_content": "Let me think: def f"},
        {"content": None, "reasoning": "Let me think"},
        {"content": "", "reasoning_content": "Let me think"},
        {"content": " \n", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"content": [{"type": "thinking", "thinking": "hm"}]},
    ],
)
def test_an_answer_of_nothing_but_reasoning_says_so(endpoint: Endpoint, fields: dict[str, Any]) -> None:
    answering(endpoint, message(**fields))
    answer = ask(endpoint)
    assert (answer.text.strip(), answer.finish_reason) == ("", REASONING_ONLY)
    answering(endpoint, message("length", **fields))
    assert ask(endpoint).finish_reason == "length"


def test_reasoning_beside_an_answer_is_no_part_of_it(endpoint: Endpoint) -> None:
    answering(endpoint, message(content="def f(): pass", reasoning_content="hm"))
    answer = ask(endpoint)
    assert (answer.text, answer.finish_reason) == ("def f(): pass", "stop")


BROKEN = [
    {"error": {"message": "Provider overloaded", "code": 502}},
    {"error": "Provider overloaded"},
    {"error": {"message": "Provider returned error", "metadata": {"raw": "Provider overloaded"}}, "choices": []},
    {"detail": "Provider overloaded"},
    {"object": "error", "message": "Provider overloaded"},
    completion("half", choices=[{"index": 0, "finish_reason": "error", "error": {"message": "Provider overloaded"}}]),
]


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("continued", [False, True])
def test_an_error_with_status_200_is_asked_again_then_shown_in_the_providers_words(
    endpoint: Endpoint, body: Any, continued: bool
) -> None:
    good = completion("fine", choices=[{"index": 0, "text": "fine", "finish_reason": "stop",
                                        "message": {"role": "assistant", "content": "fine"}}])  # fmt: skip
    answering(endpoint, Reply(body=body), Reply(body=good))
    assert (ask(endpoint, continued).text, len(endpoint.requests)) == ("fine", 2)
    answering(endpoint, Reply(body=body))
    with pytest.raises(EndpointError, match=r"failed 3 times.*Provider overloaded"):
        ask(endpoint, continued)


def test_an_answer_that_ended_in_an_error_is_no_answer(endpoint: Endpoint) -> None:
    answering(endpoint, message("error", content="def f(): re"), message(content="fine"))
    assert ask(endpoint).text == "fine"


def test_embeddings_show_an_error_with_status_200_too(endpoint: Endpoint) -> None:
    answering(endpoint, Reply(body=BROKEN[0]))
    with pytest.raises(EndpointError, match="Provider overloaded"):
        asyncio.run(EndpointEmbeddings("tiny", Client(endpoint.url, retries=FAST)).embed(["a"]))
    answering(endpoint, Reply(body=BROKEN[0]), *[Reply(body=embeddings(["a"]))] * 9)
    endpoint.requests.clear()
    asyncio.run(EndpointEmbeddings("tiny", Client(endpoint.url, retries=FAST)).embed(["a"]))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "messages: too odd"}, "messages: too odd"),
        ({"detail": [{"loc": ["body", "messages", 0], "msg": "Input should be text", "type": "t"}]},
         "body.messages.0: Input should be text"),
        ({"detail": [{"loc": ["body", "a"], "msg": "odd"}, {"loc": ["body", "b"], "msg": "even"}]},
         "body.a: odd; body.b: even"),
        ({"errors": [{"message": "too odd"}]}, "too odd"),
        ({"detail": {"message": "too odd"}}, "too odd"),
        ({"error": "too odd"}, "too odd"),
        (b"<html><head><style>b {}</style></head><body><h1>too</h1>\n odd</body></html>", "too odd"),
        (b"", "it does not say why"),
    ],
)  # fmt: skip
def test_a_refusal_is_shown_in_the_endpoints_own_words(endpoint: Endpoint, body: Any, words: str) -> None:
    answering(endpoint, Reply(422, body))
    with pytest.raises(RequestRefusedError) as caught:
        ask(endpoint)
    assert str(caught.value).endswith(f"({words})")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"code": "content_filter", "message": "The response was filtered"}}),
        (400, {"error": {"message": "Your request was rejected by our safety system"}}),
        (403, {"error": {"message": "openai/big requires moderation. Your input was flagged for violence"}}),
        (400, {"error": {"message": "This model's maximum context length is 4096 tokens. However, you requested 5000 "
                                    "tokens (4000 in the messages, 1000 in the completion)."}}),
        (400, {"message": "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context "
                          "length is 2048 tokens and your request has 1500 input tokens"}),
        (413, b"Payload Too Large"),
        (400, {"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}),
        (422, {"detail": "the first message is odd"}),
        (400, {}),
        (451, {"error": "unavailable"}),
        (200, {"error": {"code": 400, "message": "Content policy violation"}}),
        (200, completion("half", choices=[{"index": 0, "finish_reason": "content_filter",
                                           "message": {"role": "assistant", "content": "half"}}])),
    ],
)  # fmt: skip
def test_what_concerns_one_prompt_says_so_at_once(endpoint: Endpoint, status: int, body: Any) -> None:
    answering(endpoint, Reply(status, body))
    with pytest.raises(PromptRefusedError) as caught:
        ask(endpoint)
    assert (len(endpoint.requests), caught.value.attempts) == (1, 1)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": {"message": "flagged as harmful"}}),
        (402, {"error": {"message": "Insufficient credits"}}),
        (403, {"error": {"message": "not yours"}}),
        (404, {"error": {"message": "The model `big` does not exist", "code": "model_not_found"}}),
        (400, {"error": {"message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}),
        (400, {"error": {"message": "Your credit balance is too low to access the API"}}),
        (400, {"error": {"message": "big is not a valid model ID", "code": "model_not_found"}}),
        (400, {"error": {"message": "Invalid model name passed in model=big"}}),
        (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
    ],
)
def test_what_concerns_every_prompt_is_no_refusal_of_one(endpoint: Endpoint, status: int, body: Any) -> None:
    answering(endpoint, Reply(status, body))
    with pytest.raises(RequestRefusedError) as caught:
        ask(endpoint)
    assert not isinstance(caught.value, PromptRefusedError)
    assert len(endpoint.requests) == 1


class TestWaits:
    def test_a_long_wait_says_what_for_and_how_long(self, endpoint: Endpoint) -> None:
        answering(endpoint, Reply(429, {"error": {"message": "slow down"}}, {"Retry-After": "6"}), message(content="x"))
        notes: list[str] = []
        model = OpenAIChat("big", endpoint.url, notice=notes.append)

        async def given_up() -> None:
            asked = [asyncio.create_task(model.complete([Message("user", str(i))], Sampling())) for i in range(4)]
            while not notes:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)  # the others have nothing to add
            for one in asked:
                one.cancel()
            await model.aclose()

        asyncio.run(asyncio.wait_for(given_up(), 5))
        assert notes == [f"waiting 6 s for {endpoint.url} (status 429: slow down)"]

    def test_a_short_wait_is_no_news(self, endpoint: Endpoint) -> None:
        answering(endpoint, Reply(503, {"error": "busy"}), message(content="x"))
        notes: list[str] = []
        ask(endpoint, notice=notes.append)
        assert notes == []

    def test_a_wait_is_told_as_seconds_milliseconds_or_a_date(self) -> None:
        assert retry_after_s({"retry-after": "7"}) == 7.0
        assert retry_after_s({"retry-after": " 1.5 "}) == 1.5
        assert retry_after_s({"retry-after-ms": "250"}) == 0.25
        later = datetime.now(UTC) + timedelta(seconds=100)
        for form in ("%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S -0000", "%a, %d %b %Y %H:%M:%S +0000"):
            told = retry_after_s({"retry-after": later.strftime(form)})
            assert told is not None
            assert 90 < told <= 100
        assert retry_after_s({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0

    @pytest.mark.parametrize("value", ["", "soon", "-5", "²", "Wed, 99 Foo 2015", "nan"])
    def test_what_tells_no_wait_is_none(self, value: str) -> None:
        assert retry_after_s({"retry-after": value}) is None


class TestCircuit:
    def test_ten_failures_in_a_row_end_it_for_everybody(self, endpoint: Endpoint) -> None:
        endpoint.script = lambda number, body: Reply(500, {"error": {"message": "out of order"}})
        model = OpenAIChat("big", endpoint.url, concurrency=4, retries=Retries(attempts=6, backoff_s=0.01))

        async def all_of_them() -> list[Any]:
            work = [model.complete([Message("user", str(i))], Sampling()) for i in range(200)]
            results = await asyncio.gather(*work, return_exceptions=True)
            await model.aclose()
            return results

        results = asyncio.run(asyncio.wait_for(all_of_them(), 30))
        assert all(isinstance(one, EndpointError) for one in results)
        assert "times in a row, the last time: status 500: out of order; nothing more is asked" in str(results[-1])
        assert 10 <= len(endpoint.requests) <= 14  # those under way when the tenth failed

    def test_a_moment_in_which_all_fail_together_ends_nothing(self, endpoint: Endpoint) -> None:
        seen: set[str] = set()

        def script(number: int, body: dict[str, Any]) -> Reply:
            asked = body["messages"][-1]["content"]
            if asked in seen:
                return Reply(body=completion("fine"))
            seen.add(asked)
            return Reply(503, {"error": "busy"}, delay_s=0.05)

        endpoint.script = script
        model = OpenAIChat("big", endpoint.url, concurrency=16, retries=Retries(attempts=6, backoff_s=0.01))

        async def all_of_them() -> list[Completion]:
            work = [model.complete([Message("user", str(i))], Sampling()) for i in range(16)]
            answers = await asyncio.gather(*work)
            await model.aclose()
            return answers

        assert {answer.text for answer in asyncio.run(all_of_them())} == {"fine"}

    def test_an_answer_in_between_starts_the_count_anew(self, endpoint: Endpoint) -> None:
        endpoint.script = lambda number, body: (
            Reply(body=completion("fine")) if number % 4 == 3 else Reply(500, {"error": "odd"})
        )
        model = OpenAIChat("big", endpoint.url, concurrency=1, retries=Retries(attempts=4, backoff_s=0.001))

        async def all_of_them() -> None:
            for i in range(8):
                await model.complete([Message("user", str(i))], Sampling())
            await model.aclose()

        asyncio.run(all_of_them())
        assert len(endpoint.requests) == 32

    def test_a_refused_prompt_shows_that_the_endpoint_lives(self, endpoint: Endpoint) -> None:
        endpoint.script = lambda number, body: Reply(400 if number % 4 == 3 else 500, {"error": "odd"})
        model = OpenAIChat("big", endpoint.url, concurrency=1, retries=Retries(attempts=4, backoff_s=0.001))

        async def all_of_them() -> list[type]:
            kinds = []
            for i in range(6):
                try:
                    await model.complete([Message("user", str(i))], Sampling())
                except ModelError as error:
                    kinds.append(type(error))
            await model.aclose()
            return kinds

        assert asyncio.run(all_of_them()) == [PromptRefusedError] * 6

    def test_too_many_requests_are_no_failure_of_the_endpoint(self, endpoint: Endpoint) -> None:
        endpoint.script = lambda number, body: Reply(429, {"error": "slow"}, {"Retry-After": "0"})
        with pytest.raises(EndpointError, match="failed 12 times, the last time: status 429"):
            ask(endpoint, retries=Retries(attempts=12))
