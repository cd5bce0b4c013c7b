"""A pool of texts that new ones are compared with: it grows by segments, which are merged as they multiply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.filters.segments import Matches, Measure, Segment
from akd_code.records import Prompt

LARGEST = 1 << 16
"""Texts in a segment at most. Merging needs two or three kilobytes for each of them."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A text of the pool that another is too like: its place in the order of adding, and the score.

    `in_batch`: `index` is the place in the batch that was asked about, not in the pool.
    """

    index: int
    score: float
    in_batch: bool = False


class Pool:
    """Texts, as one measure knows them."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._segments: list[Segment] = []

    def __len__(self) -> int:
        return sum(segment.size for segment in self._segments)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, in the order of adding."""
        return tuple(self._segments)

    def add(self, texts: Sequence[str]) -> None:
        """Add texts; a segment that is not much larger than the last one is merged with it."""
        for first in range(0, len(texts), LARGEST):
            self._append(self.measure.encode(texts[first : first + LARGEST]))

    def likes(self, texts: Sequence[str]) -> list[Likeness | None]:
        """Return for each text what it is too like: the likest of the pool, or one before it that is not refused."""
        if not texts:
            return []
        queries = self.measure.encode(texts)
        found = self._in_pool(queries)
        if len(texts) > 1:
            _refuse_repeats(found, self.measure.matches(queries, queries))
        return found

    def _in_pool(self, queries: Segment) -> list[Likeness | None]:
        found: list[Likeness | None] = [None] * queries.size
        before = 0
        for segment in self._segments:
            matches = self.measure.matches(queries, segment)
            for query, place, score in _triples(matches):
                best = found[query]
                if best is None or score > best.score:
                    found[query] = Likeness(before + place, score)
            before += segment.size
        return found

    def _append(self, segment: Segment) -> None:
        tail, size = len(self._segments), segment.size
        while tail and self._segments[tail - 1].size < 2 * size and self._segments[tail - 1].size + size <= LARGEST:
            tail -= 1
            size += self._segments[tail].size
        merged = [*self._segments[tail:], segment]
        self._segments[tail:] = [self.measure.merge(merged) if len(merged) > 1 else segment]


def _refuse_repeats(found: list[Likeness | None], within: Matches) -> None:
    """Note for each text that nothing refuses yet the likest one before it that is let through."""
    earlier: dict[int, list[tuple[int, float]]] = {}
    for query, place, score in _triples(within):
        if place < query:
            earlier.setdefault(query, []).append((place, score))
    for query in sorted(earlier):
        if found[query] is None:
            passed = [(score, -place) for place, score in earlier[query] if found[place] is None]
            if passed:
                score, place = max(passed)
                found[query] = Likeness(-place, score, in_batch=True)


def _triples(matches: Matches) -> zip[tuple[int, int, float]]:
    return zip(matches.query.tolist(), matches.place.tolist(), matches.score.tolist(), strict=True)


class PoolFilter:
    """Refuses prompts that one of several measures finds too like one of the pool, or one before in the batch."""

    def __init__(self, reason: str, *measures: Measure) -> None:
        self._reason = reason
        self._pools = [Pool(measure) for measure in measures]

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        """Return for each prompt the filter's reason or None."""
        left = list(range(len(batch)))
        for pool in self._pools:
            likes = pool.likes([batch[place].text for place in left])
            left = [place for place, like in zip(left, likes, strict=True) if like is None]
        kept = set(left)
        return [None if place in kept else self._reason for place in range(len(batch))]

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Compare later prompts with these, too."""
        texts = [prompt.text for prompt in prompts]
        for pool in self._pools:
            pool.add(texts)
