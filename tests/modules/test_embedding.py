"""Embedders: offline hashing, an endpoint on loopback, an encoder in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from akd_code.modules import EvolveError, HashedEmbedder, StoreError, open_embedder


def test_vectors_have_length_one_and_do_not_depend_on_what_else_is_embedded() -> None:
    embedder = HashedEmbedder()
    both = embedder.embed(["Sort the words.", ""])
    assert both.shape == (2, 256)
    assert np.allclose(np.linalg.norm(both, axis=1), 1.0)
    assert np.array_equal(both[0], embedder.embed(["Sort the words."])[0])


def test_what_says_the_same_is_nearer_than_what_does_not() -> None:
    a, b, c = HashedEmbedder().embed(["count the vowels of a text", "countVowels in text", "product of two matrices"])
    assert a @ b > 0.5 > a @ c + 0.3


@pytest.mark.parametrize("form", ["", "hf:", "word2vec", "openai:", "st:"])
def test_other_forms_are_refused(form: str) -> None:
    with pytest.raises(EvolveError, match="names no embedder"):
        open_embedder(form)


def test_an_encoder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvolveError, match="cannot load the embedder"):
        open_embedder(f"hf:{tmp_path / 'none'}").embed(["x"])


def test_sentence_transformers_is_asked_for_only_when_it_is_wanted() -> None:
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(EvolveError, match="needs sentence-transformers"):
            open_embedder("st:any/model")


class Endpoint(BaseHTTPRequestHandler):
    """Embeds a text as (its length, 1), last one first; answers the model `broken` with 500."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 400 if body["model"] == "broken" else 200
        data = [{"object": "embedding", "index": i, "embedding": [len(t), 1.0]} for i, t in enumerate(body["input"])]
        reply = {
            "object": "list",
            "data": data[::-1],
            "model": body["model"],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
        raw = json.dumps(reply if status == 200 else {"error": {"message": "no"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_endpoint_gives_vectors_in_the_order_of_the_texts(endpoint: str) -> None:
    vectors = open_embedder(f"openai:tiny@{endpoint}").embed(["abc", "abcdefgh"])
    assert np.allclose(vectors[:, 0] / vectors[:, 1], [3.0, 8.0])


def test_an_endpoint_that_refuses_is_one_line(endpoint: str) -> None:
    with pytest.raises(StoreError, match="the embeddings endpoint of broken failed"):
        open_embedder(f"openai:broken@{endpoint}").embed(["abc"])


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
