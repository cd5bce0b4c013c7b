"""Training on the student's own answers, by the method that a recipe names."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from akd_code.recipe import PreferSection
from akd_code.records import Pair, Single, Taught
from akd_code.student.checkpoint import TrainingProgress
from akd_code.student.encode import EncodedRow, encode_row, stop_ids
from akd_code.student.kto import SingleExample, kto
from akd_code.student.load import Student, StudentError
from akd_code.student.memory import forward_tokens
from akd_code.student.preference import PairExample, dpo, logps, margins
from akd_code.student.self_distil import self_distillation, taught
from akd_code.student.trainer import Example, Objective, TrainingStep, train_adapter

E = TypeVar("E", bound=Example)
OnStep = Callable[[TrainingStep], None]
Lessons = Sequence[Pair] | Sequence[Single] | Sequence[Taught]
"""What is trained on: all of one kind, which is the method's."""


@dataclass(frozen=True, slots=True)
class PreferReport:
    """What such a training did.

    `losses` and `figures` (named by `names`) are the means of every step. `margins` are those of the pairs after the
    training, with their prompts' ids, low where the student still prefers its own failure; () of other methods.
    """

    rows: int
    rows_too_long: int
    losses: tuple[float, ...]
    names: tuple[str, ...]
    figures: tuple[tuple[float, ...], ...]
    margins: tuple[tuple[str, float], ...]
    wall_s: float
    adapter: Path


def train_prefer(
    student: Student,
    lessons: Lessons,
    settings: PreferSection,
    *,
    seed: int,
    out: Path,
    on_step: OnStep | None = None,
    checkpoint_s: float = 60.0,
) -> PreferReport:
    """Train the student further by `settings.method`, and save the adapter to folder `out`, as `train_adapter` says.

    What the student says before the training is what it is held to (dpo, kto) or taught by (self).

    Raises:
        StudentError: no lesson fits into `max_length`.
    """
    began = time.monotonic()
    train = {"dpo": _by_pairs, "kto": _by_singles, "self": _by_itself}[settings.method]
    made = train(student, lessons, settings, _Training(seed, out, on_step, checkpoint_s))
    done = made.progress
    return PreferReport(
        rows=made.rows,
        rows_too_long=len(lessons) - made.rows,
        losses=tuple(done.losses),
        names=made.names,
        figures=tuple(map(tuple, done.figures)),
        margins=made.margins,
        wall_s=time.monotonic() - began,
        adapter=out,
    )


@dataclass(frozen=True, slots=True)
class _Training:
    """Where and how: the same for every method."""

    seed: int
    out: Path
    on_step: OnStep | None
    checkpoint_s: float

    def run(
        self, student: Student, examples: Sequence[E], objective: Objective[E], settings: PreferSection
    ) -> TrainingProgress:
        if not examples:
            raise StudentError(f"no answer fits into max_length {settings.max_length}; raise prefer.max_length")
        return train_adapter(
            student,
            examples,
            objective,
            settings,
            seed=self.seed,
            out=self.out,
            on_step=self.on_step,
            checkpoint_s=self.checkpoint_s,
        )


@dataclass(frozen=True, slots=True)
class _Made:
    rows: int
    progress: TrainingProgress
    names: tuple[str, ...]
    margins: tuple[tuple[str, float], ...] = ()


def _by_pairs(student: Student, lessons: Lessons, settings: PreferSection, training: _Training) -> _Made:
    encoded = _Encoder(student)
    pairs = [
        (pair.prompt_id, encoded(pair.prompt, pair.chosen), encoded(pair.prompt, pair.rejected))
        for pair in cast(Sequence[Pair], lessons)
    ]
    pairs = [one for one in pairs if max(one[1].length, one[2].length) <= settings.max_length]
    before = logps(student, [row for _, *rows in pairs for row in rows], forward_tokens(settings))
    examples = [
        PairExample(chosen, rejected, (before[2 * place], before[2 * place + 1]))
        for place, (_, chosen, rejected) in enumerate(pairs)
    ]
    objective = dpo(settings.beta, settings.nll)
    progress = training.run(student, examples, objective, settings)
    after = margins(student, examples, settings.beta, forward_tokens(settings))
    named = tuple((prompt_id, margin) for (prompt_id, _, _), margin in zip(pairs, after, strict=True))
    return _Made(len(examples), progress, objective.figures, named)


def _by_singles(student: Student, lessons: Lessons, settings: PreferSection, training: _Training) -> _Made:
    encoded = _Encoder(student)
    singles = cast(Sequence[Single], lessons)
    # an answer to another prompt: the next one's, as in a batch of the paper
    others = [*singles[1:], *singles[:1]]
    rows = [
        (one.right, encoded(one.prompt, one.text), encoded(one.prompt, other.text))
        for one, other in zip(singles, others, strict=True)
    ]
    rows = [one for one in rows if max(one[1].length, one[2].length) <= settings.max_length]
    before = logps(student, [row for _, *both in rows for row in both], forward_tokens(settings))
    examples = [
        SingleExample(row, right, other, (before[2 * place], before[2 * place + 1]))
        for place, (right, row, other) in enumerate(rows)
    ]
    objective = kto(settings.beta, settings.desirable, settings.undesirable)
    return _Made(len(examples), training.run(student, examples, objective, settings), objective.figures)


def _by_itself(student: Student, lessons: Lessons, settings: PreferSection, training: _Training) -> _Made:
    encoded = _Encoder(student)
    rows = [(encoded(one.prompt, one.text), encoded(one.shown, one.text)) for one in cast(Sequence[Taught], lessons)]
    # A template that ends the two conversations unlike would compare unlike tokens; no template in use does.
    rows = [one for one in rows if max(one[0].length, one[1].length) <= settings.max_length]
    examples = taught(
        student, [row for row, _ in rows], [shown for _, shown in rows], settings.top_k, forward_tokens(settings)
    )
    objective = self_distillation(settings.direction)
    return _Made(len(examples), training.run(student, examples, objective, settings), objective.figures)


class _Encoder:
    """Turns a prompt and an answer into a row, just as imitation does."""

    def __init__(self, student: Student) -> None:
        self._student, self._stops = student, stop_ids(student)

    def __call__(self, prompt: str, answer: str) -> EncodedRow:
        return encode_row(self._student, (("user", prompt), ("assistant", answer)), self._stops)
