"""A suite of stress prompts: balanced, neutral, distinct, and of no benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from akd_code.decontamination import Detector, Row
from akd_code.filters.dedupe import Deduplicator
from akd_code.security.neutral import unneutral
from akd_code.security.prompts import Cell, prompt_of
from akd_code.security.stress_prompt import StressPrompt

TIERS = ("exact", "minhash", "rouge")
"""What makes a prompt a copy of another: the same text, MinHash over word 5-grams at 0.7, ROUGE-L F1 above 0.7."""
_TRIES = 8
"""How many prompts a place makes in its turn until one is taken; one that has none is exhausted."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The prompts that were taken, and how many others were refused, by the reason."""

    prompts: tuple[StressPrompt, ...]
    refused: dict[str, int]


@dataclass
class Sieve:
    """Refuses near copies of what it let through before, what is not neutral, and what is of a benchmark."""

    detector: Detector | None = None
    refused: Counter[str] = field(default_factory=Counter)
    _dedupe: Deduplicator = field(default_factory=lambda: Deduplicator(TIERS))
    _numbers: Iterator[int] = field(default_factory=count)

    def passes(self, batch: Sequence[StressPrompt]) -> list[bool]:
        """Return for each prompt whether it is taken; those are remembered."""
        reasons = [self._fault(prompt) for prompt in batch]
        numbers = {next(self._numbers): place for place, reason in enumerate(reasons) if reason is None}
        texts = [(number, batch[place].prompt) for number, place in numbers.items()]
        for part in self._dedupe.removals(texts):
            for gone in part:
                reasons[numbers[gone.row]] = f"a copy ({gone.tier})"
        self.refused.update(reason for reason in reasons if reason is not None)
        return [reason is None for reason in reasons]

    def _fault(self, prompt: StressPrompt) -> str | None:
        if unneutral(" ".join(prompt.prompt.split()).replace(prompt.hint, "")):  # code has its hint on several lines
            return "not neutral"
        row = Row(1, prompt.prompt, asserts=prompt.tests)
        return "of a benchmark" if self.detector is not None and self.detector.find(row) else None


def draw_prompts(
    chosen: Sequence[Cell],
    most: int,
    seed: int,
    detector: Detector | None = None,
    *,
    hinted: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Drawn:
    """Return at most so many prompts, as many of each weakness, surface and family as of any other while that goes."""
    sieve = Sieve(detector)
    taken: list[StressPrompt] = []
    lines = [_line(group) for group in _places(chosen)]
    while lines and len(taken) < most:
        waiting = list(lines)
        for _ in range(_TRIES):
            waiting = waiting[: max(0, most - len(taken))]
            made = [prompt_of(*next(line), seed, hinted=hinted) for line in waiting]
            passed = sieve.passes(made)
            taken += [prompt for prompt, good in zip(made, passed, strict=True) if good]
            waiting = [line for line, good in zip(waiting, passed, strict=True) if not good]
        lines = [line for line in lines if line not in waiting]  # these have nothing new to say
        progress(len(taken), most)
    return Drawn(tuple(taken), dict(sieve.refused))


def _places(chosen: Sequence[Cell]) -> list[list[Cell]]:
    """Return the cells by what is balanced, the weaknesses by turns, so that a few prompts are of many of them.

    Each weakness begins with another of its places than the one before it: else the first prompts are of one family.
    """
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in chosen:
        groups.setdefault(cell.place, []).append(cell)
    by_weakness: dict[str, list[list[Cell]]] = {}
    for place, group in groups.items():
        by_weakness.setdefault(place[0], []).append(group)
    turned = [line[at % len(line) :] + line[: at % len(line)] for at, line in enumerate(by_weakness.values())]
    return [line[at] for at in range(max(map(len, turned), default=0)) for line in turned if at < len(line)]


def _line(group: Sequence[Cell]) -> Iterator[tuple[Cell, int]]:
    """Yield (cell, number) without end: the cells by turns."""
    for number in count():
        for cell in group:
            yield cell, number
