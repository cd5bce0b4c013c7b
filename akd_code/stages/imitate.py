"""Imitation: the student is fine-tuned on the labels, going on from where the last round left it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from akd_code.curriculum.mixture import mixture
from akd_code.errors import AkdError
from akd_code.recipe import Recipe, Section
from akd_code.records import Label, LabelOutcome
from akd_code.stages.estimate import Estimate, Outlook, trained
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.steps_file import write_steps
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import BETWEEN, Workbench
from akd_code.storage import dropped, write_text
from akd_code.student import TrainingStep


@dataclass(frozen=True, slots=True)
class Imitation:
    """What one fine-tuning did: losses are means per trained token over the first and the last tenth of the steps."""

    rows: int
    rows_too_long: int
    steps: int
    tokens: int
    first_loss: float
    last_loss: float


_ENDED = {
    LabelOutcome.VERIFIED: "cut by length",
    LabelOutcome.UNVERIFIED: "cut by length",
    LabelOutcome.FAILED: "that fail the tests",
    LabelOutcome.EXPLOITABLE: "that an exploit works on",
    LabelOutcome.TRUNCATED: "cut by length",
    LabelOutcome.NO_CODE: "without code",
    LabelOutcome.SUSPECT: "that instruct whoever reads them",
    LabelOutcome.REFUSED: "refused by the endpoint",
    LabelOutcome.SPOILT: "that the sandbox could not test",
}


class NoRowsError(AkdError):
    """No answer of the teacher's can be trained on; the message says what became of them."""

    def __init__(self, outcomes: Mapping[LabelOutcome, int]) -> None:
        counts: Counter[str] = Counter()
        for outcome, count in outcomes.items():
            counts[_ENDED[outcome]] += count
        said = ", ".join(f"{count} answer{'s' * (count != 1)} {how}" for how, count in counts.most_common())
        what = (
            f"{said}; look at them with `akd status RUN --labels OUTCOME`, then change the teacher, its max_tokens "
            "or the seeds"
        )
        if not said:
            what = "there is no prompt, as the round before made none; its `generation` in summary.json says why"
        super().__init__(f"no row to train on: {what}")


class Imitate(Stage[Imitation, NoFacts]):
    """The student after imitation, in folder `bench.imitated`: `student` is the one it starts from.

    `earlier` are labels of rounds before, of which some may be drawn again; `gap` is the share of hard prompts before.
    """

    name: ClassVar[str] = "imitation"
    facts_kind = Imitation

    def __init__(
        self,
        bench: Workbench,
        number: int,
        labels: Sequence[Label],
        student: StudentAt,
        earlier: Sequence[Label] = (),
        gap: float | None = None,
    ) -> None:
        super().__init__(bench, number)
        recipe = bench.recipe
        self._outcomes = Counter(label.outcome for label in labels)
        self.rows = mixture(
            labels,
            earlier,
            replay=recipe.sft.replay,
            adversarial=recipe.sft.adversarial,
            gap=gap,
            keep_reasoning=recipe.label.keep_reasoning,
            rng=random.Random(f"replay {recipe.seed} {number}"),
        )
        self.student = student

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The rows, the student it starts from, and the first of them all."""
        student = self.bench.recipe.student
        found = (tuple(row.messages for row in self.rows), self.student.key)
        weights = tuple(row.weight for row in self.rows)
        weighed = (weights,) if set(weights) - {1.0} else ()
        return (*found, student.model, student.device, student.dtype, *weighed)

    @property
    def settings(self) -> tuple[Section, ...]:
        """How to train."""
        return (self.bench.recipe.sft,)

    def work(self, kept: Mapping[int, NoFacts], keep: Keep[NoFacts]) -> StageResult[Imitation, NoFacts]:
        """Write the rows, train on them, save the adapter. Raises NoRowsError where there is none."""
        bench = self.bench
        if not self.rows:
            raise NoRowsError(self._outcomes)
        text = "".join(json.dumps(row.as_json(), ensure_ascii=False) + "\n" for row in self.rows)

        def on_step(step: TrainingStep) -> None:
            bench.watcher.progress(step.step, step.total)

        with bench.run.writing():
            dropped(self._between)
            write_text(bench.run.round_path(self.number) / "train.jsonl", text)
            report = bench.engine.fine_tune(
                self.student.adapter,
                self.rows,
                bench.imitated(self.number),
                seed=bench.recipe.seed * 1000 + self.number,
                on_step=on_step,
            )
            write_steps(bench.run.round_path(self.number) / "imitation_steps.jsonl", report.losses)
        fields = (report.rows, report.rows_too_long, report.steps, report.tokens)
        return StageResult(Imitation(*fields, report.first_loss, report.last_loss))

    def note(self, result: StageResult[Imitation, NoFacts]) -> Sequence[str]:
        """Return what was trained on, and how the loss moved."""
        done = result.facts
        return (
            f"{done.rows} rows, {done.steps} steps, {done.tokens} trained tokens, "
            f"loss {done.first_loss:.3f} -> {done.last_loss:.3f}",
        )

    def figures(self, result: StageResult[Imitation, NoFacts]) -> dict[str, Any]:
        """Return rows, steps, tokens and losses."""
        done = result.facts
        return {
            "rows": done.rows,
            "rows_too_long": done.rows_too_long,
            "steps": done.steps,
            "trained_tokens": done.tokens,
            "first_loss": round(done.first_loss, 4),
            "last_loss": round(done.last_loss, 4),
        }

    def standing(self) -> bool:
        """Return whether the adapter is there, and is not what a practice made of it that is switched off by now."""
        folder = self.bench.imitated(self.number)
        practised = folder == self.bench.adapter(self.number) and self._between.exists()
        return (folder / "adapter_config.json").exists() and not practised

    @property
    def _between(self) -> Path:
        return self.bench.run.round_path(self.number) / BETWEEN

    def fits(self, result: StageResult[Imitation, NoFacts]) -> bool:
        """Return whether as many rows were trained on."""
        return result.facts.rows + result.facts.rows_too_long == len(self.rows)

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return every prompt of the train pool with its answer, in every epoch."""
        rows = outlook.train * (1 + (recipe.sft.replay if outlook.number > 1 else 0))
        return trained(outlook.pace, rows * recipe.sft.epochs)
