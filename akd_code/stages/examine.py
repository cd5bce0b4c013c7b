"""The examination: the student after a round is measured on a suite, just as `akd eval RUN@N` measures it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from akd_code.evaluate import (
    EvalSpec,
    Exam,
    ExamSettings,
    TaskPrompts,
    decide_style,
    discard_others,
    evaluate,
    exam_of,
    run_settings,
    split_of,
    told_of,
)
from akd_code.progress import ProgressWatcher
from akd_code.recipe import Recipe, Section
from akd_code.stages.estimate import BENCHMARK_S, Estimate, Outlook, tested, written
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench
from akd_code.student import Student
from akd_evals.suites import Suite
from akd_sandbox import Sandbox


class Examine(Stage[Exam, NoFacts]):
    """The student's figures on one suite."""

    name: ClassVar[str] = "evaluation"
    facts_kind = Exam

    def __init__(self, bench: Workbench, number: int, suite: Suite, student: StudentAt) -> None:
        super().__init__(bench, number)
        self.suite, self.student = suite, student

    @property
    def title(self) -> str:
        """The suite's name is part of it."""
        return f"{self.name} {self.suite.name}"

    @property
    def inputs(self) -> tuple[Any, ...]:
        """Who is measured, on what, and how it is asked; not which other suites there are."""
        exam, suite = self.bench.recipe.eval, self.suite
        return (self.student.key, suite.name, suite.dataset_md5, len(suite.tasks), exam.max_tokens, exam.style)

    @property
    def settings(self) -> tuple[Section, ...]:
        """The student as it is loaded, and what a program may use in its tests."""
        return (self.bench.recipe.student, self.bench.recipe.sandbox)

    def work(self, kept: Mapping[int, NoFacts], keep: Keep[NoFacts]) -> StageResult[Exam, NoFacts]:
        """Sample greedily and judge; what an interrupted attempt sampled and judged is in the folder."""
        bench = self.bench
        exam = examine(
            bench.engine.student(self.student.adapter),
            self.suite,
            run_settings(bench.recipe),
            self.folder,
            bench.box,
            bench.watcher,
            round_=self.number,
            name=f"{bench.run.path}@{self.number}",
            key=self.student.key,
        )
        return StageResult(exam)

    def note(self, result: StageResult[Exam, NoFacts]) -> Sequence[str]:
        """Return pass@1 with its interval."""
        exam = result.facts
        low, high = (100 * bound for bound in exam.ci95)
        lines = [f"{exam.suite}: pass@1 {100 * exam.pass_at_1:.1f} % [{low:.1f}, {high:.1f}] of {exam.tasks}"]
        if exam.cut:
            lines.append(f"{exam.cut} answers were cut at the token limit; raise eval.max_tokens if they count")
        return [*lines, *told_of(split_of(self.folder, self._seen()))]

    def figures(self, result: StageResult[Exam, NoFacts]) -> dict[str, Any]:
        """Return the examination as summary.json shows it."""
        exam = result.facts
        tasks = {str(depth): count for depth, (_, count) in sorted(exam.by_depth.items())}
        shown = exam.as_json() | ({"tasks_by_depth": tasks} if tasks else {})
        return {"suite": exam.suite, "exam": shown | split_of(self.folder, self._seen())}

    def _seen(self) -> frozenset[str]:
        return self.bench.guard.seen(self.number, self.suite.name)

    @property
    def folder(self) -> Path:
        """Where samples and results lie."""
        return self.bench.run.round_path(self.number) / "eval" / self.suite.name.replace("/", "_")

    def fits(self, result: StageResult[Exam, NoFacts]) -> bool:
        """Return whether as many tasks of this suite were asked."""
        return (result.facts.suite, result.facts.tasks) == (self.suite.name, len(self.suite.tasks))

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return one answer and one program for each task of every suite."""
        tasks = sum(outlook.exam_tasks.values())
        answers = written(outlook.pace, tasks, recipe.eval.max_tokens, untrained=outlook.number == 0)
        return answers + tested(recipe, tasks, BENCHMARK_S, "an examination's")


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
