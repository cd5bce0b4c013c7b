"""By execution: the functions of an answer are run against the tests of the benchmark tasks nearest to its prompt."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from akd_code.decontamination.benchmarks import BenchmarkTask
from akd_evals.expected import References
from akd_evals.settings import ScoreSettings
from akd_evals.task_judge import Box, TaskJudge
from akd_sandbox import Verdict
from akd_sandbox.syntax import NOT_PYTHON, parse

MOST_FUNCTIONS = 3


class Runner:
    """Runs answers under the names that benchmark tasks call. Thread-safe, as the sandbox is."""

    def __init__(self, box: Box, directory: Path, settings: ScoreSettings | None = None) -> None:
        self._box, self._directory = box, directory
        self._settings = settings or ScoreSettings(min_time_s=2.0, sample_s=20.0, memory_bytes=1 << 30)
        self._judges: dict[str, TaskJudge] = {}

    def solves(self, code: str, tasks: Sequence[BenchmarkTask]) -> list[tuple[BenchmarkTask, str]]:
        """Return the tasks whose tests a function of the answer passes, with the function's name."""
        functions = functions_of(code)
        found = []
        for one in tasks:
            if one.task.entry_point.isidentifier():
                passing = (name for name in functions if self._passes(code, name, one))
                if (name := next(passing, None)) is not None:
                    found.append((one, name))
        return found

    def _passes(self, code: str, name: str, one: BenchmarkTask) -> bool:
        entry = one.task.entry_point
        program = code if name == entry else f"{code}\n\n{entry} = {name}\n"
        judged = self._judge(one).judge(one.task, program)
        return judged.verdict is Verdict.PASS

    def _judge(self, one: BenchmarkTask) -> TaskJudge:
        digest = one.suite.dataset_md5
        if digest not in self._judges:
            references = References(self._box, digest, self._directory, lambda _: None)
            self._judges[digest] = TaskJudge(self._box, references, self._settings)
        return self._judges[digest]


def functions_of(code: str) -> list[str]:
    """Return the functions at a program's top and the methods of its `Solution`, the last first: at most three.

    [] for what is not Python.
    """
    try:
        body = parse(code).body
    except NOT_PYTHON:
        return []
    names = []
    for node in body:
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef) and node.name == "Solution":
            methods = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
            names += [f"Solution().{name}" for name in methods if not name.startswith("_")]
    return names[::-1][:MOST_FUNCTIONS]
