"""An assert on a call with literal arguments, taken apart, so that the same check can be made on other arguments."""

from __future__ import annotations

import ast
import copy
import math
from dataclasses import dataclass
from typing import Any

from akd_code.referee.inputs import CallInput
from akd_sandbox import Case
from akd_sandbox.syntax import expression, parse

_LONGEST_LITERAL = 2000
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class LiteralCall:
    """`assert f(arguments) == expected`, or `is`, `isclose(f(...), expected)`, `abs(f(...) - expected) < bound`.

    `rounded` tells whether the check leaves room for rounding.
    """

    line: str
    entry_point: str
    arguments: CallInput
    rounded: bool

    def case(self, arguments: CallInput) -> Case:
        """Return a call of the function as the sandbox takes it."""
        return Case(args=arguments.args, expected=None, kwargs=arguments.named)

    def on(self, arguments: CallInput, expected: Any) -> str | None:
        """Return the same check on other arguments, None where the expectation cannot be written or relied on.

        A float that is longer than a few digits hangs on the order of additions, so it needs a check with room.
        """
        if not _can_be_written(expected) or (not self.rounded and not _exact(expected)):
            return None
        (statement,) = parse(self.line).body
        assert isinstance(statement, ast.Assert)
        call, value = _sides(statement.test, self.entry_point)
        if isinstance(call, ast.Call):
            call.args = [expression(repr(one)) for one in arguments.args]
            call.keywords = [ast.keyword(name, expression(repr(one))) for name, one in arguments.kwargs]
        test = _Replaced(value, expression(repr(expected))).visit(copy.copy(statement.test))
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is) and not _singleton(expected):
            test.ops = [ast.Eq()]
        return ast.unparse(ast.fix_missing_locations(ast.Assert(test=test, msg=None)))


def literal_call(line: str, entry_point: str) -> LiteralCall | None:
    """Return the parts of an assert, None for one of another form."""
    try:
        (statement,) = parse(line).body
        if not isinstance(statement, ast.Assert):
            return None
        call, value = _sides(statement.test, entry_point)
        ast.literal_eval(value)
        args = tuple(ast.literal_eval(one) for one in call.args)
        kwargs = tuple((str(one.arg), ast.literal_eval(one.value)) for one in call.keywords)
        if any(one.arg is None for one in call.keywords):
            return None
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    compared = isinstance(statement.test, ast.Compare) and isinstance(statement.test.ops[0], ast.Eq | ast.Is)
    return LiteralCall(line, entry_point, CallInput(args, kwargs), not compared)


def _sides(test: ast.expr, entry_point: str) -> tuple[ast.Call, ast.expr]:
    """Return the call and the expected value in an assert's test. Raises ValueError where it has another form."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            sides = (left, right)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp(left=left, op=ast.Sub(), right=right)]),
            ops=[ast.Lt() | ast.LtE()],
        ):
            sides = (left, right)
        case ast.Call(func=ast.Name(id="isclose") | ast.Attribute(attr="isclose"), args=[left, right, *_]):
            sides = (left, right)
        case _:
            raise ValueError("not a comparison of a call with a value")
    for call, value in (sides, sides[::-1]):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == entry_point:
            return call, value
    raise ValueError("no call of the entry point")


class _Replaced(ast.NodeTransformer):
    """Puts another node in the place of one."""

    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self._new if node is self._old else self.generic_visit(node)


def _can_be_written(value: Any) -> bool:
    """Tell whether a value can stand in an assert: short, and read back as itself."""
    try:
        text = repr(value)
        return len(text) <= _LONGEST_LITERAL and bool(ast.literal_eval(expression(text)) == value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False


def _exact(value: Any) -> bool:
    """Tell whether no float in plain data is longer than a few digits."""
    match value:
        case float():
            return math.isfinite(value) and round(value, _DIGITS) == value
        case list() | tuple() | set() | frozenset():
            return all(map(_exact, value))
        case dict():
            return all(_exact(key) and _exact(one) for key, one in value.items())
    return True


def _singleton(value: Any) -> bool:
    return value is None or isinstance(value, bool)
