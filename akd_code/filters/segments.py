"""What a pool knows of its texts: numpy arrays, a segment for each few texts that came together.

A measure says what is known of a text and which texts are alike; `akd_code/filters/pool.py` keeps the segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """What a measure knows of `size` texts. Its arrays are never written to."""

    size: int
    arrays: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of texts that are alike: row `query[i]` of one segment and row `place[i]` of another, with their score."""

    query: Array
    place: Array
    score: Array

    @classmethod
    def of(cls, parts: Sequence[tuple[Array, Array, Array]]) -> Matches:
        """Return the pairs of several (query, place, score) together."""
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return cls(none, none, np.zeros(0))
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class Measure(Protocol):
    """Says which texts are too alike. What it learns of a text depends on that text alone."""

    def encode(self, texts: Sequence[str]) -> Segment:
        """Return what is known of texts, at least one."""
        ...

    def merge(self, parts: Sequence[Segment]) -> Segment:
        """Return the segments as one, the texts in the same order."""
        ...

    def matches(self, queries: Segment, known: Segment) -> Matches:
        """Return every pair of a query and a known text that are too alike; a text is compared with itself, too."""
        ...


def joined(parts: Sequence[Segment], name: str) -> Array:
    """Return one array of several segments, end to end."""
    return np.concatenate([part[name] for part in parts])


def joined_ends(parts: Sequence[Segment], name: str) -> Array:
    """Return where the rows of several segments end in their joined array, where each says where its own end."""
    ends, before = [], 0
    for part in parts:
        ends.append(np.asarray(part[name], dtype=np.int64) + before)
        before = int(ends[-1][-1])
    return np.concatenate(ends)


def starts_of(ends: Array) -> Array:
    """Return where rows begin, from where they end."""
    return np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])


def ranges(starts: Array, lengths: Array) -> Array:
    """Return the places of several runs, end to end: [2, 7] and [3, 1] give 2 3 4 7."""
    total = int(lengths.sum())
    if not total:
        return np.zeros(0, dtype=np.int64)
    before = np.cumsum(lengths) - lengths
    places: Array = np.arange(total, dtype=np.int64) + np.repeat(starts - before, lengths)
    return places
