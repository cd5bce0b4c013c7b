"""What a suite is: tasks with their tests, as data."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from akd_evals.errors import EvalError
from akd_evals.oracles import Oracle
from akd_sandbox import Tests

TestKind = Literal["base", "plus"]


@dataclass(frozen=True, slots=True)
class ReferenceTests:
    """Inputs whose expected outputs the task's canonical solution gives, when it is run in the sandbox."""

    inputs: tuple[tuple[Any, ...], ...]
    oracle: Oracle


TaskTests = ReferenceTests | Tests
"""What a suite may hold a program to: all that the sandbox runs, and inputs for the reference solution."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """Trusted code put after a program, and the function in it that the tests call instead of the entry point.

    For outputs that are no plain value and of which only "is it None?" counts. It never holds an expected output.
    """

    code: str
    entry: str

    def applied(self, program: str) -> str:
        """Return program with the adapter's code after it."""
        return f"{program}\n\n{self.code}"


@dataclass(frozen=True, slots=True)
class Task:
    """One problem. `canonical` is the reference solution as a whole program; `plus` the extra tests, if any.

    `entry_point` is empty where the tests call nothing by name: whole programs, and test files that import.
    """

    task_id: str
    prompt: str
    entry_point: str
    base: TaskTests
    plus: TaskTests | None = None
    canonical: str | None = None
    adapter: Adapter | None = None

    def program(self, code: str) -> str:
        """Return what is run for a sample's code."""
        return code if self.adapter is None else self.adapter.applied(code)

    @property
    def call(self) -> str:
        """The name that the tests call."""
        return self.entry_point if self.adapter is None else self.adapter.entry


def _never(task_id: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Suite:
    """A benchmark: its tasks in order, and the md5 of the JSONL text they were read from.

    `retired(task_id)` tells ids that the benchmark has or had but this suite leaves out: samples of such tasks are
    skipped and counted, not refused. `slowest` are task ids whose tests take longest, judged first so that no run
    ends on one long task.
    """

    name: str
    dataset_md5: str
    tasks: tuple[Task, ...]
    has_plus: bool = False
    source: str = ""
    retired: Callable[[str], bool] = _never
    slowest: tuple[str, ...] = ()
    by_id: dict[str, Task] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the tasks; raises EvalError for an id that occurs twice and for a suite without tasks."""
        by_id = {task.task_id: task for task in self.tasks}
        if not by_id:
            raise EvalError(f"suite {self.name} has no tasks; check {self.source or 'its file'}")
        if len(by_id) != len(self.tasks):
            ids = [task.task_id for task in self.tasks]
            twice = next(task_id for task_id in ids if ids.count(task_id) > 1)
            raise EvalError(f"suite {self.name} has task {twice} twice; give every task an id of its own")
        object.__setattr__(self, "by_id", by_id)

    def first(self, limit: int | None) -> Suite:
        """Return the suite's first `limit` tasks, under a name that says so; the others count as retired."""
        if limit is None or limit >= len(self.tasks):
            return self

        def retired(task_id: str) -> bool:
            return task_id in self.by_id or self.retired(task_id)

        return replace(self, name=f"{self.name}[:{limit}]", tasks=self.tasks[:limit], retired=retired)

    def nearest(self, task_id: str) -> str:
        """Return the suite's task id that is most like task_id."""
        return difflib.get_close_matches(task_id, self.by_id, n=1, cutoff=0.0)[0]
