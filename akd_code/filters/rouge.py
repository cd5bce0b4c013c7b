"""Near duplicates by ROUGE-L F1 over words (Lion, arXiv 2305.12870: at most 0.7 to any known instruction)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from akd_code.filters.exact import ExactMeasure, as_written
from akd_code.filters.pool import Likeness, Pool, PoolFilter
from akd_code.filters.postings import Occurrences, posted
from akd_code.filters.registry import FILTERS
from akd_code.filters.segments import Array, Matches, Segment, joined_ends, ranges, starts_of
from akd_code.filters.words import WordHashes, words_of
from akd_code.recipe import Recipe

SIMILAR = "similar"
_MORE_WORDS = 3
"""Words looked up beyond those without which no text would be ruled out: a text must then have as many of them."""
_NONE = np.zeros(0, dtype=np.int64)
_NO_TEXT = np.zeros(0, dtype=np.int32)


def rouge_l_f1(one: str, other: str) -> float:
    """Return ROUGE-L F1 of two texts, 0 to 1: with L the longest common subsequence of words, 2L / (m + n).

    That is the harmonic mean of L/m and L/n. A text without words is similar to none.
    """
    left, right = words_of(one), words_of(other)
    if not left or not right:
        return 0.0
    return 2 * LCSseq.similarity(left, right) / (len(left) + len(right))


class RougeMeasure:
    """Texts whose ROUGE-L F1 is above `threshold`; a score of exactly that is new enough (Lion, <= 0.7).

    Decisions are exact, in whole numbers: with m and n words, L must reach the least whole number above
    threshold * (m + n) / 2. Two bounds come first. L is at most the number of words that two texts share, counted with
    repetition; so of any p words of a text, p - m + L at least must be in the other. With p its rarest words, an
    inverted index gives the few texts that have so many of them, and only those are compared, bit-parallel by
    rapidfuzz.
    """

    def __init__(self, threshold: float = 0.7) -> None:
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"the ROUGE-L threshold is {threshold}; it must lie between 0 and 1")
        self._threshold = Fraction(str(threshold))
        self._words = WordHashes()
        self._needed = np.zeros(1, dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> Segment:
        """Return the texts by their words, and an inverted index of these."""
        return _segment(*self._words.of(texts))

    def merge(self, parts: Sequence[Segment]) -> Segment:
        """Return the segments as one."""
        return _segment(np.concatenate([part["words"][part["tokens"]] for part in parts]), joined_ends(parts, "ends"))

    def matches(self, queries: Segment, known: Segment) -> Matches:
        """Return the pairs whose score is above the threshold."""
        lengths = np.diff(known["ends"], prepend=0)
        if not len(queries["tokens"]) or not len(known["tokens"]):
            return Matches.of([])
        starts = starts_of(queries["ends"])
        needed = self._needed_up_to(int(lengths.max() + np.diff(queries["ends"], prepend=0).max()))
        search = _Search(known, lengths, needed, Occurrences.of(queries, known))
        found = []
        for row, (first, end) in enumerate(zip(starts.tolist(), queries["ends"].tolist(), strict=True)):
            if end > first:
                places, common = search.likes(first, end)
                if len(places):
                    score = 2 * common / (end - first + lengths[places])
                    found.append((np.full(len(places), row), places, score))
        return Matches.of(found)

    def _needed_up_to(self, words: int) -> Array:
        """Return the common subsequence that two texts need, by the number of their words together."""
        if len(self._needed) <= words:
            top, bottom = self._threshold.numerator, 2 * self._threshold.denominator
            self._needed = np.array([top * both // bottom + 1 for both in range(2 * words + 1)], dtype=np.int64)
        return self._needed


class _Search:
    """One segment, searched for the texts that are like a query's."""

    def __init__(self, known: Segment, lengths: Array, needed: Array, occurrences: Occurrences) -> None:
        self._known, self._lengths, self._needed, self._occurrences = known, lengths, needed, occurrences
        self._starts = starts_of(known["ends"])
        self._by_length = np.arange(int(lengths.max()) + 1)
        self._by_words: dict[int, tuple[Array, int | None]] = {}
        self._letters = np.zeros(len(known["words"]), dtype=np.uint32)  # all zero between two queries

    def likes(self, first: int, end: int) -> tuple[Array, Array]:
        """Return the texts like the query whose words are `first` to `end`, and the length of what they share."""
        needed, least = self._needs(end - first)
        if least is None:
            return _NONE, _NONE
        texts = self._with_enough_words(first, end, needed, least)
        if not len(texts):
            return _NONE, _NONE
        common = self._common(first, end, texts)
        like = np.flatnonzero(common >= needed[self._lengths[texts]])
        return texts[like], common[like]

    def _needs(self, words: int) -> tuple[Array, int | None]:
        """Return what a text must share with a query of `words` words, by its length, and the least of it.

        One more than the query has where the lengths alone rule a likeness out; None if all do.
        """
        found = self._by_words.get(words)
        if found is None:
            needed = self._needed[words : words + len(self._by_length)]
            possible = needed <= np.minimum(self._by_length, words)
            least = int(needed[possible].min()) if possible.any() else None
            found = self._by_words[words] = np.where(possible, needed, words + 1), least
        return found

    def _with_enough_words(self, first: int, end: int, needed: Array, least: int) -> Array:
        """Return the texts that have as many of the query's rarest words as a likeness needs."""
        words = end - first
        rarest = self._occurrences.rarest(first, end, words - least + _MORE_WORDS)
        rest = words - len(rarest)  # words of the query that are not looked up; all of them may be shared
        postings = [posted(self._known, place) for place in rarest.tolist() if place >= 0]
        found = np.concatenate(postings) if postings else _NO_TEXT
        if rest >= least:
            shared = np.bincount(found, minlength=len(self._lengths))
            return np.flatnonzero(shared + rest >= needed[self._lengths])
        if 8 * len(found) < len(self._lengths):
            texts, counts = _often(found, least - rest)
        else:
            shared = np.bincount(found)
            texts = np.flatnonzero(shared >= least - rest)
            counts = shared[texts]
        return texts[counts + rest >= needed[self._lengths[texts]]].astype(np.int64)

    def _common(self, first: int, end: int, texts: Array) -> Array:
        """Return the length of the longest common subsequence of the query and each text.

        Words that the other side lacks can be left out on both sides; the others become letters.
        """
        query = self._occurrences.tokens[first:end]
        query = query[query >= 0]
        distinct, letters = np.unique(query, return_inverse=True)
        self._letters[distinct] = np.arange(1, len(distinct) + 1)
        lengths = self._lengths[texts]
        spelt = self._letters[self._known["tokens"][ranges(self._starts[texts], lengths)]]
        self._letters[distinct] = 0
        kept = spelt > 0
        ends = np.cumsum(np.bincount(np.repeat(np.arange(len(texts)), lengths)[kept], minlength=len(texts))).tolist()
        letter_text = _as_text(spelt[kept])
        others = [letter_text[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]
        common: Array = process.cdist(
            [_as_text(letters.astype(np.uint32) + 1)], others, scorer=LCSseq.similarity, dtype=np.int32
        )[0]
        return common


def _often(found: Array, times: int) -> tuple[Array, Array]:
    """Return what is found at least so often, and how often."""
    found = np.sort(found)
    there = found[times - 1 :] == found[: len(found) - times + 1]
    if not there.any():
        return _NO_TEXT, _NONE
    texts = np.unique(found[times - 1 :][there])
    return texts, np.searchsorted(found, texts, side="right") - np.searchsorted(found, texts, side="left")


def _as_text(letters: Array) -> str:
    return letters.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _segment(hashes: Array, ends: Array) -> Segment:
    """Return a segment of texts whose words have these hashes, end to end."""
    words, tokens = np.unique(hashes, return_inverse=True)
    arrays = {"words": words, "tokens": tokens.astype(np.int32), "ends": ends}
    return Segment(len(ends), arrays | Occurrences.index(arrays["tokens"], ends))


class NoveltyIndex:
    """Texts by their words, one at a time. A score of exactly `threshold` is still new enough."""

    def __init__(self, texts: Iterable[str] = (), *, threshold: float = 0.7) -> None:
        self._pool = Pool(RougeMeasure(threshold))
        self._pool.add(list(texts))

    def __len__(self) -> int:
        return len(self._pool)

    def add(self, text: str) -> None:
        """Add a text: from now on others are compared with it."""
        self._pool.add([text])

    def too_like(self, text: str) -> Likeness | None:
        """Return the most similar text of the index if it is above the threshold, else None."""
        return self._pool.likes([text])[0]


@FILTERS.register("rouge")
def open_rouge_filter(recipe: Recipe, folder: Path) -> PoolFilter:
    """Return the filter with the threshold `generator.rouge`.

    A threshold of 1 lets reworded prompts through, but never the same text twice.
    """
    return PoolFilter(SIMILAR, ExactMeasure(as_written), RougeMeasure(recipe.generator.rouge))
