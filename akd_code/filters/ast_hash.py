"""Programs that are equal but for names, comments, docstrings, annotations and the way literals are written."""

from __future__ import annotations

import ast

from akd_sandbox.syntax import NOT_PYTHON, parse


def program_shape(code: str) -> str | None:
    """Return a program's shape: equal for programs that differ only in names, comments and spelling.

    Names that the program gives are numbered in the order they appear; names of modules, attributes and builtins stay.
    None for what is not Python, and for a program that does nothing.
    """
    try:
        return shape_of(parse(code).body)
    except NOT_PYTHON:
        return None


def function_shapes(code: str) -> dict[str, str]:
    """Return the shape of each function and method of a program by its name; {} for what is not Python."""
    try:
        tree = parse(code)
        found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        shapes = {node.name: shape_of([node]) for node in found}
    except NOT_PYTHON:
        return {}
    return {name: shape for name, shape in shapes.items() if shape is not None}


def shape_of(body: list[ast.stmt]) -> str | None:
    """Return the shape of statements; None where they do nothing. Raises RecursionError for what is too deep."""
    tree = _Normal().visit(parse(ast.unparse(ast.Module(body, []))))
    if not tree.body:
        return None
    names = _Names(_given_names(tree))
    return ast.dump(names.visit(tree), annotate_fields=False)


def _given_names(tree: ast.AST) -> set[str]:
    """Return the names that a program gives to something of its own."""
    given: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            given.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            given.add(node.name)
        elif isinstance(node, ast.arg):
            given.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            given.add(node.name)
    return given


class _Normal(ast.NodeTransformer):
    """Leaves out docstrings, annotations, imports for types, and lone constants."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg, None)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.Assign([self.visit(node.target)], self.visit(node.value))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module in ("typing", "__future__", "collections.abc") else node


class _Names(ast.NodeTransformer):
    """Numbers the names that a program gives, in the order they appear; self and other first arguments too."""

    def __init__(self, given: set[str]) -> None:
        self._given = given
        self._numbers: dict[str, str] = {}

    def _numbered(self, name: str) -> str:
        if name not in self._given:
            return name
        return self._numbers.setdefault(name, f"v{len(self._numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._numbered(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._numbered(node.arg), None)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return ast.keyword(node.arg, self.visit(node.value))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._numbered(node.name)
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.name = self._numbered(node.name)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._numbered(node.name)
        return self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = node.name and self._numbered(node.name)
        return self.generic_visit(node)
