"""A user's own benchmark: a JSONL file, one task a line.

`{"task_id", "prompt", "entry_point", "tests": ["assert …"] or "test": "def check(candidate): …"}`, and optionally
`"setup"` (code that the asserts need) and `"canonical_solution"` (continues the prompt, or is a whole program).
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError
from akd_evals.extract import extract_code
from akd_evals.files import read_rows
from akd_evals.suites.humaneval import check_tests
from akd_evals.suites.record import Suite, Task, TaskTests
from akd_sandbox import tests_from_asserts

_FIELDS = ("task_id", "prompt", "entry_point", "tests", "test", "setup", "canonical_solution")


def load(path: Path) -> Suite:
    """Return the suite in a JSONL file (or .jsonl.gz), named after it. Raises EvalError with the line at fault."""
    rows, digest = read_rows(path)
    tasks = []
    for line, row in rows:
        try:
            tasks.append(_task(row))
        except EvalError as error:
            raise EvalError(f"{path}:{line}: {error}") from error
        except (SyntaxError, ValueError) as error:
            raise EvalError(f"{path}:{line}: its tests are no Python ({error}); correct them") from error
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return Suite(name, digest, tuple(tasks), source=str(path))


def _task(row: dict[str, Any]) -> Task:
    prompt, entry = _text(row, "prompt"), _text(row, "entry_point")
    canonical = _text(row, "canonical_solution", "")
    return Task(
        task_id=_text(row, "task_id"),
        prompt=prompt,
        entry_point=entry,
        base=_tests(row, entry, _text(row, "setup", "")),
        canonical=extract_code(canonical, entry, prompt).code,
    )


def _tests(row: dict[str, Any], entry_point: str, setup: str) -> TaskTests:
    if ("tests" in row) == ("test" in row):
        raise EvalError('give either "tests" (a list of asserts) or "test" (code with check(candidate))')
    if "test" in row:
        return check_tests(_text(row, "test"), entry_point, scope=setup)
    lines = row["tests"]
    if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
        raise EvalError('"tests" must be a list of assert lines, at least one')
    for line in lines:
        ast.parse(line)
    return tests_from_asserts(lines, entry_point, setup)


def _text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if value is None:
        raise EvalError(f'a task needs "{name}"; a line has the fields {", ".join(_FIELDS)}')
    if not isinstance(value, str):
        raise EvalError(f'"{name}" must be a text, not {type(value).__name__}')
    return value
