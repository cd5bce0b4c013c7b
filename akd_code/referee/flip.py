"""Asserts with another expectation, and programs with other answers: a suite that passes those cannot fail."""

from __future__ import annotations

import ast
import math
from typing import Any

from akd_sandbox.syntax import expression, parse


def flipped(line: str, entry_point: str) -> str | None:
    """Return the assert with a different expected value, or None if it has no expectation that can be changed.

    It understands a comparison by == or `is` between a literal and something that calls the entry point, `isclose` of
    the two, `abs` of their difference below a bound, and a bare or negated call. `f(1) == f(1)` or `f(1) or True` have
    no such expectation.
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


def answering_otherwise(code: str, entry_point: str) -> str | None:
    """Return a program whose every answer is another of the same kind; None where the entry point is of no usual form.

    What the suite of `f(1) == f(2) == Fraction(1, 2)` expects is no literal, but this program fails it.
    """
    try:
        (statement,) = parse(entry_point).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    match statement:
        case ast.Expr(value=ast.Name(id=name)):
            target = name
        case ast.Expr(value=ast.Attribute(value=ast.Name() as owner, attr=name)):
            target = f"{owner.id}.{name}"
        case ast.Expr(value=ast.Attribute(value=ast.Call(func=ast.Name() as owner), attr=name)):
            target = f"{owner.id}.{name}"
        case _:
            return None
    return f"{code}\n{_OTHERWISE}\n\n{target} = _akd_otherwise({target})\n"


_OTHERWISE = """
def _akd_otherwise(function):
    def answered(*args, **named):
        value = function(*args, **named)
        if isinstance(value, bool):
            return not value
        if isinstance(value, (int, float, complex)):
            return value + abs(value) + 1
        if isinstance(value, (str, bytes)):
            return value + type(value)(b"x" if isinstance(value, bytes) else "x")
        if isinstance(value, (list, tuple)):
            return type(value)([*value, 0]) if type(value) in (list, tuple) else _akd_otherwise
        if isinstance(value, (set, frozenset)):
            return value | {_akd_otherwise}
        if isinstance(value, dict):
            return {**value, _akd_otherwise: 0}
        return _akd_otherwise

    return answered
"""


def _flipped_test(test: ast.expr, entry_point: str) -> ast.expr | None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and _is_call(test.operand, entry_point):
        return test.operand
    if _is_call(test, entry_point):
        return ast.UnaryOp(ast.Not(), test)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        sides = _flipped_sides(test.left, test.comparators[0], entry_point)
        return None if sides is None else ast.Compare(sides[0], test.ops, [sides[1]])
    match test:
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp(op=ast.Sub()) as difference]),
            ops=[ast.Lt() | ast.LtE()],
            comparators=[bound],
        ):
            sides = _flipped_sides(difference.left, difference.right, entry_point)
            if sides is None:
                return None
            other = ast.Call(ast.Name("abs"), [ast.BinOp(sides[0], ast.Sub(), sides[1])], [])
            return ast.Compare(other, test.ops, [bound])
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
