"""Evaluation: the student's greedy answers to a suite, scored as any samples are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from akd_code.lab.suite import depth_of, lab_suite
from akd_code.recipe import Recipe
from akd_code.storage import write_text
from akd_evals.samples import Samples, collect
from akd_evals.score import score
from akd_evals.stats import wilson_interval
from akd_evals.suites import Suite, load_suite
from akd_sandbox import Sandbox, Verdict


@dataclass(frozen=True, slots=True)
class Exam:
    """The outcome on one suite: greedy pass@1 over all its tests, Wilson's 95 % interval, the task as unit.

    `by_depth` maps a lab task's depth to (passed, tasks); empty elsewhere. `base_passed` counts base tests alone where
    the suite has plus tests.
    """

    suite: str
    tasks: int
    passed: int
    pass_at_1: float
    ci95: tuple[float, float]
    by_depth: dict[int, tuple[int, int]]
    base_passed: int | None = None

    def as_json(self) -> dict[str, object]:
        """Return the entry of summary.json."""
        entry: dict[str, object] = {
            "pass@1": round(self.pass_at_1, 4),
            "ci95": [round(bound, 4) for bound in self.ci95],
            "tasks": self.tasks,
        }
        if self.base_passed is not None:
            entry["base_pass@1"] = round(self.base_passed / self.tasks, 4)
        if self.by_depth:
            entry["by_depth"] = {str(depth): round(p / n, 4) for depth, (p, n) in sorted(self.by_depth.items())}
        return entry


def open_suite(name: str, recipe: Recipe) -> Suite:
    """Return the suite called name, cut to the recipe's limit. Raises EvalError."""
    suite = lab_suite(recipe.lab.eval_per_depth) if name == "lab" else load_suite(name)
    return suite.first(recipe.eval.limit)


def question(suite: Suite, prompt: str) -> str:
    """Return what the student is asked for a task: its text, with an instruction around code to complete."""
    if suite.name.startswith("humaneval"):
        asked = "Complete this Python program. Answer with the whole program in one fenced block."
        return f"{asked}\n\n```python\n{prompt}```"
    return prompt


def exam_questions(suite: Suite) -> list[str]:
    """Return what the student is asked, task by task."""
    return [question(suite, task.prompt) for task in suite.tasks]


def examine(suite: Suite, texts: Sequence[str], box: Sandbox, out: Path, progress: Callable[[int, int], None]) -> Exam:
    """Write the answers to every task into `out`/samples.jsonl, score them, return the outcome."""
    rows = [{"task_id": task.task_id, "completion": text} for task, text in zip(suite.tasks, texts, strict=True)]
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "samples.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    samples = _samples(suite, texts)
    _, results = score(suite, samples, box, out, workers=box.workers, progress=progress)
    verdicts = {result.task_id: result.judged for result in results}
    passed = [task_id for task_id, judged in verdicts.items() if judged.verdict is Verdict.PASS]
    total = len(suite.tasks)
    depths: dict[int, tuple[int, int]] = {}
    for task in suite.tasks:
        depth = depth_of(task.task_id)
        if depth is not None:
            ok, seen = depths.get(depth, (0, 0))
            depths[depth] = (ok + (task.task_id in set(passed)), seen + 1)
    base = sum(judged.base is Verdict.PASS for judged in verdicts.values()) if suite.has_plus else None
    return Exam(suite.name, total, len(passed), len(passed) / total, wilson_interval(len(passed), total), depths, base)


def _samples(suite: Suite, texts: Sequence[str]) -> Samples:
    given = [(task.task_id, task.task_id, text, False) for task, text in zip(suite.tasks, texts, strict=True)]
    return collect(given, suite)
