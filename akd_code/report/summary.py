"""What a run has come to: summary.json, and the table by round."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from akd_code.run.folder import Run
from akd_code.storage import write_text

if TYPE_CHECKING:
    from rich.table import Table

    from akd_code.evaluate import Exam

_PACKAGES = ("akd", "torch", "transformers", "peft", "openai", "evalplus")


@dataclass(frozen=True, slots=True)
class Round:
    """One round in figures; round 0 is the base student.

    `hard_share` is what discrimination found after this round's training (None in the last round: the loop ends before
    it). `teacher_calls` counts requests to teacher, judge and generator, from the cache or not; `sandbox_runs` those of
    labelling and discrimination. `cost_usd` is None where a price is unknown. `wall_s` sums the finished steps.
    """

    number: int
    train_pool: int
    cache_pool: int
    hard_share: float | None
    teacher_calls: int
    sandbox_runs: int
    cost_usd: float | None
    wall_s: float
    exams: tuple[Exam, ...]
    outcomes: dict[str, int]
    rejected: dict[str, int]
    labelling: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the entry of summary.json."""
        return {
            "round": self.number,
            "train_pool": self.train_pool,
            "cache_pool": self.cache_pool,
            "hard_share": None if self.hard_share is None else round(self.hard_share, 4),
            "teacher_calls": self.teacher_calls,
            "sandbox_runs": self.sandbox_runs,
            "cost_usd": self.cost_usd,
            "wall_s": round(self.wall_s, 2),
            "labels": self.outcomes,
            "labelling": self.labelling,
            "rejected_prompts": self.rejected,
            "eval": {exam.suite: exam.as_json() for exam in self.exams},
        }


def base_round(seeds: int, exams: tuple[Exam, ...], wall_s: float) -> Round:
    """Return the round of the student before any training."""
    return Round(0, seeds, seeds, None, 0, 0, None, wall_s, exams, {}, {})


def write_summary(run: Run, rounds: list[Round]) -> None:
    """Write summary.json for the rounds so far. Raises DiskError."""
    base, *rest = rounds
    summary = {
        "base": {"eval": {exam.suite: exam.as_json() for exam in base.exams}},
        "rounds": [one.as_json() for one in rest],
        "seed": run.recipe.seed,
        "versions": {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()},
    }
    if "lab" in (run.recipe.teacher.model, run.recipe.referee.model, run.recipe.generator.model):
        summary["lab"] = run.recipe.lab.model_dump()
    with run.writing():
        write_text(run.path / "summary.json", json.dumps(summary, indent=1) + "\n")


def table(rounds: list[Round]) -> Table:
    """Return the table by round."""
    from rich.table import Table

    made = Table(title=None, box=None, pad_edge=False, header_style="bold")
    made.add_column("round")
    for name in ("train pool", "cache pool", "hard share", "teacher calls", "sandbox runs"):
        made.add_column(name, justify="right")
    for exam in rounds[0].exams:
        made.add_column(f"{exam.suite} pass@1 [95 %]", justify="right")
    for one in rounds:
        share = "-" if one.hard_share is None else f"{100 * one.hard_share:.0f} %"
        cells = ["base" if one.number == 0 else str(one.number)]
        cells += ["-" if one.number == 0 else str(one.train_pool), str(one.cache_pool), share]
        cells += ["-", "-"] if one.number == 0 else [str(one.teacher_calls), str(one.sandbox_runs)]
        made.add_row(*cells, *(_percent(exam) for exam in one.exams))
    return made


def depth_table(rounds: list[Round]) -> Table | None:
    """Return pass@1 by task depth and round for the lab's suite; None without one."""
    from rich.table import Table

    exams = [(one.number, exam) for one in rounds for exam in one.exams if exam.by_depth]
    if not exams:
        return None
    made = Table(title=None, box=None, pad_edge=False, header_style="bold")
    made.add_column("lab pass@1 by depth")
    for depth, (_, tasks) in sorted(exams[0][1].by_depth.items()):
        made.add_column(f"{depth} ({tasks} tasks)", justify="right")
    for number, exam in exams:
        cells = [f"{100 * passed / tasks:.1f} %" for _, (passed, tasks) in sorted(exam.by_depth.items())]
        made.add_row("base" if number == 0 else f"round {number}", *cells)
    return made


def _percent(exam: Exam) -> str:
    low, high = exam.ci95
    return f"{100 * exam.pass_at_1:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
