"""The benchmarks that rows are held against, and what of their tasks can be found again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from akd_code.decontamination.literals import Pair, examples_of, pairs_of
from akd_code.decontamination.text import Statement
from akd_code.errors import AkdError
from akd_code.filters.ast_hash import function_shapes
from akd_evals.errors import EvalError
from akd_evals.suites import ReferenceTests, Suite, Task, load_suite
from akd_sandbox import FunctionTests

KNOWN = ("humaneval", "humaneval+", "mbpp", "mbpp+")
"""Checked wherever their data can be opened; the other suites where they are evaluated or named."""
CLOSED = ("lab",)
"""Suites made by a grammar that the training tasks come from, too: only the same task is the same, not one like it."""
LEAST_SHAPE = 300
"""Characters of a shape below which a function says nothing: `return a + b` is in every data set."""


class DecontaminationError(AkdError):
    """Rows or benchmarks that cannot be used."""


@dataclass(frozen=True, slots=True)
class BenchmarkTask:
    """One task: its words (`Statement.readings`), the shapes of functions that solve it, the calls its tests make."""

    suite: Suite
    task: Task
    readings: tuple[Statement, ...]
    shapes: frozenset[str]
    pairs: frozenset[Pair]
    examples: frozenset[Pair]

    @property
    def closed(self) -> bool:
        """Whether nothing but the very same statement counts."""
        return self.suite.name.partition("[")[0] in CLOSED

    @property
    def tests(self) -> int:
        """How many tests there are, where they are data; else it is taken for many."""
        cases = 0
        for tests in (self.task.base, self.task.plus):
            if isinstance(tests, ReferenceTests):
                cases += len(tests.inputs)
            elif isinstance(tests, FunctionTests):
                cases += len(tests.cases)
            elif tests is not None:
                return 100
        return cases

    @classmethod
    def of(cls, suite: Suite, task: Task) -> BenchmarkTask:
        """Return what can be found again of a suite's task."""
        text = task.instruction or task.lead + task.prompt
        shapes = function_shapes(task.canonical or "").values()
        told = frozenset(shape for shape in shapes if len(shape) >= LEAST_SHAPE)
        return cls(
            suite,
            task,
            tuple(Statement.readings(text, task.canonical or "")),
            told,
            frozenset(pairs_of(task)),
            frozenset(examples_of(task)),
        )


def tasks_of(suites: Iterable[Suite]) -> list[BenchmarkTask]:
    """Return the tasks of suites, in order."""
    return [BenchmarkTask.of(suite, task) for suite in suites for task in suite.tasks]


def named_suites(names: Sequence[str]) -> list[Suite]:
    """Return suites by name or file. Raises EvalError for one that there is not or that cannot be read."""
    return [load_suite(name) for name in dict.fromkeys(names)]


def suites_at_hand(evaluated: Sequence[Suite], notice: Callable[[str], None]) -> list[Suite]:
    """Return the evaluated suites and every known one whose data can be opened without a download.

    `notice` gets a line that names those which cannot.
    """
    found = list(evaluated)
    names = {suite.name.partition("[")[0] for suite in evaluated}
    missing = []
    for name in KNOWN:
        if name in names:
            continue
        try:
            found.append(load_suite(name))
        except EvalError:
            missing.append(name)
    if missing:
        notice(f"decontamination: not compared with {', '.join(missing)}, whose data is not here")
    return found


_ID = re.compile(r"(HumanEval|Mbpp|BigCodeBench|mbpp|humaneval)[/_ -]?(\d+)", re.IGNORECASE)


def task_named(name: str) -> str:
    """Return the benchmark's id that a row's own id is, as EvalPlus writes it: `mbpp_602` is Mbpp/602; else ""."""
    match = _ID.fullmatch(name.strip())
    if match is None:
        return ""
    kinds = {"humaneval": "HumanEval", "mbpp": "Mbpp", "bigcodebench": "BigCodeBench"}
    return f"{kinds[match.group(1).lower()]}/{int(match.group(2))}"
