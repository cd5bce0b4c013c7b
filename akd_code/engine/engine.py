"""The protocol behind which the student is loaded, sampled and trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from akd_code.recipe import PreferSection
from akd_code.records import ChatRow
from akd_code.student import Lessons, OnAnswer, PreferReport, Sampled, SFTReport, Student, TrainingStep


class Engine(Protocol):
    """Does the heavy work on the student. `adapter` is the folder of the adapter that is meant, None for the base."""

    def student(self, adapter: Path | None) -> Student:
        """Return the student, loaded. Raises StudentError."""
        ...

    def answers(
        self,
        adapter: Path | None,
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
        self,
        start: Path | None,
        rows: Sequence[ChatRow],
        out: Path,
        *,
        seed: int,
        on_step: Callable[[TrainingStep], None],
    ) -> SFTReport:
        """Train the student with adapter `start` on the rows, and save its adapter to folder `out`.

        Raises StudentError, DiskError.
        """
        ...

    def prefer(
        self,
        start: Path | None,
        lessons: Lessons,
        settings: PreferSection,
        out: Path,
        *,
        seed: int,
        on_step: Callable[[TrainingStep], None],
    ) -> PreferReport:
        """Train the student with adapter `start` by `settings.method`, and save its adapter to `out`.

        Raises StudentError, DiskError.
        """
        ...
