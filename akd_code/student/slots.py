"""Answers written side by side in slots: as one ends, the next prompt takes its place (continuous batching)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from akd_code.student.ask import Sampled, Writing

if TYPE_CHECKING:
    import torch

READ_AT_ONCE = 2048
"""Tokens of prompts that are read in one forward pass at most (one prompt may be longer)."""
Step = Callable[["torch.Tensor", Sequence[Writing]], list[Sampled | None]]
"""Takes logits [b, v] and the rows they belong to; returns for each row its answer, if it has ended."""


class Reader(Protocol):
    """What has been read into each slot, and the forward passes that read more. The slots in use are the first ones."""

    def read(self, prompts: Sequence[tuple[int, ...]], takes: Sequence[int], first: int) -> torch.Tensor:
        """Read prompts into empty slots: slot `first + i` takes prompt `takes[i]`; nothing older in it is looked at.

        Returns the logits after each prompt, [prompts, v].
        """
        ...

    def step(self, tokens: Sequence[int], places: Sequence[int]) -> torch.Tensor:
        """Read one token into each slot in use, at these positions. Returns the logits after it, [b, v]."""
        ...

    def move(self, source: int, target: int, length: int) -> None:
        """Copy what a slot holds, `length` positions, to another."""
        ...


@dataclass(frozen=True, slots=True)
class Slots:
    """Writes the answers to any number of asks, `size` at once."""

    reader: Reader
    size: int

    def write(self, asks: Iterator[Writing], step: Step, ended: Callable[[int, Sampled], None]) -> None:
        """Write until no ask is left; `ended` is told each answer with its ask's place."""
        active: list[Writing] = []
        waiting = _Queue(asks)
        while active or waiting:
            free = self.size - len(active)
            if waiting and (free >= max(1, self.size // 8) or not active):
                self._read(active, waiting.take(free), step, ended)
                continue
            logits = self.reader.step([row.tokens[-1] for row in active], [row.length - 1 for row in active])
            self._close(active, step(logits, active), ended)

    def _close(
        self, active: list[Writing], answers: Sequence[Sampled | None], ended: Callable[[int, Sampled], None]
    ) -> None:
        """Tell of the answers that have ended; the last rows move into their slots, so that those in use are first."""
        over = [slot for slot, answer in enumerate(answers) if answer is not None]
        for slot in over:
            answer = answers[slot]
            assert answer is not None
            ended(active[slot].place, answer)
        for slot in reversed(over):
            last = active.pop()
            if slot < len(active):
                self.reader.move(len(active), slot, last.length)
                active[slot] = last

    def _read(
        self, active: list[Writing], taken: list[Writing], step: Step, ended: Callable[[int, Sampled], None]
    ) -> None:
        """Read the prompts of new rows, like lengths together, and write each one's first token."""
        for group in _alike(taken):
            places = {ids: place for place, ids in enumerate(dict.fromkeys(row.ask.ids for row in group))}
            takes = [places[row.ask.ids] for row in group]
            first = len(active)
            logits = self.reader.read(list(places), takes, first)[takes]
            active += group
            self._close(active, [None] * first + step(logits, group), ended)


class _Queue:
    """Asks that wait, taken in their order."""

    def __init__(self, asks: Iterator[Writing]) -> None:
        self._asks = asks
        self._next = next(asks, None)

    def __bool__(self) -> bool:
        return self._next is not None

    def take(self, count: int) -> list[Writing]:
        taken: list[Writing] = []
        while self._next is not None and len(taken) < count:
            taken.append(self._next)
            self._next = next(self._asks, None)
        return taken


def _alike(rows: Sequence[Writing]) -> Iterator[list[Writing]]:
    """Yield the rows in groups whose distinct prompts, padded to the longest, stay within READ_AT_ONCE."""
    group: list[Writing] = []
    longest, prompts = 0, set[tuple[int, ...]]()
    for row in sorted(rows, key=lambda one: -len(one.ask.ids)):
        longest = max(longest, len(row.ask.ids))
        if group and longest * len(prompts | {row.ask.ids}) > READ_AT_ONCE:
            yield group
            group, longest, prompts = [], len(row.ask.ids), set()
        group.append(row)
        prompts.add(row.ask.ids)
    if group:
        yield group
