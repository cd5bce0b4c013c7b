"""What a suite is: tasks with their tests, as data."""

from __future__ import annotations

import ast
import difflib
import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from akd_evals.errors import EvalError
from akd_evals.oracles import Oracle
from akd_sandbox import Tests
from akd_sandbox.syntax import NOT_PYTHON, parse

TestKind = Literal["base", "plus"]
JudgedKind = Literal["base", "plus", "security"]
Measured = Literal["base", "plus", "secure", "func-sec"]
"""What a figure is over: base tests, all functional tests, security tests, or functional and security tests."""


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
    `prompt` is the beginning of a program, which a model may continue; where the task `continues`, it is code that the
    answer goes on with. `lead` is what it reads before that and what is no part of the program. `instruction` is what a
    chat model is asked, where the benchmark words it itself. `preamble` is code that the benchmark puts before every
    program. `starter` is the code in the task's text, where `prompt` is not that.
    `security` holds tests that pass where the program has no weakness, judged on the same program. `labels` are what a
    suite tells of the task and what figures are broken down by (its CWE, its family).
    """

    task_id: str
    prompt: str
    entry_point: str
    base: TaskTests
    plus: TaskTests | None = None
    canonical: str | None = None
    adapter: Adapter | None = None
    lead: str = ""
    instruction: str = ""
    preamble: str = ""
    starter: str = ""
    security: TaskTests | None = None
    labels: tuple[tuple[str, str], ...] = ()
    continues: bool = False

    def label(self, name: str) -> str:
        """Return one of the labels, "" where the suite tells none."""
        return dict(self.labels).get(name, "")

    def program(self, code: str) -> str:
        """Return what is run for a sample's code."""
        if self.preamble:
            code = f"{self.preamble}\n\n{code}"
        return code if self.adapter is None else self.adapter.applied(code)

    @property
    def opening(self) -> str:
        """The beginning of a program that a model continues, up to a line's end."""
        return self.prompt.rstrip() + "\n"

    def in_context(self, code: str) -> str:
        """Return a sample's code with the imports and helpers of the task's own code before it.

        What it imports from `__future__` stays first, as Python wants it.
        """
        context = code_beside(self.starter or self.prompt, self.defined)
        future = _FUTURE.match(code)
        at = future.end() if future else 0
        return f"{code[:at]}{context}\n\n{code[at:]}" if context else code

    @property
    def call(self) -> str:
        """The name that the tests call."""
        return self.entry_point if self.adapter is None else self.adapter.entry

    @property
    def defined(self) -> str:
        """The name that an answer must define: the class of a method, else the entry point."""
        return defined_name(self.entry_point)


def defined_name(entry_point: str) -> str:
    """Return the name at a program's top that an entry point needs: `Solution` for `Solution().add`, else itself."""
    return entry_point.partition(".")[0].removesuffix("()")


def code_beside(code: str, name: str) -> str:
    """Return the imports, functions, classes and assignments at the top of `code` but for what defines `name`.

    Empty where code is not Python: a prompt may end in the middle of a function, but a text in prose holds no code.
    """
    for ending in ("", "    pass\n", "        pass\n"):
        try:
            body = parse(code + ending).body
        except NOT_PYTHON:
            continue
        kept = [node for node in body if isinstance(node, _BESIDE) and getattr(node, "name", "") != name]
        return "\n".join(ast.unparse(node) for node in kept)
    return ""


_FUTURE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(?:from[ \t]+__future__[ \t]+import[^\n]*\n)+")
_BESIDE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


def _never(task_id: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Suite:
    """A benchmark: its tasks in order, and the md5 of the JSONL text they were read from.

    `retired(task_id)` tells ids that the benchmark has or had but this suite leaves out: samples of such tasks are
    skipped and counted, not refused. `slowest` are task ids whose tests take longest, judged first so that no run
    ends on one long task. `order` holds the ids of the whole benchmark, of which the suite may be a part.
    """

    name: str
    dataset_md5: str
    tasks: tuple[Task, ...]
    has_plus: bool = False
    source: str = ""
    retired: Callable[[str], bool] = _never
    slowest: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    by_id: dict[str, Task] = field(init=False, repr=False, compare=False)

    @property
    def secured(self) -> tuple[Task, ...]:
        """The tasks that have security tests."""
        return tuple(task for task in self.tasks if task.security is not None)

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
        object.__setattr__(self, "order", self.order or tuple(by_id))

    def first(self, limit: int | None) -> Suite:
        """Return the suite's first `limit` tasks, under a name that says so; the others count as retired."""
        if limit is None or limit >= len(self.tasks):
            return self
        return self._part(self.tasks[:limit], f"{self.name}[:{limit}]")

    def only(self, ids: Collection[str]) -> Suite:
        """Return the suite with these tasks alone, under a name that says so; the others count as retired.

        Equal tasks give equal names. Raises EvalError for an id that the suite does not have, naming the nearest.
        """
        for task_id in ids:
            if task_id not in self.by_id:
                near = self.nearest(task_id)
                raise EvalError(f"suite {self.name} has no task {task_id!r}; did you mean {near!r}?")
        kept = tuple(task for task in self.tasks if task.task_id in ids)
        digest = hashlib.sha256("\0".join(task.task_id for task in kept).encode()).hexdigest()[:6]
        return self._part(kept, f"{self.name}[{len(kept)} tasks {digest}]")

    def without(self, ids: Collection[str]) -> Suite:
        """Return the suite under the same name without these tasks, which count as retired."""
        return self._part(tuple(task for task in self.tasks if task.task_id not in ids), self.name)

    def _part(self, tasks: tuple[Task, ...], name: str) -> Suite:
        def retired(task_id: str) -> bool:
            return task_id in self.by_id or self.retired(task_id)

        return replace(self, name=name, tasks=tasks, retired=retired, order=self.order)

    def nearest(self, task_id: str) -> str:
        """Return the suite's task id that is most like task_id."""
        return difflib.get_close_matches(task_id, self.by_id, n=1, cutoff=0.0)[0]
