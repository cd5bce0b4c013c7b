"""Mutants of a program that is right: small faults, each of which a suite worth its name should notice.

The operators are the usual ones of mutation testing: another arithmetic or comparison operator, a bound moved by one,
a constant changed, a condition negated, a branch or statement dropped, another value returned.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from akd_sandbox.syntax import parse

MOST_MUTANTS = 60
"""Of one program: more of them say little more, and each costs a sandbox run."""

_OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.USub: (ast.UAdd,),
}
_DEFAULTS: tuple[Any, ...] = (None, 0)
_IDLE = ("annotation", "returns", "decorator_list", "type_comment", "type_params")
_BLOCKS = ("body", "orelse", "finalbody")
_KEPT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one fault, on this line of the original."""

    code: str
    line: int
    change: str


@dataclass(frozen=True, slots=True)
class _Edit:
    """Another value for a field of a node."""

    node: ast.AST
    field: str
    value: Any
    change: str


def mutants(
    code: str, *, most: int = MOST_MUTANTS, seed: int = 0, apart: Collection[str] = frozenset()
) -> list[Mutant]:
    """Return mutants of a program, at most `most` drawn with the seed, in the order of its lines.

    Only functions and methods are changed, those `apart` by name, or of such a class, not. What reads like the program
    itself, or like another mutant, is left out.
    Raises SyntaxError, ValueError, MemoryError, RecursionError for a program that cannot be read.
    """
    tree = parse(code)
    seen = {ast.unparse(tree)}
    made: list[Mutant] = []
    changed = [one for one in tree.body if getattr(one, "name", "") not in apart]
    for function in _functions(changed):
        for node in list(_inside(function)):
            for edit in _edits(node):
                text = _edited(tree, edit)
                if text not in seen:
                    seen.add(text)
                    made.append(Mutant(text, getattr(node, "lineno", function.lineno), edit.change))
    if len(made) > most:
        made = random.Random(f"mutants {seed}").sample(made, most)
    return sorted(made, key=lambda one: (one.line, one.change, one.code))


def _edited(tree: ast.Module, edit: _Edit) -> str:
    before = getattr(edit.node, edit.field)
    setattr(edit.node, edit.field, edit.value)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    finally:
        setattr(edit.node, edit.field, before)


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the outermost functions and methods; what is inside of one belongs to it."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
        elif isinstance(statement, ast.ClassDef):
            yield from _functions(statement.body)


def _inside(function: ast.AST) -> Iterator[ast.AST]:
    """Yield a function and everything in it that does something: no docstring, no annotation, no decorator."""
    waiting = [function]
    while waiting:
        node = waiting.pop()
        yield node
        for field, value in reversed(list(ast.iter_fields(node))):
            if field not in _IDLE:
                children = value if isinstance(value, list) else [value]
                waiting += [one for one in reversed(children) if isinstance(one, ast.AST) and not _is_text(one)]


def _edits(node: ast.AST) -> Iterator[_Edit]:
    """Yield the changes that can be made to one node, without making them."""
    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() | ast.UnaryOp():
            yield from _operator_edits(node)
        case ast.Compare():
            yield from _comparison_edits(node)
        case ast.Constant():
            yield from _constant_edits(node)
        case ast.If() | ast.While() | ast.IfExp():
            yield _Edit(node, "test", ast.UnaryOp(ast.Not(), node.test), "condition negated")
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            for default in _DEFAULTS:
                yield _Edit(node, "value", ast.Constant(default), f"returns {default!r}")
        case ast.comprehension(ifs=[_, *_]):
            yield _Edit(node, "ifs", [], "filter dropped")
        case ast.Slice():
            yield from _slice_edits(node)
    yield from _dropped_statements(node)


def _operator_edits(node: ast.BinOp | ast.AugAssign | ast.BoolOp | ast.UnaryOp) -> Iterator[_Edit]:
    for other in _OPERATORS.get(type(node.op), ()):
        yield _Edit(node, "op", other(), f"{_named(node.op)} becomes {other.__name__}")
    if isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            rest = node.values[:index] + node.values[index + 1 :]
            yield _Edit(node, "values", rest, f"part {index + 1} of a condition dropped")


def _comparison_edits(node: ast.Compare) -> Iterator[_Edit]:
    for index, op in enumerate(node.ops):
        for other in _OPERATORS.get(type(op), ()):
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield _Edit(node, "ops", ops, f"{_named(op)} becomes {other.__name__}")


def _constant_edits(node: ast.Constant) -> Iterator[_Edit]:
    value = node.value
    others: tuple[Any, ...] = ()
    if isinstance(value, bool):
        others = (not value,)
    elif isinstance(value, int | float):
        others = (value + 1, value - 1)
    elif isinstance(value, str):
        others = ("",) if value else ("x",)
    for other in others:
        yield _Edit(node, "value", other, f"{value!r:.20} becomes {other!r}")


def _slice_edits(node: ast.Slice) -> Iterator[_Edit]:
    for field in ("lower", "upper", "step"):
        if getattr(node, field) is not None:
            yield _Edit(node, field, None, f"{field} of a slice dropped")


def _dropped_statements(node: ast.AST) -> Iterator[_Edit]:
    """Yield a change for each statement of a block that can be left out."""
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if not isinstance(block, list):
            continue
        for index, statement in enumerate(block):
            if isinstance(statement, _KEPT) or _is_text(statement):
                continue
            rest = block[:index] + block[index + 1 :]
            if rest or field != "body":
                yield _Edit(node, field, rest, f"line {statement.lineno} dropped")
            elif not isinstance(statement, ast.Pass):
                yield _Edit(node, field, [ast.Pass()], f"line {statement.lineno} dropped")


def _is_text(statement: ast.AST) -> bool:
    """Tell whether a statement is a docstring, or a constant that does as little."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _named(op: ast.AST) -> str:
    return type(op).__name__
