"""The text tiers: a problem's statement inside a row, eight words in a row in common, and nearly the same words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from akd_code.decontamination.meaning import meaning
from akd_code.decontamination.statement import core, identifiers, statement
from akd_code.filters.words import rouge_words

GRAM, LONG_GRAM = 8, 13
LEAST_WORDS = 5
"""A statement of fewer words is found only where it is all that a row says: "Swap two numbers." is in many."""
NEAR, NEAR_SHORT, SHORT = 0.75, 0.8, 6
"""Likeness from which on two texts say the same; more is asked of one with fewer words that say something."""
_WINDOW, _STEP = 80, 40
_UNNAMED = 0.25
_SAME = 0.99
_COMPOUND = re.compile(r"\b\w+_\w+\b|\b[a-z]+[A-Z]\w*\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """A problem's words, without `Write a function to` in `words` and with it in `whole`.

    `plain` are those of `words` outside names such as `count_words`, which may be called anything.

    So may what is in `names`, those of functions and arguments that could be words of a sentence, too.
    """

    words: tuple[str, ...]
    whole: tuple[str, ...]
    plain: tuple[str, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, text: str, code: str = "") -> Statement:
        """Return the statement of a problem; `code` names its function and arguments, where its text does not."""
        whole = statement(text)
        said = core(whole)
        plain = rouge_words(_COMPOUND.sub(" ", said))
        words = tuple(rouge_words(said))
        return cls(words, tuple(rouge_words(whole)), tuple(plain), identifiers(text) | identifiers(code))

    def stems(self) -> tuple[Counter[str], set[str]]:
        """Return what stands for the words that say something, and which of that may be a name."""
        stems = Counter(stem for word in self.plain if (stem := meaning(word)))
        named = {meaning(word) for word in self.plain if word in self.names}
        return stems, named - {""}


class TextIndex:
    """The statements of tasks, by what the text tiers look for."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = tuple(statements)
        self._grams: dict[tuple[str, ...], list[int]] = {}
        self._openings: dict[tuple[str, ...], list[tuple[int, tuple[str, ...]]]] = {}
        self._wholes: dict[tuple[str, ...], list[int]] = {}
        for number, one in enumerate(self._statements):
            for gram in filter(_says_something, _grams(one.words, GRAM)):
                self._grams.setdefault(gram, []).append(number)
            for sought in {one.words, one.whole}:
                if len(sought) >= LEAST_WORDS:
                    self._openings.setdefault(sought[:LEAST_WORDS], []).append((number, sought))
            if one.words:
                self._wholes.setdefault(one.words, []).append(number)
        self._weigh()

    def inside(self, words: Sequence[str], whole: Sequence[str]) -> dict[int, str]:
        """Return the tasks whose statement stands in `words`, or is all of `whole`, with the statement."""
        found = {number: " ".join(whole) for number in self._wholes.get(tuple(whole), ())}
        for at in range(len(words) - LEAST_WORDS + 1):
            for number, sought in self._openings.get(tuple(words[at : at + LEAST_WORDS]), ()):
                if tuple(words[at : at + len(sought)]) == sought:
                    found[number] = " ".join(sought)
        return found

    def grams(self, words: Sequence[str]) -> dict[int, tuple[str, int]]:
        """Return the tasks that share eight words in a row, with the longest run in common and how many it has."""
        found: dict[int, tuple[str, int]] = {}
        runs: dict[int, int] = {}  # words of the run that ends here, by task
        for at in range(len(words) - GRAM + 1):
            there = set(self._grams.get(tuple(words[at : at + GRAM]), ()))
            runs = {number: runs[number] + 1 if number in runs else GRAM for number in there}
            for number, length in runs.items():
                if number not in found or length > found[number][1]:
                    found[number] = " ".join(words[at + GRAM - length : at + GRAM]), length
        return found

    def near(self, row: Statement, count: int = 5) -> list[tuple[int, float]]:
        """Return the nearest tasks by the words that say something, weighted by rarity: (task, likeness), best first.

        Likeness is Dice's, 0 to 1: twice the weight in common by the weight of both. Of a long row, the part that is
        likest counts.
        """
        best = np.zeros(len(self._statements))
        for part in _parts(row):
            best = np.maximum(best, self._likeness(*part.stems()))
        order = np.argsort(-best, kind="stable")[:count]
        return [(int(task), float(best[task])) for task in order if best[task] > 0]

    def _likeness(self, stems: Counter[str], named: set[str]) -> NDArray[np.float64]:
        """Return Dice's likeness of every task to a row's words. A name that has no counterpart weighs a quarter."""
        common = np.zeros(len(self._statements))
        row, tasks = 0.0, self._weights.copy()
        for stem, times in stems.items():
            weight = self._weight(stem)
            row += weight * times
            share = _UNNAMED if stem in named else 1.0
            row_left = np.full(len(self._statements), float(times)) if share < 1 else None
            if (posting := self._postings.get(stem)) is not None:
                numbers, there, shares = posting
                both = np.minimum(there, times)
                common[numbers] += weight * both
                tasks[numbers] += weight * both * (1 - shares)
                if row_left is not None:
                    row_left[numbers] -= both
            if row_left is not None:
                tasks -= weight * row_left * (1 - share)
        likeness: NDArray[np.float64] = 2 * common / np.maximum(tasks + row, 1e-9)
        return likeness

    def says_the_same(self, row: Statement, task: int, likeness: float) -> bool:
        """Return whether a row with this likeness to a task is a rewording of it; one word in common is not enough."""
        if likeness < (NEAR_SHORT if len(self._stems[task]) < SHORT else NEAR):
            return False
        return likeness > _SAME or len(self._stems[task] & row.stems()[0].keys()) > 1

    def _weigh(self) -> None:
        stems = [one.stems() for one in self._statements]
        self._stems = [frozenset(one) for one, _ in stems]
        self._tasks_with = Counter(stem for one, _ in stems for stem in one)
        self._usual = max(1.0, math.sqrt(len(self._statements)) / 2)  # so rare is a word that no task has, at most
        postings: dict[str, list[tuple[int, int, float]]] = {}
        weights = np.zeros(len(stems))
        for number, (one, named) in enumerate(stems):
            for stem, times in one.items():
                share = _UNNAMED if stem in named else 1.0
                postings.setdefault(stem, []).append((number, times, share))
                weights[number] += self._weight(stem) * times * share
        self._postings = {stem: tuple(map(np.array, zip(*some, strict=True))) for stem, some in postings.items()}
        self._weights = weights

    def _weight(self, stem: str) -> float:
        there = self._tasks_with.get(stem, self._usual)
        return 1.0 + math.log((1 + len(self._statements)) / (1 + there))


def _grams(words: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def _says_something(gram: tuple[str, ...]) -> bool:
    """Return whether a run is more than numbers and single letters: `1 2 3 4 5 6 7 8` is in many problems."""
    return len({word for word in gram if len(word) > 1 and not word.isdigit()}) >= 4


def _parts(row: Statement) -> list[Statement]:
    """Return a statement and, where it is long, the windows of it."""
    if len(row.plain) <= _WINDOW:
        return [row]
    starts = range(0, len(row.plain) - _STEP, _STEP)
    return [row, *(replace(row, plain=row.plain[at : at + _WINDOW]) for at in starts)]
