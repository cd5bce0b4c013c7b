"""Preference: the student is trained on its own answers, by what the referee knows of them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from akd_code.curriculum.lessons import lessons, practised
from akd_code.recipe import PreferSection, Recipe, Section
from akd_code.records import Label, PairMargin, Practice
from akd_code.stages.estimate import Estimate, Outlook, preferred
from akd_code.stages.practise import practised_on
from akd_code.stages.stage import Keep, Stage, StageResult
from akd_code.stages.steps_file import write_steps
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench
from akd_code.storage import replaced, write_text
from akd_code.student import Lessons, TrainingStep

_OF_ROWS = 0.5
"""Pairs for each answer of a prompt, as the dry run assumes: some prompts are mastered, on some nothing is right."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What such a training did: losses, and the objective's other figures, over the first and last tenth of steps."""

    rows: int
    rows_too_long: int
    steps: int
    first_loss: float = 0.0
    last_loss: float = 0.0
    figures: tuple[tuple[str, float, float], ...] = ()


class Prefer(Stage[Preference, PairMargin]):
    """The student after practice: its adapter in the round's folder."""

    name: ClassVar[str] = "preference"
    facts_kind = Preference
    item_kind = PairMargin
    lessons_file: ClassVar[str] = "pairs.jsonl"
    steps_file: ClassVar[str] = "preference_steps.jsonl"

    def __init__(
        self,
        bench: Workbench,
        number: int,
        labels: Sequence[Label],
        practices: Sequence[Practice],
        student: StudentAt,
    ) -> None:
        super().__init__(bench, number)
        self.labels = tuple(label for label in labels if practised(label))
        self.practices, self.student = tuple(practices), student

    @cached_property
    def lessons(self) -> Lessons:
        """What is trained on, drawn with the recipe's seed."""
        recipe = self.bench.recipe
        rng = random.Random(f"preference {recipe.seed} {self.number}")
        return lessons(self.labels, {one.prompt_id: one for one in self.practices}, recipe.prefer, rng)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What is trained on, and the student it starts from."""
        student = self.bench.recipe.student
        return (tuple(self.lessons), self.student.key, student.model, student.device, student.dtype)

    @property
    def settings(self) -> tuple[Section, ...]:
        """How to train."""
        return (self.how,)

    @property
    def how(self) -> PreferSection:
        """The method and how to train."""
        return self.bench.recipe.prefer

    @property
    def out(self) -> Path:
        """The folder of the adapter that is made."""
        return self.bench.preferred(self.number)

    def work(self, kept: Mapping[int, PairMargin], keep: Keep[PairMargin]) -> StageResult[Preference, PairMargin]:
        """Write the pairs, train on them, save the adapter; where there is none the student stays as it is."""
        bench, found = self.bench, self.lessons
        folder = bench.run.round_path(self.number)
        text = "".join(json.dumps(one.as_json(), ensure_ascii=False) + "\n" for one in found)

        def on_step(step: TrainingStep) -> None:
            bench.watcher.progress(step.step, step.total)

        with bench.run.writing():
            write_text(folder / self.lessons_file, text)
            if not found:
                self._stay()
                return StageResult(Preference(0, 0, 0))
            report = bench.engine.prefer(
                self.student.adapter,
                found,
                self.how,
                self.out,
                seed=bench.recipe.seed * 1000 + self.number,
                on_step=on_step,
            )
            write_steps(folder / self.steps_file, report.losses, report.names, report.figures)
        tenth = max(1, len(report.losses) // 10)
        columns = list(zip(*report.figures, strict=True))
        figures = tuple(
            (name, _mean(column[:tenth]), _mean(column[-tenth:]))
            for name, column in zip(report.names, columns, strict=True)
        )
        losses = _mean(report.losses[:tenth]), _mean(report.losses[-tenth:])
        facts = Preference(report.rows, report.rows_too_long, len(report.losses), *losses, figures)
        return StageResult(facts, tuple(PairMargin(*one) for one in report.margins))

    def _stay(self) -> None:
        """Make a copy of the adapter that it starts from."""
        if self.student.adapter is not None:
            with replaced(self.out) as draft:
                shutil.copytree(self.student.adapter, draft, dirs_exist_ok=True)

    def described(self, item: PairMargin) -> tuple[str, str]:
        """Return the prompt's id and whether the chosen answer is preferred by now."""
        return item.prompt_id, "learnt" if item.margin > 0 else "not learnt"

    def note(self, result: StageResult[Preference, PairMargin]) -> Sequence[str]:
        """Return what was trained on, and how the loss and the margins moved."""
        done = result.facts
        if not done.rows:
            return ("nothing to learn from the student's own answers; it stays as it is",)
        moved = "".join(f", {name} {first:.3f} -> {last:.3f}" for name, first, last in done.figures)
        losses = f"loss {done.first_loss:.3f} -> {done.last_loss:.3f}"
        return (f"{self.how.method}: {done.rows} rows, {done.steps} steps, {losses}{moved}",)

    def figures(self, result: StageResult[Preference, PairMargin]) -> dict[str, Any]:
        """Return rows, steps, losses and the objective's other figures."""
        done = result.facts
        return {
            "method": self.how.method,
            "rows": done.rows,
            "rows_too_long": done.rows_too_long,
            "steps": done.steps,
            "first_loss": round(done.first_loss, 4),
            "last_loss": round(done.last_loss, 4),
            **{f"first_{name}": round(first, 4) for name, first, _ in done.figures},
            **{f"last_{name}": round(last, 4) for name, _, last in done.figures},
        }

    def standing(self) -> bool:
        """Return whether the adapter is there."""
        return (self.out / "adapter_config.json").exists()

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return a pair for half of what is practised, in every epoch."""
        settings = recipe.prefer
        pairs = practised_on(settings, outlook.train) * min(settings.samples, settings.pairs) * _OF_ROWS
        return preferred(outlook.pace, pairs, settings.epochs)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))
