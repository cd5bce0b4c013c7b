"""Calls with literal arguments in asserts and tests: the same inputs and outputs are the same tests."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from akd_evals.suites import ReferenceTests, Task
from akd_sandbox import FunctionTests
from akd_sandbox.syntax import NOT_PYTHON, parse

TRIVIAL = 6
"""Characters of arguments and result together below which a pair says nothing: f(2) == 4 is everybody's test."""

Pair = tuple[str, str | None]
"""Arguments and result of a call, spelt out; None where the result is not known."""


def pairs_in(asserts: Iterable[str]) -> set[Pair]:
    """Return the literal calls that asserts make, with their results: `assert f([1, 2], 3) == 4` gives one."""
    found = set()
    for line in asserts:
        try:
            tree = parse(line)
        except NOT_PYTHON:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.Is):
                for call, result in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
                    if (pair := _pair(call, result)) is not None:
                        found.add(pair)
    return found


def pairs_of(task: Task) -> set[Pair]:
    """Return the literal calls of a task's own tests; those of EvalPlus know no results."""
    found = pairs_in(line.strip() for line in f"{task.lead}{task.prompt}".splitlines() if "assert" in line)
    tests = task.base
    if isinstance(tests, FunctionTests):
        found |= {(_spelt(case.args), _spelt(case.expected_value)) for case in tests.cases if not case.kwargs}
    elif isinstance(tests, ReferenceTests):
        found |= {(_spelt(args), None) for args in tests.inputs}
    return {pair for pair in found if len(pair[0]) + len(pair[1] or "") >= TRIVIAL}


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
        pair = _spelt(arguments), _spelt(ast.literal_eval(result))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return pair if len(pair[0]) + len(pair[1]) >= TRIVIAL else None


def _spelt(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # a number of more digits than Python writes out
        return ""
