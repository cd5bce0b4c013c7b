"""A class that only holds functions, as LeetCode asks for, written as plain functions."""

from __future__ import annotations

import ast
import re

from akd_code.intake.exercise import UnusableError
from akd_sandbox.syntax import NOT_PYTHON, parse

_METHOD = re.compile(r"(\w+)\(\)\.(\w+)")
_KEEPS = "its class keeps something between calls"


def is_method(entry_point: str) -> bool:
    """Return whether an entry point is a method of a fresh object, such as `Solution().twoSum`."""
    return _METHOD.fullmatch(entry_point) is not None


def as_function(code: str, entry_point: str) -> tuple[str, str]:
    """Return the program with the methods of the entry point's class as functions, and the function's name.

    Comments are lost and the layout is Python's own (`ast.unparse`): the program is written anew from its tree.

    Raises:
        UnusableError: the class keeps state, inherits, or has methods that are more than functions.
    """
    match = _METHOD.fullmatch(entry_point)
    if match is None:
        raise UnusableError("no method to make a function of", entry_point)
    try:
        tree = parse(code)
    except NOT_PYTHON as error:
        raise UnusableError("not Python", str(error)) from None
    place, holder = _class(tree, match[1])
    methods = _methods(holder)
    if match[2] not in methods:
        raise UnusableError("its class has no such method", entry_point)
    taken = {name for statement in tree.body if statement is not holder for name in _defined(statement)}
    if taken & set(methods):
        raise UnusableError("a method and a function of one name", ", ".join(sorted(taken & set(methods))))
    functions = [_WithoutSelf(set(methods), match[1]).visit(method) for method in methods.values()]
    tree.body[place : place + 1] = functions
    if any(isinstance(node, ast.Name) and node.id == match[1] for node in ast.walk(tree)):
        raise UnusableError(_KEEPS, f"{match[1]} is used by name")
    return ast.unparse(ast.fix_missing_locations(tree)), match[2]


def _class(tree: ast.Module, name: str) -> tuple[int, ast.ClassDef]:
    for place, statement in enumerate(tree.body):
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            if statement.bases or statement.keywords or statement.decorator_list:
                raise UnusableError(_KEEPS, "it inherits or is decorated")
            return place, statement
    raise UnusableError("no such class in the answer", name)


def _methods(holder: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    found: dict[str, ast.FunctionDef] = {}
    for statement in holder.body:
        if isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            continue
        if not isinstance(statement, ast.FunctionDef) or statement.name.startswith("__"):
            raise UnusableError(_KEEPS, ast.unparse(statement).splitlines()[0])
        found[statement.name] = statement
    return found


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(one.asname or one.name).partition(".")[0] for one in statement.names}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


class _WithoutSelf(ast.NodeTransformer):
    """Takes `self` out of a method: `self.other(...)` becomes `other(...)`; refuses any other use of it."""

    def __init__(self, methods: set[str], holder: str) -> None:
        self.methods, self.holder = methods, holder
        self.name = ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if not self.name:
            static = [one for one in node.decorator_list if isinstance(one, ast.Name) and one.id == "staticmethod"]
            node.decorator_list = [one for one in node.decorator_list if one not in static]
            self.name = self.holder
            if not static:
                if not node.args.args:
                    raise UnusableError(_KEEPS, f"{node.name} takes no self")
                self.name = node.args.args.pop(0).arg
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in (self.name, self.holder):
            if node.attr not in self.methods or not isinstance(node.ctx, ast.Load):
                raise UnusableError(_KEEPS, f"{node.value.id}.{node.attr}")
            return ast.copy_location(ast.Name(node.attr, ast.Load()), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self.name:
            raise UnusableError(_KEEPS, f"{node.id} is handed on")
        return node
