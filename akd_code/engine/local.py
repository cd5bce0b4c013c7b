"""The student in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from akd_code.recipe import Recipe
from akd_code.records import ChatRow
from akd_code.student import (
    OnAnswer,
    Sampled,
    SFTReport,
    Student,
    TrainingStep,
    load_student,
    sample_answers,
    train_sft,
)


class LocalEngine:
    """Loads one student at a time and keeps it until another round's is asked for."""

    def __init__(self, recipe: Recipe, adapter_of: Callable[[int], Path]) -> None:
        """Prepare; `adapter_of` gives the folder of a round's adapter."""
        self._recipe, self._adapter_of = recipe, adapter_of
        self._loaded: tuple[int, Student] | None = None

    def student(self, number: int) -> Student:
        """Return the student after a round, loaded. Raises StudentError."""
        if self._loaded is None or self._loaded[0] != number:
            self._loaded = None  # the last one leaves memory before the next comes in
            name = self._recipe.student.model
            if name == "lab":
                from akd_code.lab.student import base_student_path

                name = str(base_student_path())
            adapter = self._adapter_of(number) if number else None
            settings = self._recipe.student
            self._loaded = (number, load_student(name, adapter=adapter, device=settings.device, dtype=settings.dtype))
        return self._loaded[1]

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
        """Return the student's answers; `on_answer` is told of each when it ends. Raises StudentError."""
        return sample_answers(
            self.student(number),
            [[{"role": "user", "content": text}] for text in questions],
            temperature=temperature,
            max_new_tokens=max_tokens,
            batch_size=self._recipe.student.batch_size,
            seed=seed,
            on_answer=on_answer,
        )

    def fine_tune(
        self, number: int, rows: Sequence[ChatRow], out: Path, *, seed: int, on_step: Callable[[TrainingStep], None]
    ) -> SFTReport:
        """Train the student of the round before on the rows. Raises StudentError."""
        student = self.student(number - 1)
        self._loaded = None  # it is changed in place: if training is interrupted, nobody must find it
        report = train_sft(student, rows, self._recipe.sft, seed=seed, out=out, on_step=on_step)
        self._loaded = (number, student)
        return report
