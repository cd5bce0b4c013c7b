"""Tests as code, in HumanEval's form (`check(candidate)`) or as plain statements, made into tests that stand alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import NOT_PYTHON, parse


@dataclass(frozen=True, slots=True)
class TestParts:
    """The tests in code, and what they need of the code around them: imports, other functions."""

    __test__ = False  # not a pytest class

    tests: tuple[str, ...]
    setup: str


def parts_of_tests(code: str, entry_point: str) -> TestParts:
    """Return the statements of code that check something; those of `check(candidate)` where the code defines it.

    They call the function by its name. Each comes with the statements before it that check nothing and whose names it
    uses, or that do something (`random.seed(1)`), so that none needs another. Raises ValueError, which says why, where
    nothing is checked.
    """
    try:
        tree, (called,) = parse(code), parse(entry_point).body
    except NOT_PYTHON as error:
        raise ValueError(f"its tests are not Python ({error})") from None
    check = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"), None)
    if check is None:
        body, around = tree.body, []
    elif check.args.args and isinstance(called, ast.Expr):
        renamed = _Renamed(check.args.args[0].arg, called.value)
        body = [renamed.visit(statement) for statement in check.body]
        around = [node for node in tree.body if node is not check and _bound(node)]
    else:
        raise ValueError("its check takes no candidate; tests as code define check(candidate), or are asserts")
    checking = {node.name for node in ast.walk(tree) if node is not check and _is_checking_function(node)}
    tests: list[list[ast.stmt]] = []
    before: list[ast.stmt] = []
    for statement in body:
        if holds_check(statement) or _calls(statement, checking):
            tests.append([*_needed(before, [statement]), statement])
        elif not _says_nothing(statement):
            before.append(statement)
    if not tests:
        raise ValueError("its tests check nothing; give asserts, or code that defines check(candidate)")
    setup = _needed(around, [statement for test in tests for statement in test])
    return TestParts(tuple(map(_text, tests)), _text(setup))


def _needed(before: Sequence[ast.stmt], used_by: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return the statements whose names are used further on, and those that bind none: they do something else."""
    names = {name for statement in used_by for name in _used(statement)}
    kept: list[ast.stmt] = []
    for statement in reversed(before):
        bound = _bound(statement)
        if not bound or "*" in bound or bound & names:
            kept.append(statement)
            names |= _used(statement)
    return kept[::-1]


def _is_checking_function(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Tell whether a function checks something for whoever calls it, as EvalPlus's `assertion(out, exp, atol)`."""
    return isinstance(node, ast.FunctionDef) and any(map(holds_check, node.body))


def _calls(statement: ast.stmt, names: set[str]) -> bool:
    """Tell whether a statement that is no definition calls one of the functions."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(isinstance(function, ast.Name) and function.id in names for function in calls)


def _used(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives to something; `*` for all names of a module."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    found = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    aliases = (node for node in ast.walk(statement) if isinstance(node, ast.alias))
    return found | {(alias.asname or alias.name).partition(".")[0] for alias in aliases}


def _says_nothing(statement: ast.stmt) -> bool:
    """Tell whether a statement is a docstring or `pass`."""
    lone = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return lone or isinstance(statement, ast.Pass)


def _text(statements: Iterable[ast.stmt]) -> str:
    return "\n".join(map(ast.unparse, statements))


class _Renamed(ast.NodeTransformer):
    """Puts an expression in the place of a name."""

    def __init__(self, name: str, other: ast.expr) -> None:
        self._name, self._other = name, other

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._other if node.id == self._name else node
