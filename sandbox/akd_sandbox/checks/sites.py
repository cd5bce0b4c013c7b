"""Where the checks of test code stand: asserts, assert methods and functions, blocks that expect an exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

TRIED, ARRIVED = "_akd_tried", "_akd_arrived"
"""What test code calls before a check, as written, and behind one that was passed."""
OTHER = "_akd_other"
"""What changes a value, or not, as its token says."""
CHECK, CALL, RAISING, EXPECT = "_akd_check", "_akd_call", "_akd_raising", "_akd_expect"
"""What stands in a check's place in a guarded run: records its outcome and goes on."""


class SiteKind(Enum):
    """What a check is: an `assert`, a call that asserts, a call that must raise, or a block that must."""

    ASSERT = "assert"
    CALL = "call"
    RAISING = "raising"
    EXPECT = "expect"


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One check of test code: its number in its file, what it is, and its statement in the tree."""

    number: int
    kind: SiteKind
    statement: ast.Assert | ast.Expr | ast.With

    @property
    def call(self) -> ast.Call:
        """The call that is the check, or that makes the block expect something."""
        if isinstance(self.statement, ast.With):
            found = self.statement.items[0].context_expr
        else:
            found = self.statement.value if isinstance(self.statement, ast.Expr) else self.statement.test
        if not isinstance(found, ast.Call):
            raise TypeError("an assert is no call")
        return found


def called(call: ast.expr) -> str:
    """Return the last part of the name that is called, or nothing."""
    if isinstance(call, ast.Call):
        if isinstance(call.func, ast.Attribute):
            return call.func.attr
        if isinstance(call.func, ast.Name):
            return call.func.id
    return ""


_OF_MOCKS = ("assert_called", "assert_not_called", "assert_any_call", "assert_has_", "assert_await", "assert_any_await",
             "assert_not_await")  # fmt: skip
_RAISES = ("assertRaises", "assertRaisesRegex", "raises")


def kind_of(statement: ast.stmt) -> SiteKind | None:
    """Return what kind of check a statement is, None if it is none.

    `assert True` and `assert False` are none: they say nothing of a program, or stand where nothing should arrive.
    """
    if isinstance(statement, ast.Assert):
        return None if isinstance(statement.test, ast.Constant) else SiteKind.ASSERT
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        name = called(statement.value)
        if name in _RAISES:
            return SiteKind.RAISING if len(statement.value.args) > 1 else None
        if name.startswith("assert") and not name.startswith(_OF_MOCKS):
            return SiteKind.CALL
    if isinstance(statement, ast.With) and len(statement.items) == 1:
        context = statement.items[0].context_expr
        if called(context) in _RAISES and isinstance(context, ast.Call) and len(context.args) >= 1:
            return SiteKind.EXPECT
    return None


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Yield every statement below a node, in the order of the text."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt):
            yield child
        yield from statements(child)


def sites_of(tree: ast.Module, first: int) -> list[Site]:
    """Return the checks of a file, numbered from `first` in the order of its text."""
    found: list[Site] = []
    for statement in statements(tree):
        kind = kind_of(statement)
        if kind is not None and isinstance(statement, ast.Assert | ast.Expr | ast.With):
            found.append(Site(first + len(found), kind, statement))
    return found


def always_reached(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a test that every run of it which passes must have passed by."""
    for statement in body:
        yield statement
        if _runs_through(statement) and isinstance(statement, ast.With | ast.For):
            yield from always_reached(statement.body)
        if any(isinstance(node, ast.Return | ast.Yield | ast.Continue | ast.Break) for node in ast.walk(statement)):
            return
        if any(called(node).lower().startswith("skip") for node in ast.walk(statement) if isinstance(node, ast.Call)):
            return


def _runs_through(statement: ast.stmt) -> bool:
    """Return whether a block runs at least once and lets failures out: a literal loop, a harmless `with`."""
    if isinstance(statement, ast.For):
        return isinstance(statement.iter, ast.List | ast.Tuple) and bool(statement.iter.elts)
    if isinstance(statement, ast.With):
        return all(called(item.context_expr) in _LET_OUT for item in statement.items)
    return False


_LET_OUT = ("subTest", "patch", "object", "open", "redirect_stdout", "TemporaryDirectory", "NamedTemporaryFile")
