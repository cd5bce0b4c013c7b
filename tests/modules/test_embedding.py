"""Embedders: offline hashing, an endpoint on loopback, an encoder in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback_endpoint import Endpoint, Reply, embeddings, serving

from akd_code.models import MissingKeyError, ModelSpecError, RequestRefusedError
from akd_code.modules import EvolveError, HashedEmbedder, StoreError, open_embedder
from akd_code.modules.embedder import unit_vectors


def test_vectors_have_length_one_and_do_not_depend_on_what_else_is_embedded() -> None:
    embedder = HashedEmbedder()
    both = embedder.embed(["Sort the words.", ""])
    assert both.shape == (2, 256)
    assert np.allclose(np.linalg.norm(both, axis=1), 1.0)
    assert np.array_equal(both[0], embedder.embed(["Sort the words."])[0])


def test_what_says_the_same_is_nearer_than_what_does_not() -> None:
    a, b, c = HashedEmbedder().embed(["count the vowels of a text", "countVowels in text", "product of two matrices"])
    assert a @ b > 0.5 > a @ c + 0.3


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("", "unknown embedder ''; known are hashed, hf, openai, st"),
        ("hashd", "unknown embedder 'hashd'; did you mean hashed"),
        ("hf:", "write hf:ID_OR_PATH"),
        ("st:", "write st:ID_OR_PATH"),
        ("hashed:9", "write hashed"),
    ],
)
def test_other_forms_are_refused_and_the_message_says_what_to_write(form: str, said: str) -> None:
    with pytest.raises(EvolveError, match=said):
        open_embedder(form)


def test_an_endpoint_needs_a_model(served: Endpoint) -> None:
    with pytest.raises(ModelSpecError, match="write openai:NAME@http"):
        open_embedder("openai:")


def test_an_encoder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvolveError, match="cannot load the embedder"):
        open_embedder(f"hf:{tmp_path / 'none'}").embed(["x"])


def test_sentence_transformers_is_asked_for_only_when_it_is_wanted() -> None:
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(EvolveError, match="needs sentence-transformers"):
            open_embedder("st:any/model")


@pytest.mark.parametrize("rows", [[[1.0], [1.0, 2.0]], [[float("nan")]], [[float("inf"), 1.0]]])
def test_what_does_not_make_vectors_is_one_line(rows: list[list[float]]) -> None:
    with pytest.raises(StoreError, match=r"choose another `evolve\.embedder`"):
        unit_vectors(rows)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for variable in ("OPENAI_API_KEY", "AKD_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with serving(Endpoint()) as endpoint:
        endpoint.script = lambda number, body: Reply(body=embeddings(body["input"]))
        yield endpoint


def test_an_endpoint_gives_vectors_in_the_order_of_the_texts(served: Endpoint) -> None:
    embedder = open_embedder(f"openai:tiny@{served.url}")
    vectors = embedder.embed(["abc", "abcdefgh"])
    assert np.allclose(vectors[:, 0] / vectors[:, 1], [3.0, 8.0])
    assert embedder.name == "openai:tiny"


def test_an_endpoint_on_loopback_gets_our_own_key_and_never_openais(
    served: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    open_embedder(f"openai:tiny@{served.url}").embed(["a"])
    monkeypatch.setenv("AKD_API_KEY", "sk-secret-2")
    open_embedder(f"openai:tiny@{served.url}").embed(["a"])
    assert served.authorisations == ["Bearer none", "Bearer sk-secret-2"]


def test_an_endpoint_elsewhere_needs_a_key(served: Endpoint) -> None:
    with pytest.raises(MissingKeyError, match="set OPENAI_API_KEY, or AKD_API_KEY"):
        open_embedder("openai:tiny@https://h.example/v1")


def test_an_endpoint_serves_several_threads_and_an_event_loop_and_can_be_closed_in_between(served: Endpoint) -> None:
    embedder = open_embedder(f"openai:tiny@{served.url}")

    async def from_the_loops_own_thread() -> float:
        return float(embedder.embed(["abc"])[0, 0])

    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda n: embedder.embed(["x" * n])[0], range(1, 9)))
    assert np.allclose([row[0] / row[1] for row in rows], range(1, 9))
    embedder.close()
    assert asyncio.run(from_the_loops_own_thread()) > 0.9
    embedder.close()


def test_closing_gives_up_what_is_under_way(served: Endpoint) -> None:
    asked, release = threading.Event(), threading.Event()

    def script(number: int, body: dict[str, Any]) -> Reply:
        asked.set()
        release.wait(20)
        return Reply(body=embeddings(body["input"]))

    served.script = script
    embedder = open_embedder(f"openai:tiny@{served.url}")
    try:
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(embedder.embed, ["abc"])
            assert asked.wait(10)
            embedder.close()
            with pytest.raises(StoreError, match="was closed while in use"):
                pending.result(10)
    finally:
        release.set()


def test_an_endpoint_that_refuses_is_one_line(served: Endpoint) -> None:
    served.script = lambda number, body: Reply(400, {"error": {"message": "no"}})
    with pytest.raises(RequestRefusedError, match="refused the request with status 400"):
        open_embedder(f"openai:broken@{served.url}").embed(["abc"])


def test_an_encoder_of_transformers_runs_in_this_process(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = {"[UNK]": 0, "[PAD]": 1, "sort": 2, "words": 3, "sum": 4}
    core = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    core.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(tmp_path)
    config = BertConfig(vocab_size=5, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    BertModel(config).save_pretrained(tmp_path)
    vectors = open_embedder(f"hf:{tmp_path}").embed(["sort words", "sum", "sort words"])
    assert vectors.shape == (3, 8)
    assert np.allclose(vectors[0], vectors[2], atol=1e-6)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
