"""What endpoints refuse in a request, and what they want in one beside the conversation: each habit was seen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion, embeddings

from akd_code.models import (
    AnswerCache,
    CachedChat,
    Completion,
    EndpointEmbeddings,
    Extras,
    Message,
    MissingKeyError,
    ModelSpecError,
    PromptRefusedError,
    RequestRefusedError,
    Retries,
    Sampling,
    open_model,
)
from akd_code.models import Endpoint as Client
from akd_code.models.openai_chat import OpenAIChat

HELLO = (Message("user", "hello"),)
ALL = Sampling(temperature=0.7, top_p=0.9, max_tokens=64, stop=("END",), seed=5)
FAST = Retries(attempts=3, backoff_s=0.01, longest_s=0.02)


def ask(model: OpenAIChat, sampling: Sampling = ALL, times: int = 1) -> list[Completion]:
    async def all_of_them() -> list[Completion]:
        answers = [await model.complete(HELLO, sampling, sample=sample) for sample in range(times)]
        await model.aclose()
        return answers

    return asyncio.run(all_of_them())


def refusing(field: str, status: int, body: Any) -> Any:
    """Answer everything but requests with a field, as an endpoint that does not know it does."""
    return lambda number, request: Reply(status, body) if field in request else Reply(body=completion("fine"))


def detail(field: str) -> dict[str, Any]:
    """FastAPI's refusal of an extra field, Mistral's for one."""
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted"}]}


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("field", "status", "body"),
    [
        ("seed", 422, detail("seed")),
        ("seed", 400, error("Unrecognized request argument supplied: seed")),
        ("seed", 400, {"message": "property 'seed' is unsupported", "type": "invalid_request_error"}),
        ("seed", 422, {"detail": "unknown field `seed`"}),
        ("seed", 400, b"Unknown parameter: seed"),
        ("top_p", 400, error("`temperature` and `top_p` cannot both be specified. Please use only one.")),
        ("temperature", 400, error("Unsupported value: 'temperature' does not support 0.7 with this model. Only the "
                                   "default (1) value is supported.", param="temperature")),
        ("stop", 400, error("Unsupported parameter: 'stop' is not supported with this model.", param="stop")),
        ("stop", 422, detail("stop")),
    ],
)  # fmt: skip
def test_a_setting_that_the_endpoint_does_not_take_is_left_out_from_then_on_and_said_once(
    endpoint: Endpoint, field: str, status: int, body: Any
) -> None:
    endpoint.script = refusing(field, status, body)
    said: list[str] = []
    answers = ask(OpenAIChat("big", endpoint.url, notice=said.append), times=3)
    assert [answer.text for answer in answers] == ["fine"] * 3
    assert [field in request for request in endpoint.requests] == [True, False, False, False]
    assert len(endpoint.requests[-1]) == len(endpoint.requests[0]) - 1
    (line,) = said
    assert f"does not take '{field}': it is left out from now on" in line


def test_several_settings_are_left_out_one_after_the_other(endpoint: Endpoint) -> None:
    def script(number: int, request: dict[str, Any]) -> Reply:
        wrong = next((name for name in ("seed", "stop", "top_p", "temperature") if name in request), None)
        return Reply(422, detail(wrong)) if wrong else Reply(body=completion("fine"))

    endpoint.script = script
    (answer,) = ask(OpenAIChat("big", endpoint.url, retries=Retries(attempts=1)))
    assert (answer.text, answer.attempts) == ("fine", 5)
    assert set(endpoint.requests[-1]) == {"model", "messages", "max_tokens"}


def test_an_endpoint_that_takes_no_length_under_either_name_gets_none(endpoint: Endpoint) -> None:
    def script(number: int, request: dict[str, Any]) -> Reply:
        wrong = next((name for name in ("max_tokens", "max_completion_tokens") if name in request), None)
        return Reply(422, detail(wrong)) if wrong else Reply(body=completion("fine"))

    endpoint.script = script
    assert ask(OpenAIChat("big", endpoint.url))[0].text == "fine"
    assert ["max_completion_tokens" in request for request in endpoint.requests] == [False, True, False]


def test_a_value_out_of_its_range_is_not_silently_another(endpoint: Endpoint) -> None:
    endpoint.script = refusing("temperature", 400, error("temperature must be at most 1", param="temperature"))
    with pytest.raises(RequestRefusedError, match="temperature must be at most 1") as caught:
        ask(OpenAIChat("big", endpoint.url))
    assert not isinstance(caught.value, PromptRefusedError)
    assert len(endpoint.requests) == 1


def test_a_prompt_about_temperature_that_is_refused_leaves_the_temperature_alone(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, request: Reply(400, error("cannot read 'convert a temperature, then stop'"))
    with pytest.raises(PromptRefusedError):
        ask(OpenAIChat("big", endpoint.url))
    assert len(endpoint.requests) == 1


def test_the_cache_keeps_what_was_asked_whatever_the_endpoint_took(endpoint: Endpoint, tmp_path: Any) -> None:
    endpoint.script = refusing("seed", 422, detail("seed"))

    async def twice() -> list[Completion]:
        cache = AnswerCache(tmp_path / "answers.db")
        answers = []
        for _ in range(2):  # a new client has to learn anew, but for what is in the cache
            model = CachedChat(OpenAIChat("big", endpoint.url), cache)
            answers.append(await model.complete(HELLO, ALL))
            await model.aclose()
        cache.close()
        return answers

    assert [answer.cached for answer in asyncio.run(twice())] == [False, True]
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("field", ["temperature", "top_p", "max_tokens", "seed"])
def test_a_setting_that_is_none_is_not_sent(endpoint: Endpoint, field: str) -> None:
    settings = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 64, "seed": 5, field: None}
    ask(OpenAIChat("big", endpoint.url), Sampling(**settings))  # type: ignore[arg-type]
    assert field not in endpoint.requests[0]
    assert len(endpoint.requests[0]) == 5


def test_embeddings_do_without_the_format_where_it_is_refused(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, request: (
        Reply(422, detail("encoding_format")) if "encoding_format" in request else Reply(body=embeddings(["a"]))
    )
    vectors = asyncio.run(EndpointEmbeddings("tiny", Client(endpoint.url)).embed(["a"]))
    assert [list(vector) for vector in vectors] == [[1, 1.0]]


class TestExtras:
    def test_body_headers_and_query_go_with_every_request(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MY_TOKEN", "tok-1\n")
        extras = Extras(
            {"top_k": 5, "chat_template_kwargs": {"enable_thinking": False}},
            {"X-Team": "a b", "api-key": "${MY_TOKEN}"},
            {"api-version": "2024-10-21"},
        )
        ask(OpenAIChat("big", endpoint.url, extras=extras))
        assert endpoint.requests[0]["top_k"] == 5
        assert endpoint.requests[0]["chat_template_kwargs"] == {"enable_thinking": False}
        assert (endpoint.headers[0]["x-team"], endpoint.headers[0]["api-key"]) == ("a b", "tok-1")
        assert endpoint.paths[0] == "/v1/chat/completions?api-version=2024-10-21"

    def test_embeddings_take_them_too(self, endpoint: Endpoint) -> None:
        endpoint.script = lambda number, request: Reply(body=embeddings(request["input"]))
        server = Client(endpoint.url, extras=Extras({"dimensions": 2}, {"X-Team": "a"}, {"v": "1"}))
        asyncio.run(EndpointEmbeddings("tiny", server).embed(["a"]))
        assert endpoint.requests[0]["dimensions"] == 2
        assert (endpoint.headers[0]["x-team"], endpoint.paths[0]) == ("a", "/v1/embeddings?v=1")

    def test_the_query_of_a_url_stays_where_it_belongs(self, endpoint: Endpoint) -> None:
        place = f"{endpoint.url.removesuffix('/v1')}/openai/deployments/big?api-version=2024-10-21"
        model = open_model(f"openai:big@{place}")
        assert isinstance(model, OpenAIChat)
        ask(model)
        assert endpoint.paths[0] == "/openai/deployments/big/chat/completions?api-version=2024-10-21"
        assert model.endpoint.endswith("/openai/deployments/big")

    def test_another_body_is_another_request_in_the_cache_and_headers_are_not(self, endpoint: Endpoint) -> None:
        plain = OpenAIChat("big", endpoint.url)
        assert plain.endpoint == endpoint.url
        assert OpenAIChat("big", endpoint.url, extras=Extras(headers={"X-Team": "a"})).endpoint == endpoint.url
        assert (
            OpenAIChat("big", endpoint.url, extras=Extras({"b": 1, "a": 2})).endpoint == endpoint.url + ' {"a":2,"b":1}'
        )

    @pytest.mark.parametrize("field", ["messages", "model", "stream", "n"])
    def test_what_every_request_brings_itself_cannot_be_replaced(self, field: str) -> None:
        with pytest.raises(ModelSpecError, match=f"extra_body cannot set '{field}'"):
            Extras({field: True})

    @pytest.mark.parametrize("name", ["", "a b", "a:", "é"])
    def test_what_is_not_the_name_of_a_header_is_refused(self, name: str) -> None:
        with pytest.raises(ModelSpecError, match="not the name of a header"):
            Extras(headers={name: "x"})

    def test_a_variable_that_is_not_set_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MY_TOKEN", raising=False)
        with pytest.raises(MissingKeyError, match="the header api-key takes its value from MY_TOKEN, which is not set"):
            OpenAIChat("big", "https://h.example/v1", extras=Extras(headers={"api-key": "${MY_TOKEN}"}))

    def test_a_header_that_is_a_key_stands_for_the_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in ("AKD_API_KEY", "OPENAI_API_KEY"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("MY_TOKEN", "tok-1")
        OpenAIChat("big", "https://h.example/v1", extras=Extras(headers={"api-key": "${MY_TOKEN}"}))

    @pytest.mark.parametrize("spec", ["hf:some/where", "recorded:answers.jsonl"])
    def test_a_model_without_requests_takes_none(self, spec: str) -> None:
        with pytest.raises(ModelSpecError, match="is not behind an endpoint"):
            open_model(spec, extras=Extras({"top_k": 1}))


@pytest.mark.parametrize(
    ("path", "status", "hinted"),
    [("", 404, True), ("/api", 404, True), ("", 405, True), ("/v1", 404, False), ("/v1beta/openai", 404, False)],
)
def test_a_base_path_without_a_version_is_hinted_at(endpoint: Endpoint, path: str, status: int, hinted: bool) -> None:
    endpoint.script = lambda number, request: Reply(status, {"detail": "Not Found"})
    url = endpoint.url.removesuffix("/v1") + path
    with pytest.raises(RequestRefusedError, match=f"status {status}; check the URL") as caught:
        ask(OpenAIChat("big", url))
    assert (f"most servers want the path /v1 at the end: {url}/v1" in str(caught.value)) is hinted


def test_a_page_instead_of_an_answer_hints_at_the_base_path_too(endpoint: Endpoint) -> None:
    endpoint.script = lambda number, request: Reply(body=b"<!doctype html><html><title>Web UI</title></html>")
    with pytest.raises(Exception, match=r"not a chat completion .*most servers want the path /v1"):
        ask(OpenAIChat("big", endpoint.url.removesuffix("/v1"), retries=FAST))


@pytest.mark.parametrize("call", ["/chat/completions", "/completions", "/embeddings"])
def test_a_url_of_one_call_says_what_to_leave_out(call: str) -> None:
    with pytest.raises(ModelSpecError, match=f"leave out {call}"):
        open_model(f"openai:big@http://127.0.0.1:1/v1{call}")


SCHEMA = Sampling(schema='{"type": "object"}')
# what llama-cpp-python 0.3.36's server answers, with status 500, to a form that it does not know
LLAMA_CPP = (
    "1 validation error:\n  {'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), "
    "'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}\n\n  File \"app.py\", line 376"
)


def test_a_schema_is_sent_as_openai_takes_it(endpoint: Endpoint) -> None:
    ask(OpenAIChat("big", endpoint.url), SCHEMA)
    sent = endpoint.requests[-1]["response_format"]
    assert sent == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
    }


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("'response_format.type' must be one of 'text', 'json_object'")),
        (400, error("This model does not support structured outputs.")),
        (422, detail("response_format")),
        (400, error("Invalid schema for response_format 'answer': 'minimum' is not permitted.")),
        (400, {"message": "guided decoding is disabled on this server"}),
        (500, error(LLAMA_CPP)),
    ],
)
def test_an_endpoint_that_holds_nobody_to_a_schema_is_asked_without(endpoint: Endpoint, status: int, body: Any) -> None:
    endpoint.script = refusing("response_format", status, body)
    said: list[str] = []
    answers = ask(OpenAIChat("big", endpoint.url, notice=said.append), SCHEMA, times=2)
    assert [answer.text for answer in answers] == ["fine"] * 2
    assert ["response_format" in request for request in endpoint.requests] == [True, False, False]
    assert len(said) == 1


def test_a_schema_is_no_part_of_what_an_answer_is_cached_under(endpoint: Endpoint) -> None:
    from akd_code.models.cache import request_key

    model = OpenAIChat("big", endpoint.url)
    assert request_key(model, HELLO, SCHEMA, 0) == request_key(model, HELLO, Sampling(), 0)
