"""Keys: which endpoint is given one, what a key may look like, and that nobody ever sees it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion

from akd_code.models import (
    EndpointError,
    Extras,
    Message,
    MissingKeyError,
    ModelError,
    ModelSpecError,
    Retries,
    Sampling,
    open_model,
)
from akd_code.models.addresses import Distance, distance_of
from akd_code.models.openai_chat import OpenAIChat

HELLO = (Message("user", "hello"),)
KEY = "sk-marked-4711"


def ask(model: OpenAIChat) -> str:
    async def once() -> str:
        try:
            return (await model.complete(HELLO, Sampling())).text
        finally:
            await model.aclose()

    return asyncio.run(once())


@pytest.fixture(autouse=True)
def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "AKD_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("host", "distance"),
    [
        ("localhost", Distance.LOOPBACK),
        ("127.0.0.1", Distance.LOOPBACK),
        ("127.8.9.1", Distance.LOOPBACK),
        ("::1", Distance.LOOPBACK),
        ("192.168.1.20", Distance.LAN),
        ("10.0.0.5", Distance.LAN),
        ("172.16.3.4", Distance.LAN),
        ("100.64.0.7", Distance.LAN),
        ("fd00::7", Distance.LAN),
        ("fe80::1%eth0", Distance.LAN),
        ("gpu.local", Distance.LAN),
        ("gpu.LAN.", Distance.LAN),
        ("host.docker.internal", Distance.LAN),
        ("vllm", Distance.LAN),
        ("172.32.0.1", Distance.PUBLIC),
        ("8.8.8.8", Distance.PUBLIC),
        ("2606:4700::1111", Distance.PUBLIC),
        ("api.openai.com", Distance.PUBLIC),
        ("10.0.0.5.example.com", Distance.PUBLIC),
        ("notlocal", Distance.LAN),
        ("x.notlocal", Distance.PUBLIC),
    ],
)
def test_how_near_a_host_is_shows_in_its_name(host: str, distance: Distance) -> None:
    assert distance_of(host) is distance


@pytest.mark.parametrize("host", ["192.168.1.20:8000", "gpu.local:8000", "[fd00::7]:8000", "vllm:8000"])
def test_a_server_in_the_local_network_needs_no_key(host: str) -> None:
    assert open_model(f"openai:big@http://{host}/v1").endpoint == f"http://{host}/v1"


def test_a_server_in_the_local_network_is_never_given_the_openai_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("akd_code.models.endpoint.address_of", lambda url: in_the_lan(url))
    from akd_code.models.addresses import address_of

    def in_the_lan(url: str) -> Any:
        from dataclasses import replace

        return replace(address_of(url), distance=Distance.LAN)

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ask(OpenAIChat("big", endpoint.url))
    assert endpoint.authorisations == ["Bearer none"]


@pytest.mark.parametrize("variable", ["AKD_API_KEY", "OPENAI_API_KEY"])
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("sk-marked\u201d", "a character beyond ASCII at position 10"),
        ("sk-märked", "a character beyond ASCII at position 5"),
        ("sk-marked\nsk-other", "a line break or another control character at position 10"),
        ("sk-marked\x00", "control character"),
    ],
)
def test_a_key_that_http_cannot_carry_is_said_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, key: str, said: str
) -> None:
    if "\x00" in key:  # no variable can hold it, a file read into one by another program might
        monkeypatch.setattr("os.environ", {variable: key})
    else:
        monkeypatch.setenv(variable, key)
    with pytest.raises(MissingKeyError, match=f"the key in {variable} holds .*{said}") as caught:
        OpenAIChat("big", "https://h.example/v1")
    assert "marked" not in str(caught.value)
    assert "märked" not in str(caught.value)


@pytest.mark.parametrize("key", [f"{KEY}\n", f"  {KEY}\t", f"\r\n{KEY}\r\n"])
def test_space_around_a_key_is_not_sent(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("AKD_API_KEY", key)
    ask(OpenAIChat("big", endpoint.url))
    assert endpoint.authorisations == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    "url",
    [f"https://h.example/v1?api_key={KEY}", f"https://h.example/v1?sig={KEY}", f"https://me:{KEY}@h.example/v1",
     f"ftp://me:{KEY}@h.example/v1", f"https://me:{KEY}@/v1", f"https://me:{KEY}@[::1/v1", f"https://me:{KEY}@h:port/v1"],
)  # fmt: skip
def test_a_url_with_a_secret_or_without_sense_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ModelSpecError) as caught:
        OpenAIChat("big", url)
    assert KEY not in str(caught.value)
    with pytest.raises(ModelSpecError) as caught:
        open_model(f"openai:big@{url}")
    assert KEY not in str(caught.value)


def _replies() -> dict[str, Reply]:
    said = f"Incorrect API key provided: {KEY}. Find yours at h.example"
    return {
        "401": Reply(401, {"error": {"message": said}}),
        "403": Reply(403, {"detail": said}),
        "404": Reply(404, {"message": said}),
        "400": Reply(400, {"error": said}),
        "422": Reply(422, {"detail": [{"loc": ["body", "messages"], "msg": said}]}),
        "seed": Reply(422, {"detail": f"unknown field 'seed' ({said})"}),
        "429": Reply(429, {"error": {"message": said}}, {"Retry-After": "0"}),
        "quota": Reply(429, {"error": {"message": said, "code": "insufficient_quota"}}),
        "500": Reply(500, {"error": {"message": said}}),
        "html": Reply(502, f"<html><body>{said}</body></html>".encode()),
        "200": Reply(200, {"error": {"message": said, "code": 502}}),
        "choice": Reply(
            200, completion("", choices=[{"index": 0, "finish_reason": "error", "error": {"message": said}}])
        ),
        "filter": Reply(200, {"error": {"message": f"flagged by the content filter: {said}"}}),
        "garbage": Reply(200, said.encode()),
    }


@pytest.mark.parametrize("kind", _replies())
@pytest.mark.parametrize("where", ["AKD_API_KEY", "header", "query"])
def test_no_error_note_or_log_shows_a_key(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str, where: str
) -> None:
    extras = Extras()
    if where == "AKD_API_KEY":
        monkeypatch.setenv("AKD_API_KEY", KEY)
    else:
        monkeypatch.setenv("MY_TOKEN", KEY)
        given = {"api-key": "${MY_TOKEN}"}
        extras = Extras(headers=given) if where == "header" else Extras(query=given)
    endpoint.script = lambda number, body: _replies()[kind]
    notes: list[str] = []
    retries = Retries(attempts=2, backoff_s=0.01)
    model = OpenAIChat("big", endpoint.url, extras=extras, notice=notes.append, retries=retries)
    with caplog.at_level(logging.DEBUG, "openai"), pytest.raises(ModelError) as caught:
        ask(model)
    assert KEY not in str(caught.value) + repr(caught.value) + repr(model) + "".join(notes) + caplog.text
    if kind not in ("garbage", "seed"):
        assert "***" in str(caught.value)


def test_a_server_that_is_down_shows_no_key(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_API_KEY", KEY)
    with pytest.raises(EndpointError) as caught:
        ask(OpenAIChat("big", "http://127.0.0.1:9/v1", retries=Retries(attempts=1)))
    assert KEY not in str(caught.value)
