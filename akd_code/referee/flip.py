"""Asserts with another expectation: a suite that also passes those cannot fail and is worthless."""

from __future__ import annotations

import ast
import math
from typing import Any

from akd_sandbox.syntax import expression, parse


def flipped(line: str, entry_point: str) -> str | None:
    """Return the assert with a different expected value, or None if it has no expectation that can be changed.

    It understands a comparison by == or `is` between a literal and something that calls the entry point, `isclose` of
    the two, and a bare or negated call. `f(1) == f(1)` or `f(1) or True` have no such expectation.
    """
    try:
        (statement,) = parse(line).body
        if not isinstance(statement, ast.Assert):
            return None
        test = _flipped_test(statement.test, entry_point)
        return None if test is None else ast.unparse(ast.Assert(test=test, msg=None))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None


def other_value(value: Any) -> Any:
    """Return a plain value of the same kind that does not equal `value`."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            # So far off that no tolerance takes one for the other, whatever the sign.
            other = value + abs(value) + 1.0
            return other if math.isfinite(other) else 0.0
        case complex():
            return value + 1
        case str():
            return value + "x"
        case bytes():
            return value + b"x"
        case list():
            return [*value, 0]
        case tuple():
            return (*value, 0)
        case set() | frozenset():
            return {*value, max((item for item in value if isinstance(item, int)), default=0) + 1}
        case dict():
            return {**value, "x" * (1 + max((len(key) for key in value if isinstance(key, str)), default=0)): 0}
    return 0


def _flipped_test(test: ast.expr, entry_point: str) -> ast.expr | None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and _is_call(test.operand, entry_point):
        return test.operand
    if _is_call(test, entry_point):
        return ast.UnaryOp(ast.Not(), test)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        sides = _flipped_sides(test.left, test.comparators[0], entry_point)
        return None if sides is None else ast.Compare(sides[0], test.ops, [sides[1]])
    if isinstance(test, ast.Call) and _name_of(test.func) == "isclose" and len(test.args) >= 2:
        sides = _flipped_sides(test.args[0], test.args[1], entry_point)
        return None if sides is None else ast.Call(test.func, [*sides, *test.args[2:]], test.keywords)
    return None


def _flipped_sides(left: ast.expr, right: ast.expr, entry_point: str) -> tuple[ast.expr, ast.expr] | None:
    if _calls(left, entry_point) and not _calls(right, entry_point):
        other = _other_literal(right)
        return None if other is None else (left, other)
    if _calls(right, entry_point) and not _calls(left, entry_point):
        other = _other_literal(left)
        return None if other is None else (other, right)
    return None


def _other_literal(node: ast.expr) -> ast.expr | None:
    try:
        other = expression(repr(other_value(ast.literal_eval(node))))
        ast.literal_eval(other)  # 1e999 inside a list is shown as `inf`, which is a name
    except (SyntaxError, ValueError, TypeError):
        return None
    return other


def _calls(node: ast.expr, entry_point: str) -> bool:
    return any(_is_call(part, entry_point) for part in ast.walk(node))


def _is_call(node: ast.AST, entry_point: str) -> bool:
    return isinstance(node, ast.Call) and is_named(node.func, entry_point)


def is_named(node: ast.AST, entry_point: str) -> bool:
    """Return whether an expression is the entry point, which may be a method: `Solution().add`."""
    if isinstance(node, ast.Name):
        return node.id == entry_point
    return isinstance(node, ast.Attribute) and ast.unparse(node) == entry_point


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
