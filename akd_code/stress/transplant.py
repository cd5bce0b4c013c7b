"""A function put in the place of another, in a module that otherwise stays as it is."""

from __future__ import annotations

import ast

from akd_sandbox.syntax import NOT_PYTHON, parse

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def transplanted(host: str, donor: str, name: str) -> str | None:
    """Return `host` with what defines `name` replaced by all that `donor` defines, and the imports that it needs.

    None where either is not Python, or does not define `name` as a function or class at its top.
    """
    try:
        ours, theirs = parse(host).body, parse(donor).body
    except NOT_PYTHON:
        return None
    place = next((node for node in ours if isinstance(node, _DEFINITIONS) and node.name == name), None)
    if place is None or not any(isinstance(node, _DEFINITIONS) and node.name == name for node in theirs):
        return None
    known = {ast.unparse(node) for node in ours}
    imports = [ast.unparse(node) for node in theirs if isinstance(node, _IMPORTS) and ast.unparse(node) not in known]
    rest = [node for node in theirs if not isinstance(node, _IMPORTS) and not _is_docstring(node)]
    graft = "\n\n\n".join(_source(donor, node) for node in rest if ast.unparse(node) not in known)
    lines = host.splitlines()
    start = min([place.lineno, *(one.lineno for one in place.decorator_list)]) - 1
    lines[start : place.end_lineno] = graft.splitlines()
    top = _after_opening(ours)
    return "\n".join([*lines[:top], *imports, *lines[top:]]) + "\n"


def _source(code: str, node: ast.stmt) -> str:
    """Return a statement's text with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(one.lineno for one in decorators)]) - 1
    return "\n".join(code.splitlines()[start : node.end_lineno])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _after_opening(body: list[ast.stmt]) -> int:
    """Return the number of lines that a module's docstring and its imports from `__future__` take at its top."""
    end = 0
    for node in body:
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not future and not _is_docstring(node):
            break
        end = node.end_lineno or end
    return end
