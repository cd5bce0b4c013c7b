"""What a student's greedy answers to a suite came to: the figures of a round."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from akd_code.evaluate.pipeline import Evaluation
from akd_code.lab.suite import depth_of
from akd_evals.errors import EvalInfraError
from akd_evals.stats import wilson_interval
from akd_evals.suites import Suite
from akd_sandbox import Verdict


@dataclass(frozen=True, slots=True)
class Exam:
    """The outcome on one suite: greedy pass@1 over all its tests, Wilson's 95 % interval, the task as unit.

    `infra` tasks could not be judged here and count neither way; pass@1 and its interval are over
    the others. `by_depth` maps a lab task's depth to (passed, judged tasks); empty elsewhere. `base_passed` counts base
    tests alone where the suite has plus tests. `cut` counts answers that ended at the token limit.
    """

    suite: str
    tasks: int
    passed: int
    pass_at_1: float
    ci95: tuple[float, float]
    by_depth: dict[int, tuple[int, int]]
    base_passed: int | None = None
    cut: int = 0
    infra: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the entry of summary.json."""
        entry: dict[str, object] = {
            "pass@1": round(self.pass_at_1, 4),
            "ci95": [round(bound, 4) for bound in self.ci95],
            "tasks": self.tasks,
        }
        if self.base_passed is not None:
            entry["base_pass@1"] = round(self.base_passed / (self.tasks - self.infra), 4)
        if self.by_depth:
            entry["by_depth"] = {str(depth): round(p / n, 4) for depth, (p, n) in sorted(self.by_depth.items())}
        return entry | {"cut": self.cut, "infra": self.infra}


def exam_of(evaluation: Evaluation, suite: Suite) -> Exam:
    """Return the figures of an evaluation with one sample per task.

    Raises EvalInfraError if not a single answer could be judged, ValueError for several samples per task.
    """
    verdicts = {one.task_id: one.judged for one in evaluation.results if one.judged.verdict.decided}
    if len(evaluation.results) > len(suite.tasks):
        raise ValueError("an exam has one answer per task")
    if not verdicts:
        why = next((one.judged.detail for one in evaluation.results), "there is no answer")
        raise EvalInfraError(f"no answer to {suite.name} could be judged ({why}); run `akd sandbox doctor`")
    passed = {task_id for task_id, judged in verdicts.items() if judged.verdict is Verdict.PASS}
    depths = {task_id: depth for task_id in verdicts if (depth := depth_of(task_id)) is not None}
    seen, solved = Counter(depths.values()), Counter(depths[task_id] for task_id in passed & depths.keys())
    return Exam(
        suite=suite.name,
        tasks=len(suite.tasks),
        passed=len(passed),
        pass_at_1=len(passed) / len(verdicts),
        ci95=wilson_interval(len(passed), len(verdicts)),
        by_depth={depth: (solved[depth], count) for depth, count in sorted(seen.items())},
        base_passed=sum(one.base is Verdict.PASS for one in verdicts.values()) if suite.has_plus else None,
        cut=evaluation.cut,
        infra=len(suite.tasks) - len(verdicts),
    )
