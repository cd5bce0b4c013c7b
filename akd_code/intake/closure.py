"""What a piece of code needs of the code around it: imports and definitions, and what those need in turn."""

from __future__ import annotations

import ast
import importlib
import symtable
from collections.abc import Iterator

from akd_code.intake.exercise import UnusableError
from akd_sandbox.syntax import NOT_PYTHON, parse

_PUBLISHED = frozenset({
    "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "fractions", "functools", "heapq",
    "itertools", "math", "operator", "random", "re", "statistics", "string", "typing",
})  # fmt: skip
"""Modules of the standard library whose names `from MODULE import *` is known to bring; importing them does nothing."""


def needed(code: str, context: str) -> str:
    """Return the statements of `context` that `code` needs, in their order; "" where it stands alone.

    Of an import only the names that are used are kept, and `from typing import *` says which. Nothing is run.
    Raises UnusableError where one of the two is not Python.
    """
    if not context.strip():
        return ""
    body = _body(context)
    lines = context.splitlines()
    wanted, kept = set(), dict[int, set[str]]()
    waiting = free_names(code)
    while waiting:
        wanted |= waiting
        found: set[str] = set()
        for at, statement in enumerate(body):
            names = _brought(statement) & waiting
            if names:
                if at not in kept and not isinstance(statement, ast.Import | ast.ImportFrom):
                    found |= free_names(_text(statement, lines))
                kept.setdefault(at, set()).update(names)
        waiting = found - wanted
    parts = [_reduced(body[at], kept[at], lines) for at in sorted(kept)]
    return "\n".join(
        f"\n\n{part}" if isinstance(body[at], ast.FunctionDef | ast.ClassDef) else part
        for at, part in zip(sorted(kept), parts, strict=True)
    ).strip("\n")


def with_needed(code: str, context: str) -> str:
    """Return code with what it needs of `context` before it. Raises UnusableError."""
    before = needed(code, context)
    return f"{before}\n\n\n{code}" if before else code


def free_names(code: str) -> set[str]:
    """Return the names that code uses at its top or in functions and does not define at its top.

    Raises UnusableError for what is not Python.
    """
    _body(code)
    try:
        top = symtable.symtable(code, "<code>", "exec")
        used, bound = set(), set()
        for symbol in top.get_symbols():
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                bound.add(symbol.get_name())
            elif symbol.is_referenced():
                used.add(symbol.get_name())
        for inner in _inner(top):
            used.update(one.get_name() for one in inner.get_symbols() if one.is_global() and one.is_referenced())
    except NOT_PYTHON as error:
        raise UnusableError("not Python", str(error)) from None
    return used - bound


def defined_names(code: str) -> set[str]:
    """Return the names that code defines at its top. Raises UnusableError for what is not Python."""
    return {name for statement in _body(code) for name in _brought(statement)}


def _inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inner(child)


def _body(code: str) -> list[ast.stmt]:
    try:
        return parse(code).body
    except NOT_PYTHON as error:
        raise UnusableError("not Python", str(error)) from None


def _brought(statement: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a module defines."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.ImportFrom(module=str(module), names=[ast.alias(name="*")], level=0):
            return _published(module)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {_bound_by(one) for one in names}
        case _:
            nodes = ast.walk(statement)
            return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)} | {
                _bound_by(one)
                for node in ast.walk(statement)
                if isinstance(node, ast.Import | ast.ImportFrom)
                for one in node.names
            }


def _bound_by(name: ast.alias) -> str:
    return name.asname or name.name.partition(".")[0]


def _published(module: str) -> set[str]:
    if module not in _PUBLISHED:
        return set()
    found = importlib.import_module(module)
    return set(getattr(found, "__all__", [name for name in vars(found) if not name.startswith("_")]))


def _reduced(statement: ast.stmt, names: set[str], lines: list[str]) -> str:
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        return f"from {statement.module} import {', '.join(sorted(names))}"
    if isinstance(statement, ast.ImportFrom | ast.Import):
        if isinstance(statement, ast.ImportFrom) and statement.level:
            raise UnusableError("imports from its own package", ast.unparse(statement))
        statement.names = [one for one in statement.names if _bound_by(one) in names]
        return ast.unparse(statement)
    return _text(statement, lines)


def _text(statement: ast.stmt, lines: list[str]) -> str:
    """Return a statement as written, with its decorators."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)])
    return "\n".join(lines[first - 1 : statement.end_lineno])
