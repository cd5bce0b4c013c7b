"""Arguments and results that a constructor of the task's own makes from a literal: `list_node([1, 2])`.

Inputs are changed in the literal, so nothing of the task's is needed to make new ones. To learn what a program returns
on one, an adapter is added to it, which builds the arguments with the task's constructors and reads the result back
into a literal, by the attributes that linked lists and binary trees have. A `deque([1, 2])` stays one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from akd_sandbox.syntax import NOT_PYTHON, parse

ADAPTER = "_akd_called"
"""The function that the adapter defines."""
_MARK = "akd built"
_PLAIN = {"set": set, "frozenset": frozenset, "tuple": tuple, "list": list, "dict": dict}


@dataclass(frozen=True, slots=True, repr=False)
class Built:
    """A value by the name of its constructor and the literal that it is made from."""

    constructor: str
    literal: list[Any]

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"{self.constructor}({self.literal!r})"

    @property
    def is_tree(self) -> bool:
        """Whether the literal lists a tree's values level by level, None where there is no child."""
        return "tree" in self.constructor.lower() or None in self.literal

    def like(self, literal: list[Any]) -> Built:
        """Return another value of the same constructor."""
        return Built(self.constructor, literal)


def value_of(node: ast.expr) -> Any:
    """Return the value of an expression: a literal, or one call of a constructor on a list, lists of such included.

    What `set([1, 2])` and its relatives make is a plain value. Raises ValueError for anything else, TypeError for such
    a call that cannot be made.
    """
    match node:
        case ast.Call(func=ast.Name(id=("set" | "frozenset" | "tuple" | "list" | "dict") as name), args=[argument]):
            if node.keywords:
                raise ValueError(f"{name} is called with keywords")
            return _PLAIN[name](ast.literal_eval(argument))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
            literal = ast.literal_eval(argument)
            if not isinstance(literal, list):
                raise ValueError(f"{name} is not called on a list")
            return Built(name, literal)
        case ast.List(elts=items) if any(isinstance(one, ast.Call) for one in items):
            return [value_of(one) for one in items]
    return ast.literal_eval(node)


def holds_built(value: Any) -> bool:
    """Tell whether a value is built, or is a list of such."""
    return isinstance(value, Built) or (isinstance(value, list) and any(map(holds_built, value)))


def travelling(value: Any) -> Any:
    """Return a value as the adapter takes it: plain data."""
    if isinstance(value, Built):
        return (_MARK, value.constructor, value.literal)
    return [travelling(one) for one in value] if isinstance(value, list) else value


def adapted(code: str, setup: str, entry_point: str) -> str:
    """Return a program with the function `ADAPTER`, which takes and returns plain data for the entry point."""
    return "\n\n".join((code, setup, _ADAPTER.replace("ENTRY", entry_point)))


_ADAPTER = f"""
def _akd_nodes(node):
    if hasattr(node, "next"):
        found = []
        while node is not None:
            found.append(node.val)
            if len(found) > 1000:
                raise ValueError("too many nodes")
            node = node.next
        return found
    found, level, seen = [], [node], 0
    while level:
        following = []
        for one in level:
            found.append(None if one is None else one.val)
            if one is not None:
                following += [one.left, one.right]
            if len(found) > 2000:
                raise ValueError("too many nodes")
        level = following
    while found and found[-1] is None:
        found.pop()
    return found


def _akd_built(value):
    if isinstance(value, tuple) and value[:1] == ({_MARK!r},):
        import builtins

        made = globals().get(value[1], getattr(builtins, value[1], None))(value[2])
        if made is not None and type(made).__module__ in ("builtins", "collections"):
            return made
        if ([] if made is None else _akd_nodes(made)) != value[2]:
            raise ValueError("the literal does not stand for what is built from it")
        return made
    return [_akd_built(one) for one in value] if isinstance(value, list) else value


def {ADAPTER}(*args, **kwargs):
    made = ENTRY(*map(_akd_built, args), **{{name: _akd_built(value) for name, value in kwargs.items()}})
    return _akd_nodes(made) if hasattr(made, "next") or hasattr(made, "left") else made
"""


def beside(asserts: Iterable[str], entry_point: str, code: str) -> frozenset[str]:
    """Return the functions and classes at the top of a program that are no part of its answer.

    Those that asserts call beside the entry point, with all that these use, and those that the entry point does not.
    """
    try:
        tree = parse(code)
        called = {node.id for line in asserts for node in _called_names(parse(line))}
    except NOT_PYTHON:
        return frozenset()
    uses = {
        one.name: {node.id for node in ast.walk(one) if isinstance(node, ast.Name)}
        for one in tree.body
        if isinstance(one, ast.FunctionDef | ast.ClassDef)
    }
    own = entry_point.partition("(")[0].partition(".")[0]
    if own not in uses:
        return frozenset()
    return frozenset(_reached(called - {own}, uses) - {own} | uses.keys() - _reached({own}, uses))


def _reached(names: set[str], uses: Mapping[str, set[str]]) -> set[str]:
    """Return what is used by names, and by what they use."""
    waiting, found = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in uses and name not in found:
            found.add(name)
            waiting += uses[name]
    return found


def _called_names(tree: ast.AST) -> Iterator[ast.Name]:
    return (node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
