"""What Python's own parser says of a source: the decomposer must say the same."""

from __future__ import annotations

import ast
from collections import Counter

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Names = Counter[tuple[str, bool]]
"""Definitions: (qualified name, is a class)."""
Calls = Counter[tuple[str, str]]
"""Calls: (qualified name of what they stand in, what is called)."""


def from_ast(tree: ast.Module) -> tuple[Names, Calls]:
    """Return the definitions and the calls of a module."""
    names: Names = Counter()
    calls: Calls = Counter()
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, around = todo.pop()
        for child in ast.iter_child_nodes(node):
            inside = around
            if isinstance(child, DEFINITIONS):
                inside = f"{around}.{child.name}" if around else child.name
                names[inside, isinstance(child, ast.ClassDef)] += 1
            elif isinstance(child, ast.Call):
                calls[around, _callee(child.func)] += 1
            todo.append((child, inside))
    return names, calls


def _callee(function: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        return ".".join([function.id, *reversed(parts)])
    return f".{parts[0]}" if parts else ""
