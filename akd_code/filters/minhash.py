"""Near duplicates by MinHash-LSH over word 5-grams: 250 permutations, Jaccard 0.7.

Candidates come from 50 bands of 5 minima: two texts with a Jaccard similarity of 0.7 share a band with probability
0.9999, with 0.8 always but for 1 in a hundred million. What shares a band is then compared exactly. (datasketch, the
usual library, keeps Python sets and dicts for each text, where this takes about 600 bytes. Its decision is the band
alone.)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from akd_code.filters.pool import PoolFilter
from akd_code.filters.registry import FILTERS
from akd_code.filters.segments import Array, Matches, Segment, joined, joined_ends, ranges, starts_of
from akd_code.filters.words import WordHashes
from akd_code.recipe import Recipe

NEAR = "near"
SHINGLE, BANDS, ROWS, THRESHOLD = 5, 50, 5, 0.7
_SOME = 4096
"""Texts whose minima are taken at once, so that their grams stay in the processor's cache."""


class MinHashMeasure:
    """Texts whose sets of word 5-grams have a Jaccard similarity of at least `threshold`; a shorter text is one gram.

    A text without words is like nothing.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._words = WordHashes()
        rng = np.random.default_rng(20250207)
        self._factors = rng.integers(0, 1 << 31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        self._offsets = rng.integers(0, 1 << 32, BANDS * ROWS, dtype=np.uint32)

    def encode(self, texts: Sequence[str]) -> Segment:
        """Return the grams of texts, sorted within each, and for each band its keys, sorted, with their texts."""
        words, ends = self._words.of(texts)
        grams, ends = _gram_sets(*_grams(words, ends))
        filled = np.flatnonzero(ends > starts_of(ends))
        keys = self._band_keys(grams, starts_of(ends)[filled])
        order = np.argsort(keys, axis=1, kind="stable")
        rows = filled.astype(np.int32)[order]
        return Segment(
            len(texts), {"grams": grams, "ends": ends, "keys": np.take_along_axis(keys, order, 1), "rows": rows}
        )

    def merge(self, parts: Sequence[Segment]) -> Segment:
        """Return the segments as one."""
        sizes = np.cumsum([0, *(part.size for part in parts)])
        keys = np.concatenate([part["keys"] for part in parts], axis=1)
        rows = np.concatenate([part["rows"] + np.int32(n) for part, n in zip(parts, sizes, strict=False)], axis=1)
        for band in range(BANDS):  # one at a time: the order of all of them at once would be 400 bytes a text
            order = np.argsort(keys[band], kind="stable")
            keys[band], rows[band] = keys[band][order], rows[band][order]
        arrays = {"grams": joined(parts, "grams"), "ends": joined_ends(parts, "ends"), "keys": keys, "rows": rows}
        return Segment(int(sizes[-1]), arrays)

    def matches(self, queries: Segment, known: Segment) -> Matches:
        """Return the pairs whose Jaccard similarity is at least the threshold, of those that share a band."""
        pairs = np.zeros(0, dtype=np.int64)
        for band in range(BANDS):
            keys = queries["keys"][band]
            first = np.searchsorted(known["keys"][band], keys, side="left")
            count = np.searchsorted(known["keys"][band], keys, side="right") - first
            places = known["rows"][band][ranges(first, count)].astype(np.int64)
            found = np.repeat(queries["rows"][band].astype(np.int64), count) * known.size + places
            pairs = np.union1d(pairs, found)
        query, place = pairs // known.size, pairs % known.size
        score = np.array([_jaccard(queries, q, known, p) for q, p in zip(query.tolist(), place.tolist(), strict=True)])
        enough = np.flatnonzero(score >= self._threshold)
        return Matches(query[enough], place[enough], score[enough])

    def _band_keys(self, grams: Array, starts: Array) -> Array:
        """Return [BANDS, texts] keys: equal where all minima of a band are."""
        keys = np.zeros((BANDS, len(starts)), dtype=np.uint64)
        if not len(starts):
            return keys.astype(np.uint32)
        for first in range(0, len(starts), _SOME):
            some = starts[first : first + _SOME]
            until = starts[first + _SOME] if first + _SOME < len(starts) else len(grams)
            part = grams[some[0] : until]
            for number, (factor, offset) in enumerate(zip(self._factors, self._offsets, strict=True)):
                minima = np.minimum.reduceat(part * factor + offset, some - some[0])
                band = keys[number // ROWS, first : first + _SOME]
                band[:] = _mixed(band ^ minima)
        return (keys >> np.uint64(32)).astype(np.uint32)


def _grams(words: Array, ends: Array) -> tuple[Array, Array]:
    """Return the hashes (uint32) of every run of 5 words, end to end, and where each text's end."""
    starts = starts_of(ends)
    lengths = ends - starts
    counts = np.where(lengths == 0, 0, np.maximum(lengths - SHINGLE + 1, 1))
    at = ranges(starts, counts)
    left = np.repeat(ends, counts) - at  # words from there to the text's end
    hashes = np.zeros(len(at), dtype=np.uint64)
    for place in range(SHINGLE):
        there = left > place
        hashes[there] = _mixed(hashes[there] ^ words[at[there] + place])
    return (hashes >> np.uint64(32)).astype(np.uint32), np.cumsum(counts)


def _gram_sets(grams: Array, ends: Array) -> tuple[Array, Array]:
    """Return the grams of each text sorted and each once, and where they end."""
    text = np.repeat(np.arange(len(ends), dtype=np.uint64), ends - starts_of(ends))
    both = np.unique((text << np.uint64(32)) | grams)
    counts = np.bincount((both >> np.uint64(32)).astype(np.int64), minlength=len(ends))
    return both.astype(np.uint32), np.cumsum(counts)


def _mixed(numbers: Array) -> Array:
    """Return numbers whose every bit depends on every bit of the given ones (splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = numbers ^ (numbers >> np.uint64(31))
    return mixed + np.uint64(0x9E3779B97F4A7C15)


def _jaccard(queries: Segment, query: int, known: Segment, place: int) -> float:
    one, other = _row(queries, query), _row(known, place)
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def _row(segment: Segment, row: int) -> Array:
    ends = segment["ends"]
    grams: Array = segment["grams"][int(ends[row - 1]) if row else 0 : int(ends[row])]
    return grams


@FILTERS.register("minhash")
def open_minhash_filter(recipe: Recipe, folder: Path) -> PoolFilter:
    """Return the filter for prompts that share most of their word 5-grams with one of the pool."""
    return PoolFilter(NEAR, MinHashMeasure())
