"""Near duplicates by ROUGE-L F1 over words (Lion, arXiv 2305.12870: at most 0.7 to any known instruction)."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel, LCSseq

from akd_code.filters.registry import FILTERS
from akd_code.recipe import Recipe
from akd_code.records import Prompt

SIMILAR = "similar"
_WORD = re.compile(r"[a-z0-9]+")
_MARGIN = 1e-9  # rapidfuzz compares in floating point; what it lets through is compared exactly afterwards


def rouge_words(text: str) -> list[str]:
    """Return the words of a text as ROUGE counts them: runs of a-z and 0-9 in lower case, no stemming."""
    return _WORD.findall(text.lower())


def rouge_l_f1(one: str, other: str) -> float:
    """Return ROUGE-L F1 of two texts, 0 to 1: with L the longest common subsequence of words, 2L / (m + n).

    That is the harmonic mean of L/m and L/n. A text without words is similar to none.
    """
    left, right = rouge_words(one), rouge_words(other)
    if not left or not right:
        return 0.0
    return 2 * LCSseq.similarity(left, right) / (len(left) + len(right))


@dataclass(frozen=True, slots=True)
class Likeness:
    """The most similar text of an index: its place in the order of adding, and its ROUGE-L F1."""

    index: int
    score: float


class NoveltyIndex:
    """Texts by their words. `too_like` is exact: a score of exactly `threshold` is still new enough (Lion, <= 0.7).

    Each word becomes one character, so that a text becomes a short string. 2L / (m + n) is then the normalised Indel
    similarity of two strings, which rapidfuzz computes bit-parallel. Before that, texts are ruled out by a bound: L is
    at most the number of words two texts share, counted with repetition, and an inverted index gives that at once.
    """

    def __init__(self, texts: Iterable[str] = (), *, threshold: float = 0.7) -> None:
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"the ROUGE-L threshold is {threshold}; it must lie between 0 and 1")
        self._threshold = threshold
        self._exact = Fraction(str(threshold))
        self._letters: dict[str, str] = {}
        self._texts: list[str] = []
        self._lengths = array("i")
        self._postings: dict[str, tuple[array[int], array[int]]] = {}
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> None:
        """Add a text: from now on others are compared with it."""
        spelt = self._spelt(text)
        for letter, count in Counter(spelt).items():
            where, counts = self._postings.setdefault(letter, (array("i"), array("i")))
            where.append(len(self._texts))
            counts.append(count)
        self._texts.append(spelt)
        self._lengths.append(len(spelt))

    def too_like(self, text: str) -> Likeness | None:
        """Return the most similar text of the index if it is above the threshold, else None."""
        spelt = self._spelt(text)
        if not spelt or not self._texts:
            return None
        candidates = self._candidates(spelt)
        found = process.extractOne(
            spelt,
            [self._texts[index] for index in candidates],
            scorer=Indel.normalized_similarity,
            processor=None,
            score_cutoff=max(0.0, self._threshold - _MARGIN),
        )
        if found is None:
            return None
        match, _, place = found
        score = Fraction(2 * LCSseq.similarity(spelt, match), len(spelt) + len(match))
        return Likeness(int(candidates[place]), float(score)) if score > self._exact else None

    def _candidates(self, spelt: str) -> Any:
        """Return the places of the texts that share enough words for a score above the threshold, an int array."""
        shared = np.zeros(len(self._texts), dtype=np.intc)
        for letter, count in Counter(spelt).items():
            posting = self._postings.get(letter)
            if posting is not None:
                where, counts = (np.frombuffer(values, dtype=np.intc) for values in posting)
                shared[where] += np.minimum(counts, count)
        lengths = np.frombuffer(self._lengths, dtype=np.intc) + len(spelt)
        return np.flatnonzero(2 * shared > (self._threshold - _MARGIN) * lengths)

    def _spelt(self, text: str) -> str:
        letters = self._letters
        return "".join([letters.setdefault(word, chr(len(letters) + 1)) for word in rouge_words(text)])


class RougeFilter:
    """Refuses what is too similar to a prompt of the pool; the index of the pool is kept from round to round.

    A threshold of 1 lets reworded prompts through, but never the same text twice.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._pool = NoveltyIndex(threshold=threshold)
        self._texts: set[str] = set()

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        """Return for each prompt `similar` or None."""
        passed, texts = NoveltyIndex(threshold=self._threshold), set[str]()
        reasons: list[str | None] = []
        for text in (prompt.text for prompt in batch):
            same = text in self._texts or text in texts
            if same or self._pool.too_like(text) is not None or passed.too_like(text) is not None:
                reasons.append(SIMILAR)
                continue
            passed.add(text)
            texts.add(text)
            reasons.append(None)
        return reasons

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Compare later prompts with these, too."""
        for prompt in prompts:
            self._pool.add(prompt.text)
            self._texts.add(prompt.text)


@FILTERS.register("rouge")
def open_rouge_filter(recipe: Recipe, folder: Path) -> RougeFilter:
    """Return the filter with the threshold `generator.rouge`."""
    return RougeFilter(recipe.generator.rouge)
