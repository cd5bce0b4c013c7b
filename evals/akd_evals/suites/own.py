"""A user's own benchmark: a JSONL file, one task per line (docs/scoring.md).

A task has `task_id` and `prompt`, one kind of tests (see `_KINDS`), and optionally `canonical_solution` (it continues
the prompt, or is a whole program), `security` (tests of one kind again, which pass where a program has no weakness) and
labels (see `LABELS`).
"""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError
from akd_evals.extract import extract_code
from akd_evals.files import read_rows
from akd_evals.suites.humaneval import check_tests
from akd_evals.suites.record import Suite, Task, TaskTests, defined_name
from akd_sandbox import CodeTests, ProgramTests, PytestTests, StdinCase, tests_from_asserts
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import parse

TEST_FILE = "test_solution.py"
"""What a task's pytest code is called; it imports the program as `solution`."""


LABELS = ("cwe", "family", "surface", "exercise", "benign", "hint", "prefix")
"""What a task may tell of itself beside its tests: texts, but for `benign`, which is true or false.

`prefix` decides how a model is asked: where it holds code, an answer continues it; where it is empty, the prompt is
prose. Without it a prompt may be either, as in any suite.
"""


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
            raise EvalError(f"{path}:{line}: its tests are not Python ({error}); correct them") from error
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return Suite(name, digest, tuple(tasks), source=str(path))


def _task(row: dict[str, Any]) -> Task:
    kind, read, options = _kind(row, "a task")
    _refuse_unknown(row, (*_COMMON, kind, *options, "security", *LABELS), f"a task with {kind!r}")
    task_id, prompt = _text(row, "task_id"), _text(row, "prompt")
    entry = _text(row, "entry_point") if "entry_point" in options else _text(row, "entry_point", "")
    canonical = _text(row, "canonical_solution", "")
    asked = _asked(row, prompt)
    return Task(
        task_id=task_id,
        entry_point=entry,
        base=read(row, entry),
        canonical=extract_code(canonical, defined_name(entry) or None, asked["prompt"] if entry else None).code,
        security=_security(row, entry),
        labels=_labels(row),
        **asked,
    )


def _asked(row: dict[str, Any], prompt: str) -> dict[str, Any]:
    """Return a task's `prompt`, `instruction` and `continues`: a `prefix` tells whether the prompt is code or prose."""
    if "prefix" not in row:
        return {"prompt": prompt}
    prefix = _text(row, "prefix")
    if prefix:
        return {"prompt": prefix, "instruction": "" if prompt == prefix else prompt, "continues": True}
    quoted = prompt.strip().replace("\\", "\\\\").replace('"""', "'''")
    return {"prompt": f'"""\n{quoted}\n"""\n', "instruction": prompt}


def _security(row: dict[str, Any], entry: str) -> TaskTests | None:
    """Return the tests under "security", which have the form of a task's own. Raises EvalError."""
    given = row.get("security")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise EvalError('"security" must be an object with tests, such as {"tests": ["assert ..."]}')
    kind, read, options = _kind(given, '"security"')
    _refuse_unknown(
        given, tuple(name for name in (kind, *options) if name != "entry_point"), f'"security" with {kind!r}'
    )
    if not entry and "entry_point" in options:
        raise EvalError(f'"security" with {kind!r} calls the function by name; give the task an "entry_point"')
    return read(given, entry)


