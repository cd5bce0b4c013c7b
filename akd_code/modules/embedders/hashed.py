"""`hashed`: texts to vectors without any model, by signed feature hashing of words, word pairs and letter triples."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from akd_code.lists.scripts import in_another_script, words_in_any_script
from akd_code.modules.embedder import EMBEDDERS, MAX_CHARS, Embedder, EmbedderOptions, unit_vectors
from akd_code.modules.errors import EvolveError

if TYPE_CHECKING:
    from akd_code.modules.embedder import Vectors

_WORD = re.compile(r"[A-Za-z]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_COMMON_WORDS = (
    "a an and args as at be by def for from in int is it list none of on or return returns self str that the to"
)
_COMMON = frozenset(_COMMON_WORDS.split())


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
            for feature, weight in _features(text[:MAX_CHARS]).items():
                bucket, sign = _bucket(feature, self._dimension)
                made[row, bucket] += sign * weight
            if not made[row].any():
                made[row, _bucket(text, self._dimension)[0]] = 1.0
        return unit_vectors(made)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


@EMBEDDERS.register("hashed")
def open_hashed_embedder(rest: str, options: EmbedderOptions) -> Embedder:
    """Return the embedder; it takes no settings. Raises EvolveError if it is given any."""
    if rest:
        raise EvolveError(f"hashed:{rest} names no embedder: hashed takes no settings; write hashed")
    return HashedEmbedder()


def _features(text: str) -> dict[str, float]:
    words = [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text))]
    if in_another_script(text):
        words = words_in_any_script(text)
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
