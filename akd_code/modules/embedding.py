"""Embedders: texts to unit vectors, offline by default.

`hashed` needs no download: signed feature hashing of words, word pairs and letter triples. `hf:ID_OR_PATH` runs an
encoder of transformers in this process (AMR-Evol used gte-large-en-v1.5), `st:ID_OR_PATH` one of sentence-transformers,
`openai:NAME@URL` asks an embeddings endpoint.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from akd_code.modules.errors import EvolveError, StoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

FORMS = "hashed, hf:ID_OR_PATH, st:ID_OR_PATH, openai:NAME@URL"
_WORD = re.compile(r"[A-Za-z]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_COMMON_WORDS = (
    "a an and args as at be by def for from in int is it list none of on or return returns self str that the to"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_MAX_CHARS = 8_000


class Embedder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def name(self) -> str:
        """What a store writes down: vectors of different embedders cannot be compared."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 vectors [texts, dimension], each of length 1. Raises StoreError, EvolveError."""
        ...


class HashedEmbedder:
    """Signed hashing of words, word pairs and letter triples into `dimension` buckets; no model, no download."""

    def __init__(self, dimension: int = 256) -> None:
        self._dimension = dimension

    @property
    def name(self) -> str:
        """Name and dimension."""
        return f"hashed-1/{self._dimension}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors [texts, dimension]; a text without words gets a vector of its own hash."""
        import numpy as np

        made = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in _features(text[:_MAX_CHARS]).items():
                bucket, sign = _bucket(feature, self._dimension)
                made[row, bucket] += sign * weight
            if not made[row].any():
                made[row, _bucket(text, self._dimension)[0]] = 1.0
        return _unit(made)


def _features(text: str) -> dict[str, float]:
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text))]
    counts: Counter[str] = Counter()
    for word in words:
        counts[f"w {word}"] += 1
    for first, second in pairwise(words):
        counts[f"p {first} {second}"] += 1
    weights = {name: math.sqrt(count) * _weight(name) for name, count in counts.items()}
    for word in set(words) - _COMMON:
        padded = f"<{word}>"
        for at in range(len(padded) - 2):
            key = f"t {padded[at : at + 3]}"
            weights[key] = weights.get(key, 0.0) + 0.3
    return weights


def _weight(feature: str) -> float:
    kind, *words = feature.split()
    common = all(word in _COMMON for word in words)
    return (0.1 if common else 1.0) * (0.5 if kind == "p" else 1.0)


@lru_cache(maxsize=200_000)
def _bucket(feature: str, dimension: int) -> tuple[int, float]:
    digest = hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    return number % dimension, 1.0 if number >> 63 else -1.0


def _unit(vectors: Any) -> Vectors:
    import numpy as np

    made = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(made, axis=1, keepdims=True)
    made = np.where(norms > 0, made / np.maximum(norms, 1e-12), 0).astype(np.float32)
    if not np.isfinite(made).all():
        raise StoreError("the embedder gave vectors that are not numbers; choose another `evolve.embedder`")
    return made


class TransformersEmbedder:
    """An encoder of transformers with its last layer averaged over the tokens; loaded when first used."""

    def __init__(self, model: str) -> None:
        self._model_name = model
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """The form that opens it."""
        return f"hf:{self._model_name}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors. Raises EvolveError if the model cannot be loaded."""
        import torch

        tokenizer, model = self._load()
        rows = []
        with torch.no_grad():
            for text in texts:
                batch = tokenizer([text[:_MAX_CHARS]], truncation=True, max_length=512, return_tensors="pt")
                rows.append(model(**batch).last_hidden_state[0].float().mean(dim=0).numpy())
        return _unit(rows)

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from transformers import AutoModel, AutoTokenizer

            try:
                tokenizer = AutoTokenizer.from_pretrained(self._model_name)
                model = AutoModel.from_pretrained(self._model_name)
            except (OSError, ValueError) as error:
                text = " ".join(str(error).split())[:200]
                raise EvolveError(f"cannot load the embedder {self._model_name}: {text}; give a folder") from None
            self._loaded = tokenizer, model.eval()
        return self._loaded


class SentenceEmbedder:
    """A model of sentence-transformers, which must be installed for it."""

    def __init__(self, model: str) -> None:
        self._model_name = model
        try:
            from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise EvolveError(
                f"st:{model} needs sentence-transformers; install it, or set evolve.embedder to hf:{model} or hashed"
            ) from None
        self._model = SentenceTransformer(model)

    @property
    def name(self) -> str:
        """The form that opens it."""
        return f"st:{self._model_name}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors."""
        return _unit(self._model.encode([text[:_MAX_CHARS] for text in texts]))


class EndpointEmbedder:
    """An OpenAI-compatible embeddings endpoint; the key comes from OPENAI_API_KEY and goes nowhere else."""

    def __init__(self, model: str, url: str | None) -> None:
        self._model, self._url = model, url

    @property
    def name(self) -> str:
        """The form that opens it, without the place: the same model gives the same vectors anywhere."""
        return f"openai:{self._model}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors. Raises StoreError when the endpoint does not answer."""
        import openai

        key = os.environ.get("OPENAI_API_KEY") or "none"
        try:
            with openai.OpenAI(base_url=self._url, api_key=key, max_retries=2, timeout=60.0) as client:
                reply = client.embeddings.create(
                    model=self._model, input=[text[:_MAX_CHARS] or " " for text in texts], encoding_format="float"
                )
        except openai.OpenAIError as error:
            reason = " ".join(str(error).split())[:200]
            raise StoreError(
                f"the embeddings endpoint of {self._model} failed ({reason}); check it and go on"
            ) from None
        rows = [item.embedding for item in sorted(reply.data, key=lambda item: item.index)]
        if len(rows) != len(texts) or len({len(row) for row in rows}) != 1:
            raise StoreError(
                f"the embeddings endpoint of {self._model} gave {len(rows)} vectors for {len(texts)} texts"
            )
        return _unit(rows)


def open_embedder(form: str) -> Embedder:
    """Return the embedder that a recipe names. Raises EvolveError for any other form."""
    kind, _, rest = form.partition(":")
    if form == "hashed":
        return HashedEmbedder()
    if kind == "hf" and rest:
        return TransformersEmbedder(rest)
    if kind == "st" and rest:
        return SentenceEmbedder(rest)
    if kind == "openai" and rest:
        name, at, url = rest.rpartition("@") if "@http" in rest else (rest, "", "")
        return EndpointEmbedder(name, url if at else None)
    raise EvolveError(f"{form!r} names no embedder; write one of {FORMS}")
