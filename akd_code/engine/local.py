"""The student in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from akd_code.recipe import PreferSection, Recipe
from akd_code.records import ChatRow
from akd_code.student import (
    Lessons,
    OnAnswer,
    PreferReport,
    Sampled,
    SFTReport,
    Student,
    TrainingStep,
    load_student,
    sample_answers,
    train_prefer,
    train_sft,
)


class LocalEngine:
    """Loads one student at a time and keeps it until another adapter's is asked for."""

    def __init__(self, recipe: Recipe) -> None:
        """Prepare, without loading anything."""
        self._recipe = recipe
        self._loaded: tuple[Path | None, Student] | None = None

    def student(self, adapter: Path | None) -> Student:
        """Return the student with an adapter, loaded. Raises StudentError."""
        if self._loaded is None or self._loaded[0] != adapter:
            self._loaded = None  # the last one leaves memory before the next comes in
            name = self._recipe.student.model
            if name == "lab":
                from akd_code.lab.student import base_student_path

                name = str(base_student_path())
            settings = self._recipe.student
            self._loaded = (adapter, load_student(name, adapter=adapter, device=settings.device, dtype=settings.dtype))
        return self._loaded[1]

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
        """Return the student's answers; `on_answer` is told of each when it ends. Raises StudentError."""
        return sample_answers(
            self.student(adapter),
            [[{"role": "user", "content": text}] for text in questions],
            temperature=temperature,
            max_new_tokens=max_tokens,
            batch_size=self._recipe.student.batch_size,
            seed=seed,
            on_answer=on_answer,
            dtype=self._recipe.student.sampling_dtype,
        )

    def fine_tune(
        self,
        start: Path | None,
        rows: Sequence[ChatRow],
        out: Path,
        *,
        seed: int,
        on_step: Callable[[TrainingStep], None],
    ) -> SFTReport:
        """Train the student with adapter `start` on the rows. Raises StudentError."""
        student = self._taken(start)
        report = train_sft(student, rows, self._recipe.sft, seed=seed, out=out, on_step=on_step)
        self._loaded = (out, student)
        return report

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
        """Train the student with adapter `start` by `settings.method`. Raises StudentError."""
        student = self._taken(start)
        report = train_prefer(student, lessons, settings, seed=seed, out=out, on_step=on_step)
        self._loaded = (out, student)
        return report

    def _taken(self, start: Path | None) -> Student:
        """Return a student that is about to be changed in place: if that is interrupted, nobody must find it."""
        student = self.student(start)
        self._loaded = None
        return student
