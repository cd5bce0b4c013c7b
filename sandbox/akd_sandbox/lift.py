"""Asserts as data: `assert f(literals) == literal` is compared in the judge."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from akd_sandbox.codec import BadValueError, ValueTooLargeError, encode
from akd_sandbox.equality import equal, identical
from akd_sandbox.job import Case, CodeTests, Compare, FunctionTests
from akd_sandbox.syntax import parse

_MOST_CHARS = 1 << 20


def tests_from_asserts(asserts: Sequence[str], entry: str, setup: str = "") -> FunctionTests | CodeTests:
    """Return tests given as statements: as data if every one is `assert f(literals) == literal`, else as test code.

    `is True`, `is False` and `is None` are data too; an assert's message is dropped. Anything that does not parse stays
    code, whose failure the judge reports as a fault of the task. `entry` may name a method, `Solution().add`.
    """
    code = CodeTests(setup, "asserts", tuple(asserts))
    if not setup.strip():
        cases = [_lift(text, entry) for text in asserts]
        if cases and all(case is not None for case in cases):
            return FunctionTests(tuple(case for case in cases if case is not None), code)
    return code


def _lift(text: str, entry: str) -> Case | None:
    if len(text) > _MOST_CHARS:
        return None
    try:
        body = parse(text.strip()).body
        if len(body) != 1 or not isinstance(body[0], ast.Assert):
            return None
        call, expected, compare = _sides(body[0].test)
        args, kwargs = _arguments(call, entry)
        encode((args, kwargs, expected))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError, BadValueError, ValueTooLargeError):
        return None
    return Case(args=args, kwargs=kwargs, expected=expected, compare=compare)


def _sides(test: ast.expr) -> tuple[ast.expr, Any, Compare]:
    """Return (call, expected value, comparison) of an assert's test. Raises ValueError if it is no such test."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = ast.literal_eval(test.comparators[0])
        if isinstance(test.ops[0], ast.Eq):
            return test.left, right, equal
        if isinstance(test.ops[0], ast.Is) and (right is None or isinstance(right, bool)):
            return test.left, right, identical
    raise ValueError("not a comparison with a literal")


def _arguments(call: ast.expr, entry: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not (isinstance(call, ast.Call) and ast.unparse(call.func) == entry):
        raise ValueError("not a call of the entry point")
    kwargs = {keyword.arg or "**": ast.literal_eval(keyword.value) for keyword in call.keywords}
    if "**" in kwargs:
        raise ValueError("unpacked keywords")
    return tuple(ast.literal_eval(arg) for arg in call.args), kwargs
