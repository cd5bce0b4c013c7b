"""An assert on a call with literal arguments, taken apart, so that the same check can be made on other arguments."""

from __future__ import annotations

import ast
import copy
import math
from dataclasses import dataclass
from typing import Any

from akd_code.referee.built import ADAPTER, Built, adapted, holds_built, travelling, value_of
from akd_code.referee.inputs import CallInput
from akd_sandbox import Case
from akd_sandbox.syntax import expression, parse

_LONGEST_LITERAL = 2000
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class LiteralCall:
    """`assert f(arguments) == expected`, or `is`, `isclose(f(...), expected)`, `abs(f(...) - expected) < bound`.

    Or `same(f(arguments), made([...]))`, by a function and a constructor of the task's, whose name is `constructor`.
    `rounded` tells whether the check leaves room for rounding; `adapts`, whether arguments or result are built.
    """

    line: str
    entry_point: str
    arguments: CallInput
    rounded: bool
    constructor: str = ""

    @property
    def adapts(self) -> bool:
        """Whether arguments or result are made by a constructor, so that a program needs an adapter."""
        return bool(self.constructor) or any(map(holds_built, self.arguments.values))

    @property
    def called(self) -> str:
        """The function that `program` has to call."""
        return ADAPTER if self.adapts else self.entry_point

    def program(self, code: str, setup: str = "") -> str:
        """Return a program with what calling it on plain data takes."""
        return adapted(code, setup, self.entry_point) if self.adapts else code

    def case(self, arguments: CallInput) -> Case:
        """Return a call of the function as the sandbox takes it."""
        kwargs = {name: travelling(value) for name, value in arguments.kwargs}
        return Case(args=tuple(map(travelling, arguments.args)), expected=None, kwargs=kwargs)

    def on(self, arguments: CallInput, expected: Any) -> str | None:
        """Return the same check on other arguments, None where the expectation cannot be written or relied on.

        A float that is longer than a few digits hangs on the order of additions, so it needs a check with room.
        """
        if self.constructor:
            if expected is not None and not isinstance(expected, list):
                return None
            expected = Built(self.constructor, expected or [])
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
        expected = value_of(value)
        args = tuple(value_of(one) for one in call.args)
        kwargs = tuple((str(one.arg), value_of(one.value)) for one in call.keywords)
        if any(one.arg is None for one in call.keywords):
            return None
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    compared = isinstance(statement.test, ast.Compare) and isinstance(statement.test.ops[0], ast.Eq | ast.Is)
    by_own = isinstance(statement.test, ast.Call) and _is_own(statement.test.func)
    # What is built is compared by a function of the task's; `==` is not known to compare it.
    if by_own != isinstance(expected, Built) or (holds_built(expected) and not by_own):
        return None
    constructor = expected.constructor if isinstance(expected, Built) else ""
    return LiteralCall(line, entry_point, CallInput(args, kwargs), not compared and not by_own, constructor)


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
        case ast.Call(func=ast.Name(), args=[left, right], keywords=[]):
            sides = (left, right)
        case _:
            raise ValueError("not a comparison of a call with a value")
    for call, value in (sides, sides[::-1]):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == entry_point:
            return call, value
    raise ValueError("no call of the entry point")


def _is_own(function: ast.expr) -> bool:
    """Tell whether a comparison is by a function of the task's."""
    return isinstance(function, ast.Name) and function.id not in ("isclose", "abs")


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
        return len(text) <= _LONGEST_LITERAL and bool(value_of(expression(text)) == value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False


def _exact(value: Any) -> bool:
    """Tell whether no float in plain data is longer than a few digits."""
    match value:
        case Built():
            return _exact(value.literal)
        case float():
            return math.isfinite(value) and round(value, _DIGITS) == value
        case list() | tuple() | set() | frozenset():
            return all(map(_exact, value))
        case dict():
            return all(_exact(key) and _exact(one) for key, one in value.items())
    return True


def _singleton(value: Any) -> bool:
    return value is None or isinstance(value, bool)
