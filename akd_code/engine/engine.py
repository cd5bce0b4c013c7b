"""The protocol behind which the student is loaded, sampled and trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from akd_code.records import ChatRow
from akd_code.student import OnAnswer, Sampled, SFTReport, Student, TrainingStep


class Engine(Protocol):
    """Does the heavy work on the student. `number` is the round after which the student is meant (0: the base)."""

    def student(self, number: int) -> Student:
        """Return the student after a round, loaded. Raises StudentError."""
        ...

    def answers(
        self,
        number: int,
        questions: Sequence[str],
        *,
        temperature: float,
        max_tokens: int,
        seed: int,
        on_answer: OnAnswer,
    ) -> list[Sampled]:
        """Return the student's answers, one per question; `on_answer` is told of each when it ends.

        Equal calls give equal answers.
        Raises StudentError.
        """
        ...

    def fine_tune(
        self, number: int, rows: Sequence[ChatRow], out: Path, *, seed: int, on_step: Callable[[TrainingStep], None]
    ) -> SFTReport:
        """Train the student of the round before on the rows; its adapter, in folder `out`, makes it the round's.

        Raises StudentError, DiskError.
        """
        ...
