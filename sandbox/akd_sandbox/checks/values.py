"""Other values: what an expectation is changed into. Plausible ones, which nobody can tell from the right ones."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Sequence
from typing import Any

from akd_sandbox.syntax import expression

_VALUE_CALLS = ("array", "approx", "Decimal", "Counter", "OrderedDict", "deque", "set", "frozenset", "list", "tuple",
                "dict", "Path", "Series")  # fmt: skip
_DEPTH = 20
_LARGE = 10**15


def literal(node: ast.expr) -> tuple[bool, Any]:
    """Return (True, the value) of a literal, else (False, None)."""
    try:
        return True, ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False, None


def is_value(node: ast.expr) -> bool:
    """Return whether an expression is a literal, or a plain type's constructor around one, that can be changed."""
    return _literal_inside(node) is not None


def _literal_inside(node: ast.expr) -> ast.expr | None:
    ok, value = literal(node)
    if ok:
        return node if literal(expression(repr(value))) == (True, value) else None  # inf, nan
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        ok, value = literal(first)
        if name in _VALUE_CALLS and ok and (value or not isinstance(value, list | tuple | dict | set | str)):
            return first
    return None


def changed(node: ast.expr, rng: random.Random, pool: Sequence[Any], *, far: bool) -> ast.expr:
    """Return a value expression with another value: one of the pool of the same type, or a changed one.

    `far`: numbers are changed by more than any tolerance, relative and absolute.
    """
    inside = _literal_inside(node)
    if inside is None:
        raise ValueError("not a value")
    value = ast.literal_eval(inside)
    other = other_value(value, rng, pool, far=far)
    made = expression(repr(other))
    if inside is node:
        return made
    if not isinstance(node, ast.Call):
        raise ValueError("not a value")
    return ast.Call(node.func, [made, *node.args[1:]], node.keywords)


def other_value(value: Any, rng: random.Random, pool: Sequence[Any], *, far: bool = False, depth: int = 0) -> Any:
    """Return a value of the same type that is not equal to the given one."""
    if not far:
        fitting = [one for one in pool if type(one) is type(value) and one != value and not isinstance(one, float)]
        if fitting and rng.random() < 0.7:
            return rng.choice(fitting)
    made = _mutated(value, rng, depth)
    return made if made != value else _last_resort(value)


def _mutated(value: Any, rng: random.Random, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return (not value) if isinstance(value, bool) else rng.choice([0, False, ""])
    if isinstance(value, int):
        return value + rng.choice([-2, -1, 1, 2, 3]) * (abs(value) // 10 if 100 <= abs(value) < _LARGE else 1)
    if isinstance(value, float):
        away = rng.choice([-1, 1]) * (1.5 + abs(value)) * rng.choice([0.5, 0.75, 1.0])
        made = round(value + away, 6)
        return made if math.isfinite(made) else round(value - away, 6)  # no literal stands for what is not finite
    if isinstance(value, complex):
        return value + rng.choice([1, -1, 1j])
    if isinstance(value, str):
        return _other_text(value, rng)
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1, *value[1:]]) if value else b"a"
    return _other_container(value, rng, depth)


def _other_container(value: Any, rng: random.Random, depth: int) -> Any:
    if depth > _DEPTH:
        return _last_resort(value)
    if isinstance(value, list | tuple):
        items = list(value)
        if not items:
            return type(value)([0])
        place = rng.randrange(len(items))
        items[place] = other_value(items[place], rng, (), depth=depth + 1)
        return type(value)(items)
    if isinstance(value, dict):
        if not value:
            return {0: 0}
        key = rng.choice(list(value))
        return {**value, key: other_value(value[key], rng, (), depth=depth + 1)}
    if isinstance(value, set | frozenset):
        return type(value)([*list(value)[1:], _unlike(value)])
    return _last_resort(value)


def _unlike(items: Any) -> Any:
    """Return something like the members of a set that is not among them."""
    first = next(iter(items), 0)
    if isinstance(first, str):
        return next(name for name in (first + "s" * n for n in range(1, len(items) + 2)) if name not in items)
    return next(number for number in range(len(items) + 1) if number not in items)


def _other_text(text: str, rng: random.Random) -> str:
    """Return a text that differs in one letter or digit, by one of its kind."""
    places = [place for place, char in enumerate(text) if char.isascii() and char.isalnum()]
    if not places:
        return text + " " if text.strip() else rng.choice("abc")
    place = rng.choice(places)
    kinds = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    kind = next(kind for kind in kinds if text[place] in kind)
    return text[:place] + rng.choice(kind.replace(text[place], "")) + text[place + 1 :]


def _last_resort(value: Any) -> Any:
    return None if value is not None else 0
