"""Calls with literal arguments in asserts and tests: the same inputs and outputs are the same tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from akd_evals.suites import ReferenceTests, Task
from akd_sandbox import FunctionTests
from akd_sandbox.syntax import NOT_PYTHON, parse

TRIVIAL = 6
"""Characters of arguments and result together below which a pair says nothing: f(2) == 4 is everybody's test."""

Pair = tuple[str, str | None]
"""Arguments and result of a call, spelt out; None where the result is not known."""


_DOCTEST = re.compile(r"^[ \t]*>>>[ \t]*(?P<call>[^\n]+)\n[ \t]*(?P<result>[^\s>][^\n]*)$", re.MULTILINE)
_SHOWN = re.compile(
    r"(?P<call>\b[A-Za-z_]\w*\([^\n]{0,2000}\))[ \t]*"
    r"(?:===?>?|=>|➞|->|returns?\b|should return\b)[ \t]*(?P<result>[^\n#]+)"
)


def examples_in(text: str) -> set[Pair]:
    """Return the calls that a problem's text shows with their results, however little they say.

    Asserts, calls after `>>>` with the result on the next line, and `f(1) == 2`, `f(1) -> 2`, `f(1) returns 2`.
    """
    lines = [line.strip() for line in text.splitlines() if line.lstrip().startswith("assert")]
    for found in (*_DOCTEST.finditer(text), *_SHOWN.finditer(text)):
        lines.append(f"assert {found['call'].strip()} == ({found['result'].strip().rstrip('.')})")
    return pairs_in(lines, least=0)


def pairs_in(asserts: Iterable[str], least: int = TRIVIAL) -> set[Pair]:
    """Return the literal calls that asserts make, with their results: `assert f([1, 2], 3) == 4` gives one.

    One with fewer characters than `least` is left out.
    """
    found = set()
    for line in asserts:
        try:
            tree = parse(line)
        except NOT_PYTHON:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.Is):
                for call, result in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
                    pair = _pair(call, result)
                    if pair is not None and len(pair[0]) + len(pair[1] or "") >= least:
                        found.add(pair)
    return found


def pairs_of(task: Task) -> set[Pair]:
    """Return the literal calls of a task's own tests; those of EvalPlus know no results."""
    return {pair for pair in _all_pairs(task) if len(pair[0]) + len(pair[1] or "") >= TRIVIAL}


def examples_of(task: Task) -> set[Pair]:
    """Return the calls of a task's text and tests, however little they say."""
    return examples_in(f"{task.lead}{task.prompt}") | _all_pairs(task)


def _all_pairs(task: Task) -> set[Pair]:
    lines = f"{task.lead}{task.prompt}".splitlines()
    found = pairs_in((line.strip() for line in lines if "assert" in line), least=0)
    tests = task.base
    if isinstance(tests, FunctionTests):
        found |= {(_spelt(case.args), _spelt(case.expected_value)) for case in tests.cases if not case.kwargs}
    elif isinstance(tests, ReferenceTests):
        found |= {(_spelt(args), None) for args in tests.inputs}
    return found


def shared_pairs(row: set[Pair], task: set[Pair]) -> Iterator[Pair]:
    """Yield the pairs that a row's tests share with a task's; unknown results are no obstacle."""
    inputs = {arguments for arguments, result in task if result is None}
    for arguments, result in sorted(row, key=str):
        if (arguments, result) in task or arguments in inputs:
            yield arguments, result


def _pair(call: ast.expr, result: ast.expr) -> Pair | None:
    if not isinstance(call, ast.Call) or not (call.args or call.keywords):
        return None
    try:
        arguments = tuple(ast.literal_eval(one) for one in (*call.args, *(word.value for word in call.keywords)))
        return _spelt(arguments), _spelt(ast.literal_eval(result))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _spelt(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # a number of more digits than Python writes out
        return ""
