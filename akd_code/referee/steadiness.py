"""Whether a program may answer otherwise when it is asked again, as far as its text tells.

One that sorts with a random pivot draws, too, and always answers the same. So what is found here forbids nothing: such
a program is run more often before an answer of it is taken for the right one.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from akd_sandbox.syntax import NOT_PYTHON, parse

_DRAWING = frozenset({"random", "secrets", "urandom", "uuid", "time", "datetime", "date", "threading", "asyncio"})
_SETS, _HASHES = frozenset({"set", "frozenset"}), frozenset({"hash", "id"})
_RUNS_OF_CHANCE, _RUNS_OF_HASHES = 16, 8
"""A coin that is tossed so often shows one side only once in 65,000 and in 256 times. A new hash seed costs more."""


def runs_to_be_sure(code: str, asserts: Sequence[str]) -> int:
    """Return how often a program is run before asserts on it are believed; once where its text says nothing of chance.

    A program that cannot be read is run once.
    """
    if _names(code) & _DRAWING:
        return _RUNS_OF_CHANCE
    return _RUNS_OF_HASHES if may_follow_hashes(code, asserts) else 1


def may_follow_hashes(code: str, asserts: Sequence[str]) -> bool:
    """Return whether a program takes hashes, or makes sets where asserts have texts in them.

    Then an answer may change with the interpreter's hash seed; the order of numbers in a set does not.
    """
    named = _names(code)
    return bool(named & _HASHES) or (bool(named & _SETS) and any("'" in line or '"' in line for line in asserts))


def _names(code: str) -> set[str]:
    """Return the names that a program speaks of; a set that is written out counts as `set`."""
    try:
        nodes = list(ast.walk(parse(code)))
    except NOT_PYTHON:
        return set()
    found = {"set" for node in nodes if isinstance(node, ast.Set | ast.SetComp)}
    found |= {node.id for node in nodes if isinstance(node, ast.Name)}
    found |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    modules = (node.module or "" for node in nodes if isinstance(node, ast.ImportFrom))
    return found.union(*(module.split(".") for module in modules))
