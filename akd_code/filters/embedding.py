"""Near duplicates by meaning: the cosine of two embeddings, 0.95 or more.

The vectors come from any embedder there is; `hashed` needs no model and knows words, not meanings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from akd_code.filters.pool import PoolFilter
from akd_code.filters.registry import FILTERS
from akd_code.filters.segments import Array, Matches, Segment, joined
from akd_code.filters.words import words_of
from akd_code.modules import Embedder, open_embedder
from akd_code.modules.embedder import MAX_CHARS
from akd_code.recipe import Recipe

MEANING = "same meaning"
THRESHOLD = 0.95
_HEAD = 32
_SAMPLE = 4096
_ROUNDING = 1e-3
"""What a product of heads may lose: they are kept as 2 bytes a number, and a unit vector's is off by 0.0005 at most."""
_AT_ONCE = 1 << 23
"""Products of a block of queries and a segment, at 4 bytes each."""


class EmbeddingMeasure:
    """Texts whose embeddings have a cosine of at least `threshold`.

    One without words is like nothing, and so is one that is longer than what embedders look at.

    Vectors are kept as a byte a number, which moves a cosine by less than 0.001. A segment turns its vectors so that
    the first 32 numbers hold as much of them as can be (principal components), and keeps these and the length of the
    rest apart. The product of two such heads is never less than that of the whole vectors (Cauchy and Schwarz), so that
    it rules out nearly all pairs and no pair wrongly.
    """

    def __init__(self, embedder: Embedder, threshold: float = THRESHOLD) -> None:
        self._embedder, self._threshold = embedder, threshold

    def encode(self, texts: Sequence[str]) -> Segment:
        """Return the vectors of texts, a byte a number, and their heads. Raises what the embedder raises."""
        vectors = self._embedder.embed(texts)
        # Without words, or seen in part alone, a text is like nothing.
        vectors[[row for row, text in enumerate(texts) if len(text) > MAX_CHARS or not words_of(text)]] = 0
        scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127
        return _segment(np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32))

    def merge(self, parts: Sequence[Segment]) -> Segment:
        """Return the segments as one."""
        return _segment(joined(parts, "vectors"), joined(parts, "scales"))

    def matches(self, queries: Segment, known: Segment) -> Matches:
        """Return the pairs whose cosine is at least the threshold."""
        vectors = _floats(queries["vectors"], queries["scales"])
        heads = _heads(vectors, known["basis"])
        found = []
        known_heads = known["heads"].astype(np.float32)
        rows = max(1, _AT_ONCE // known.size)
        for first in range(0, queries.size, rows):
            close = heads[first : first + rows] @ known_heads.T >= self._threshold - _ROUNDING
            query, place = np.nonzero(close)
            query += first
            for some in range(0, len(query), 1 << 16):
                q, p = query[some : some + (1 << 16)], place[some : some + (1 << 16)]
                score = np.einsum("ij,ij->i", vectors[q], _floats(known["vectors"][p], known["scales"][p]))
                like = np.flatnonzero(score >= self._threshold)
                found.append((q[like], p[like], score[like].astype(np.float64)))
        return Matches.of(found)


def _segment(vectors: Array, scales: Array) -> Segment:
    """Return a segment of vectors with their heads."""
    every = max(1, len(vectors) // _SAMPLE)
    sample = _floats(vectors[::every], scales[::every])
    _, directions = np.linalg.eigh(sample.T @ sample)
    basis = np.ascontiguousarray(directions[:, -_HEAD:]).astype(np.float32)
    parts = range(0, len(vectors), 8192)
    heads = [_heads(_floats(vectors[at : at + 8192], scales[at : at + 8192]), basis) for at in parts]
    arrays = {"vectors": vectors, "scales": scales, "basis": basis, "heads": np.concatenate(heads).astype(np.float16)}
    return Segment(len(vectors), arrays)


def _floats(vectors: Array, scales: Array) -> Array:
    floats: Array = vectors.astype(np.float32) * scales[:, None]
    return floats


def _heads(vectors: Array, basis: Array) -> Array:
    """Return [n, 33]: the vectors along the basis, and the length of what it leaves out."""
    head = vectors @ basis
    left = np.maximum(np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", head, head), 0.0)
    return np.column_stack([head, np.sqrt(left)]).astype(np.float32)


@FILTERS.register("embedding")
def open_embedding_filter(recipe: Recipe, folder: Path) -> PoolFilter:
    """Return the filter for prompts that mean the same as one of the pool, as `evolve.embedder` sees it.

    Raises EvolveError for an embedder that there is not.
    """
    return PoolFilter(MEANING, EmbeddingMeasure(open_embedder(recipe.evolve.embedder)))
