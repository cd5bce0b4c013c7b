"""The text tiers: a problem's statement inside a row, eight words in a row in common, and nearly the same words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from akd_code.decontamination.meaning import meaning, says_nothing
from akd_code.decontamination.statement import core, identifiers, readings
from akd_code.filters.words import rouge_words

GRAM, LONG_GRAM = 8, 13
LEAST_WORDS = 5
"""A statement of fewer words is found only where it is all that a row says: "Swap two numbers." is in many."""
NEAR, NEAR_SHORT, SHORT = 0.75, 0.8, 6
"""Likeness from which on two texts say the same; more is asked of one with fewer words that say something."""
_WINDOW, _STEP = 80, 40
_UNNAMED = 0.25
_SAME = 0.99
_CANDIDATES = 4  # readings looked at for each task wanted: a task has up to three
_MOST_SENTENCES = 12
_NEARLY_ALL = 0.8
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n\s*\n")
_NAME = re.compile(r"\b[A-Za-z_]\w*")
_COMPOUND = re.compile(r"\b\w+_\w+\b|\b[a-z]+[A-Z]\w*\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """A problem's words, without `Write a function to` in `words` and with it in `whole`.

    `plain` are those of `words` outside names such as `count_words`, which may be called anything.

    So may what is in `names`, those of functions and arguments that could be words of a sentence, too. `blanks` counts
    the different names that say nothing, such as `param_1` or `solve_it`: each may stand where another text has a word.
    """

    words: tuple[str, ...]
    whole: tuple[str, ...]
    plain: tuple[str, ...]
    names: frozenset[str]
    blanks: int = 0

    @classmethod
    def of(cls, text: str, code: str = "") -> Statement:
        """Return the statement of a problem; `code` names its function and arguments, where its text does not."""
        return cls.readings(text, code)[0]

    @classmethod
    def readings(cls, text: str, code: str = "") -> list[Statement]:
        """Return the statement, and what of it others may have kept."""
        names = identifiers(text) | identifiers(code)
        return [cls._of(one, names) for one in readings(text)]

    @classmethod
    def runs(cls, text: str, code: str = "") -> list[Statement]:
        """Return the runs of whole sentences of a text that are less than all of it; [] for a long text."""
        names = identifiers(text) | identifiers(code)
        sentences = [one for one in _SENTENCE.split(readings(text)[0]) if one.strip()]
        count = len(sentences)
        if count > _MOST_SENTENCES:
            return []
        ends = ((at, end) for at in range(count) for end in range(at + 1, count + 1) if end - at < count)
        return [cls._of(" ".join(sentences[at:end]), names) for at, end in ends]

    @classmethod
    def _of(cls, whole: str, names: frozenset[str]) -> Statement:
        said = core(whole)
        plain = rouge_words(_COMPOUND.sub(" ", said))
        blanks = {word.lower() for word in _NAME.findall(said) if says_nothing(word)}
        return cls(tuple(rouge_words(said)), tuple(rouge_words(whole)), tuple(plain), names, len(blanks))

    def stems(self) -> tuple[Counter[str], set[str]]:
        """Return what stands for the words that say something, and which of that may be a name."""
        stems = Counter(stem for word in self.plain if (stem := meaning(word)) and not says_nothing(word))
        named = {meaning(word) for word in self.plain if word in self.names}
        return stems, named - {""}


@dataclass(frozen=True, slots=True)
class Nearest:
    """A task near a row: how alike their words are, 0 to 1, and whether they say the same."""

    task: int
    likeness: float
    same: bool


class TextIndex:
    """The statements of tasks, by what the text tiers look for. `readings` are those of each task, the whole first."""

    def __init__(self, readings: Sequence[Sequence[Statement]]) -> None:
        self._statements = tuple(some[0] for some in readings)
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
        self._weigh(readings)

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

    def near(self, row: Sequence[Statement], runs: Sequence[Statement] = (), count: int = 5) -> list[Nearest]:
        """Return the nearest tasks by the words that say something, weighted by rarity, the best first.

        Likeness is Dice's: twice the weight in common by the weight of both. Of a row's readings and of a task's, and
        of the parts of a long row, the likest count; so do runs of its sentences that hold nearly all words of the row
        which any task has: what is left out then is talk around the problem.
        """
        found: dict[int, Nearest] = {}
        known = self._known(row[0])
        telling = [one for one in runs if self._known(one) >= _NEARLY_ALL * known]
        for part in (*_parts(row), *telling):
            stems, named = part.stems()
            likeness = self._likeness(stems, named)
            for place in np.argsort(-likeness, kind="stable")[: _CANDIDATES * count]:
                alike, shared = float(likeness[place]), len(self._stems[place] & stems.keys())
                if part.blanks:
                    alike, shared = self._filled(int(place), stems, part.blanks, alike)
                one = Nearest(self._owners[place], alike, self._says_the_same(int(place), alike, shared))
                best = found.get(one.task)
                if alike > 0 and (best is None or (one.same, alike) > (best.same, best.likeness)):
                    found[one.task] = one
        return sorted(found.values(), key=lambda one: (-one.likeness, one.task))[:count]

    def _known(self, one: Statement) -> int:
        """Return how many words of a text that say something any task has, too."""
        return sum(times for stem, times in one.stems()[0].items() if stem in self._tasks_with)

    def _likeness(self, stems: Counter[str], named: set[str]) -> NDArray[np.float64]:
        """Return Dice's likeness of every reading to a row. A name that has no counterpart weighs a quarter."""
        common = np.zeros(len(self._weights))
        row, tasks = 0.0, self._weights.copy()
        for stem, times in stems.items():
            weight = self._weight(stem)
            row += weight * times
            share = _UNNAMED if stem in named else 1.0
            row_left = np.full(len(self._weights), float(times)) if share < 1 else None
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

    def _filled(self, place: int, stems: Counter[str], blanks: int, likeness: float) -> tuple[float, int]:
        """Return likeness and stems in common where a row's blanks stand for names of the task that it lacks.

        They fill no more than half of what is in common: a sentence of blanks alone is no problem's.
        """
        counts, shared = self._counts[place][0], self._stems[place] & stems.keys()
        names = self._named[place] - stems.keys()
        lacking = sorted(names, key=lambda stem: (-self._weight(stem), stem))[:blanks]
        common = sum(self._weight(stem) * min(counts[stem], stems[stem]) for stem in shared)
        filled = sum(self._weight(stem) * counts[stem] for stem in lacking)
        if sum(map(self._weight, lacking)) > sum(map(self._weight, shared)):
            return likeness, len(shared)
        both = sum(self._weight(stem) * (counts[stem] + stems[stem]) for stem in counts.keys() | stems.keys())
        return max(likeness, 2 * (common + filled) / (both + filled)), len(shared) + len(lacking)

    def _says_the_same(self, place: int, likeness: float, shared: int) -> bool:
        """Return whether a row with this likeness is a rewording; one word in common is not enough."""
        if likeness < (NEAR_SHORT if len(self._stems[place]) < SHORT else NEAR):
            return False
        return likeness > _SAME or shared > 1

    def _weigh(self, readings: Sequence[Sequence[Statement]]) -> None:
        """Take down which readings have which stems; how rare a stem is, the whole statements say."""
        self._owners = [number for number, some in enumerate(readings) for _ in some]
        self._counts = [one.stems() for some in readings for one in some]
        self._stems = [frozenset(one) for one, _ in self._counts]
        self._named = [
            stems & {meaning(name) for name in one.names}
            for stems, one in zip(self._stems, (one for some in readings for one in some), strict=True)
        ]
        self._tasks_with = Counter(stem for some in readings for stem in some[0].stems()[0])
        self._usual = max(1.0, math.sqrt(len(readings)) / 2)  # so rare is a word that no task has, at most
        postings: dict[str, list[tuple[int, int, float]]] = {}
        weights = np.zeros(len(self._counts))
        for place, (one, named) in enumerate(self._counts):
            for stem, times in one.items():
                share = _UNNAMED if stem in named else 1.0
                postings.setdefault(stem, []).append((place, times, share))
                weights[place] += self._weight(stem) * times * share
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


def _parts(row: Sequence[Statement]) -> list[Statement]:
    """Return the readings of a row and, where the whole is long, the windows of it."""
    whole = row[0]
    starts = range(0, len(whole.plain) - _STEP, _STEP) if len(whole.plain) > _WINDOW else ()
    return [*row, *(replace(whole, plain=whole.plain[at : at + _WINDOW]) for at in starts)]
