"""Evaluation: the student after a round, asked and scored exactly as `akd eval RUN@N` does."""

from __future__ import annotations

from pathlib import Path

from akd_code.evaluate import EvalSpec, Exam, ExamSettings, TaskPrompts, decide_style, discard_others, evaluate, exam_of
from akd_code.progress import ProgressWatcher
from akd_code.student import Student
from akd_evals.suites import Suite
from akd_sandbox import Sandbox


def examine(
    student: Student,
    suite: Suite,
    settings: ExamSettings,
    out: Path,
    box: Sandbox,
    watch: ProgressWatcher,
    *,
    round_: int,
    name: str,
    key: str,
) -> Exam:
    """Return the outcome on a suite; `out` then holds samples and results, and what it held of another `key` is gone.

    Interrupted, the same call goes on with the answers that are there.
    """
    prompts = TaskPrompts(suite, decide_style(settings.style, student))
    spec = EvalSpec(name, prompts, settings.sampling, settings.scoring, key)
    discard_others(out, spec, box.isolation)
    return exam_of(evaluate(student, spec, out, box, watch, round_=round_), suite)
