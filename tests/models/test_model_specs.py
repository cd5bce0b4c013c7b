"""What the names of models in recipes mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from akd_code.models import ModelSpecError, RecordedChat, open_model
from akd_code.models.openai_chat import OpenAIChat


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_API_KEY", "k")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("spec", "name", "endpoint"),
    [
        ("openai:big", "big", "https://api.openai.com/v1"),
        ("openai:org/big-7b@http://127.0.0.1:80/v1/", "org/big-7b", "http://127.0.0.1:80/v1"),
        ("openai:@cf/big@https://h.example/v1", "@cf/big", "https://h.example/v1"),
    ],
)
def test_an_openai_model_is_a_name_at_a_url(spec: str, name: str, endpoint: str) -> None:
    model = open_model(spec)
    assert isinstance(model, OpenAIChat)
    assert (model.name, model.endpoint) == (name, endpoint)


def test_the_url_defaults_to_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://other.example/v1")
    assert open_model("openai:big").endpoint == "https://other.example/v1"


def test_the_endpoint_in_cache_keys_can_be_named() -> None:
    assert open_model("openai:lab@http://127.0.0.1:4711/v1", endpoint="lab:seed=0").endpoint == "lab:seed=0"


def test_a_recorded_model_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"prompt": "a", "response": "b"}\n')
    model = open_model(f"recorded:{path}")
    assert isinstance(model, RecordedChat)
    assert (model.name, model.endpoint) == ("answers", f"recorded:{path}")


def test_a_local_model_is_not_loaded_before_it_is_asked() -> None:
    model = open_model("hf:some/where")
    assert (model.name, model.endpoint) == ("some/where", "hf")


@pytest.mark.parametrize("spec", ["", "big", "openai:"])
def test_a_name_without_a_form_or_a_model_is_an_error_that_lists_the_forms(spec: str) -> None:
    with pytest.raises(ModelSpecError, match=r"write one of hf:\.\.\., openai:\.\.\., recorded:\.\.\. "):
        open_model(spec)


@pytest.mark.parametrize("spec", ["openai:big@", "openai:big@localhost:80"])
def test_an_openai_model_without_a_whole_url_is_an_error_that_says_what_to_write(spec: str) -> None:
    with pytest.raises(ModelSpecError, match=r"write openai:NAME@http"):
        open_model(spec)


@pytest.mark.parametrize(("spec", "hint"), [("opanai:big", "did you mean openai"), ("x:big", "known are hf, openai")])
def test_an_unknown_form_is_an_error_that_names_the_nearest_or_all(spec: str, hint: str) -> None:
    with pytest.raises(ModelSpecError, match=rf"unknown kind of model .*{hint}"):
        open_model(spec)


@pytest.mark.parametrize("url", ["http:///v1", "https://", "httpx://h/v1"])
def test_a_malformed_url_is_an_error(url: str) -> None:
    with pytest.raises(ModelSpecError, match="is not the URL"):
        open_model(f"openai:big@{url}")
