"""HumanEval's form of tests, `check(candidate)`, as asserts over the function by its name."""

from __future__ import annotations

import ast

from akd_sandbox.syntax import parse


def asserts_of_check(code: str, entry_point: str) -> list[str]:
    """Return the statements of `check(candidate)`, on the function by its name.

    Raises ValueError where the code does not define such a check.
    """
    try:
        (check,) = (node for node in parse(code).body if isinstance(node, ast.FunctionDef) and node.name == "check")
        candidate = check.args.args[0].arg
        (called,) = parse(entry_point).body
    except (SyntaxError, ValueError, IndexError, MemoryError, RecursionError):
        raise ValueError("tests as code must define check(candidate)") from None
    if not isinstance(called, ast.Expr):
        raise ValueError(f"{entry_point!r} is no name of a function")
    renamed = _Renamed(candidate, called.value)
    return [ast.unparse(renamed.visit(statement)) for statement in check.body]


class _Renamed(ast.NodeTransformer):
    """Puts an expression in the place of a name."""

    def __init__(self, name: str, other: ast.expr) -> None:
        self._name, self._other = name, other

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._other if node.id == self._name else node
