"""Whether a suite's own solutions pass its own tests on this host, and if not, why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from akd_evals.absent import absent_programs
from akd_evals.expected import References, cache_dir
from akd_evals.parallel import unordered
from akd_evals.settings import ScoreSettings
from akd_evals.suites.record import Suite, Task
from akd_evals.task_judge import Box, TaskJudge
from akd_sandbox import CodeTests, Job, PytestTests, Verdict

Cause = Literal["", "no reference", "library missing", "program missing", "network", "timeout", "memory", "other"]
_LIBRARY = re.compile(r"No module named '([A-Za-z_]\w{0,80})|ImportError: (\w{1,80}) is required")
_NETWORK = re.compile(r"\bgaierror\b|Temporary failure in name resolution|Network is unreachable")


@dataclass(frozen=True, slots=True)
class ReferenceCheck:
    """What became of one task's reference. `cause` is empty if it passes; `name` is what is missing, where it tells."""

    task_id: str
    verdict: Verdict | None
    cause: Cause
    name: str = ""
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the reference passes."""
        return not self.cause

    @property
    def why(self) -> str:
        """The cause in a few words."""
        return f"{self.cause}: {self.name}" if self.name else self.cause


def check_references(
    suite: Suite,
    box: Box,
    *,
    settings: ScoreSettings | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    warn: Callable[[str], None] = print,
) -> list[ReferenceCheck]:
    """Run every task's reference on its tests, under the limits of a scoring, and return the outcomes in task order."""
    settings = settings or ScoreSettings()
    judge = TaskJudge(box, References(box, suite.dataset_md5, cache_dir(), warn), settings)
    found: dict[str, ReferenceCheck] = {}
    for task, outcome in _outcomes(suite.tasks, box, judge, settings, workers):
        found[task.task_id] = outcome
        progress(len(found), len(suite.tasks))
    return [found[task.task_id] for task in suite.tasks]


def _outcomes(
    tasks: Sequence[Task], box: Box, judge: TaskJudge, settings: ScoreSettings, workers: int
) -> Iterator[tuple[Task, ReferenceCheck]]:
    return unordered(lambda task: _checked(task, box, judge, settings), tasks, workers)


def _checked(task: Task, box: Box, judge: TaskJudge, settings: ScoreSettings) -> ReferenceCheck:
    if task.canonical is None:
        return ReferenceCheck(task.task_id, None, "no reference")
    if isinstance(task.base, CodeTests | PytestTests) and task.plus is None and task.security is None:
        # as written alone: nothing that a reference does is a forgery
        tests = replace(task.base, admitted=frozenset())
        result = box.run(Job(task.program(task.canonical), task.call, tests, settings.limits()))
        return _explained(task.task_id, result.verdict, result.detail)
    judged = judge.judge(task, task.canonical)
    judge.forget(task)
    return _explained(task.task_id, judged.joint, judged.detail)


def _explained(task_id: str, verdict: Verdict, detail: str) -> ReferenceCheck:
    """Return the outcome with its cause: the verdict's, or what the detail names."""
    if verdict is Verdict.PASS:
        return ReferenceCheck(task_id, verdict, "")
    cause: Cause = "timeout" if verdict is Verdict.TIMEOUT else "memory" if verdict is Verdict.MEMORY else "other"
    name = ""
    if library := _LIBRARY.search(detail):
        cause, name = "library missing", library[1] or library[2]
    elif programs := absent_programs(detail):
        cause, name = "program missing", ", ".join(programs)
    elif _NETWORK.search(detail):
        cause = "network"
    return ReferenceCheck(task_id, verdict, cause, name, detail)