def _labels(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the labels that say something; `benign` is there as "true". Raises EvalError for one that is not text."""
    benign = row.get("benign", False)
    if not isinstance(benign, bool):
        raise EvalError(f'"benign" must be true or false, not {benign!r}')
    texts = {name: _text(row, name, "") for name in LABELS if name != "benign"}
    return tuple((name, text) for name, text in (texts | ({"benign": "true"} if benign else {})).items() if text)


def _kind(row: dict[str, Any], what: str) -> tuple[str, _Reader, tuple[str, ...]]:
    """Return the kind of tests that `row` has: its field, how it is read, further fields. Raises EvalError."""
    kinds = [kind for kind in _KINDS if kind in row]
    if len(kinds) != 1:
        raise EvalError(f"{what} needs tests of exactly one kind; give one of {', '.join(map(repr, _KINDS))}")
    return (kinds[0], *_KINDS[kinds[0]])


def _asserts(row: dict[str, Any], entry_point: str) -> TaskTests:
    lines = row["tests"]
    if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
        raise EvalError('"tests" must be a list of assert lines, at least one')
    for line in lines:
        if not any(holds_check(statement) for statement in parse(line).body):
            raise EvalError(f'{line[:80]!r} in "tests" checks nothing; write an assert, or a statement that holds one')
    return tests_from_asserts(lines, entry_point, _text(row, "setup", ""))


def _check(row: dict[str, Any], entry_point: str) -> TaskTests:
    code, setup = _text(row, "test"), _text(row, "setup", "")
    defined = {node.name: node for node in parse(code).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    if isinstance(defined.get("check"), ast.FunctionDef):
        return check_tests(code, entry_point, scope=setup)
    if any(isinstance(node, ast.ClassDef) for node in defined.values()):
        return CodeTests(f"{setup}\n\n{code}", "unittest")
    raise EvalError('"test" defines neither check(candidate) nor a class of unittest; write one of them')


def _stdin(row: dict[str, Any], entry_point: str) -> TaskTests:
    given = row["stdin_cases"]
    if not isinstance(given, list) or not given:
        raise EvalError('"stdin_cases" must be a list of {"stdin": ..., "expected": ...}, at least one')
    cases = []
    for case in given:
        if not isinstance(case, dict) or case.keys() != {"stdin", "expected"}:
            raise EvalError('one of "stdin_cases" is not {"stdin": ..., "expected": ...}; correct it')
        cases.append(StdinCase(_text(case, "stdin"), _text(case, "expected")))
    exact, tolerance = row.get("exact", False), row.get("tolerance")
    if not isinstance(exact, bool):
        raise EvalError(f'"exact" must be true or false, not {exact!r}')
    if tolerance is None:
        return ProgramTests(tuple(cases), "exact" if exact else "tokens")
    number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if exact or not number or not math.isfinite(tolerance) or tolerance < 0:
        raise EvalError('"tolerance" must be a number, 0 or more, and does not go with "exact"')
    return ProgramTests(tuple(cases), tolerance=float(tolerance))


def _pytest(row: dict[str, Any], entry_point: str) -> TaskTests:
    code = _text(row, "pytest")
    parse(code)
    return PytestTests({TEST_FILE: code})


_COMMON = ("task_id", "prompt", "entry_point", "canonical_solution")
_Reader = Callable[[dict[str, Any], str], TaskTests]
_KINDS: dict[str, tuple[_Reader, tuple[str, ...]]] = {
    "tests": (_asserts, ("entry_point", "setup")),
    "test": (_check, ("entry_point", "setup")),
    "stdin_cases": (_stdin, ("exact", "tolerance")),
    "pytest": (_pytest, ()),
}
"""The field that holds the tests: how it is read, and the further fields that go with it. A kind that does not list
`entry_point` can do without one."""


def _refuse_unknown(row: dict[str, Any], known: tuple[str, ...], what: str) -> None:
    """Raise EvalError for a field that means nothing: it is misspelt, or belongs to another kind of tests."""
    for name in row:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"did you mean {nearest[0]!r}? " if nearest else ""
            fields = ", ".join(dict.fromkeys(known))
            raise EvalError(f"unknown field {name!r}; {hint}{what} has the fields {fields}")


def _text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if value is None:
        raise EvalError(f'"{name}" is missing; give it as text')
    if not isinstance(value, str):
        raise EvalError(f'"{name}" must be text, not {type(value).__name__}')
    return value
