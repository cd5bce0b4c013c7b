"""New inputs for a function, by changing those that its tests have: each value becomes others of its own type.

What a task allows is rarely written down in a form that a program reads. The inputs that are there are allowed, and
what is near them mostly is; the rest is for the reference to refuse.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.referee.built import Built
from akd_code.referee.trees import canonical, limit_trees

_TRIES = 20  # draws for each input wanted, before there are no more new ones
_LONGEST = 200  # items or characters that a value may grow to


@dataclass(frozen=True, slots=True)
class CallInput:
    """The arguments of one call, plain values."""

    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...] = ()

    @property
    def named(self) -> Mapping[str, Any]:
        """The keyword arguments."""
        return dict(self.kwargs)

    @property
    def values(self) -> list[Any]:
        """All arguments, the named ones last."""
        return [*self.args, *(value for _, value in self.kwargs)]

    def with_value(self, place: int, value: Any) -> CallInput:
        """Return the same arguments but for the one in this place of `values`."""
        if place < len(self.args):
            return CallInput((*self.args[:place], value, *self.args[place + 1 :]), self.kwargs)
        at = place - len(self.args)
        name = self.kwargs[at][0]
        return CallInput(self.args, (*self.kwargs[:at], (name, value), *self.kwargs[at + 1 :]))

    def call(self, entry_point: str, *expressions: str) -> str:
        """Return the call as text; `expressions` stand in for the first of `values`."""
        said = [*expressions, *map(repr, self.values[len(expressions) :])]
        named = [f"{name}={text}" for (name, _), text in zip(self.kwargs, said[len(self.args) :], strict=True)]
        return f"{entry_point}({', '.join([*said[: len(self.args)], *named])})"


def mutated_inputs(known: Sequence[CallInput], count: int, *, seed: int = 0) -> list[CallInput]:
    """Return at most `count` inputs that are not in `known`; the same ones for the same seed.

    First come single steps to a limit (zero, empty, one element), one argument at a time; then chains of one to three
    random changes. Types stay as they are, nested ones too; None and booleans become only each other's likes.
    """
    rng = random.Random(f"inputs {seed}")
    seen = {repr(one) for one in known}
    found: list[CallInput] = []

    def take(one: CallInput) -> None:
        if repr(one) not in seen and len(found) < count:
            seen.add(repr(one))
            found.append(one)

    for one in known:
        for place, value in enumerate(one.values):
            for other in limit_values(value):
                take(one.with_value(place, other))
    pool = list(known)
    for _ in range(_TRIES * count if pool else 0):
        if len(found) >= count:
            break
        one = rng.choice(pool)
        for _ in range(rng.randint(1, 3)):
            values = one.values
            if values:
                place = rng.randrange(len(values))
                # Values of other calls in the same place are allowed there, and combine into new ones.
                other = rng.choice(known)
                shared = other.values[place] if _shape(other) == _shape(one) and rng.random() < 0.2 else None
                one = one.with_value(place, changed(values[place], rng) if shared is None else shared)
        take(one)
    return found


def limit_values(value: Any) -> Iterator[Any]:
    """Yield the values of the same type that programs most often forget, near the one given."""
    match value:
        case Built():
            tree = value.is_tree
            yield from map(value.like, limit_trees(value.literal) if tree else _limit_lists(value.literal))
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1, 0, 1, 2, -value, 2 * value, 10 * value + 7)
        case float():
            yield from (value + 1.0, value - 1.0, 0.0, 0.5, -value, 2.0 * value)
        case str():
            yield from ("", value[:1], value[1:], value[:-1], value + value, value[::-1], value + value[:1])
            yield from (value.swapcase(), value.lower(), value.upper())
        case list() | tuple():
            yield from map(type(value), _limit_lists(list(value)))
        case dict():
            items = list(value.items())
            yield from ({}, dict(items[:1]), dict(items[1:]), dict(reversed(items)))
        case set() | frozenset():
            ordered = sorted(value, key=repr)
            yield from (type(value)(), type(value)(ordered[:1]), type(value)(ordered[1:]))


def _limit_lists(items: list[Any]) -> Iterator[list[Any]]:
    yield from ([], items[:1], items[1:], items[:-1], items + items, items[::-1], items + items[:1])
    ordered = _sorted(items)
    if ordered is not None:
        yield from (ordered, ordered[::-1])
    yield items[:1] * len(items)


def changed(value: Any, rng: random.Random) -> Any:
    """Return a value of the same type, a random step away; the value itself where there is no such step."""
    match value:
        case Built():
            other = _changed_items(value.literal, rng, changed)[:_LONGEST]
            return value.like(canonical(other) if value.is_tree else other)
        case bool():
            return not value
        case int():
            return rng.choice(_ints(value, rng))
        case float():
            return rng.choice((value + rng.choice((-1.0, 1.0, 0.5)), value * 2, -value, round(value * rng.random(), 2)))
        case str():
            return "".join(_changed_items(list(value), rng, _letter))[:_LONGEST]
        case list():
            return _changed_items(value, rng, changed)[:_LONGEST]
        case tuple():
            # A tuple is a record as often as a sequence: its length mostly means something.
            return tuple(_changed_one(list(value), rng, changed))
        case dict():
            items = [(key, item) for key, item in value.items()]
            return dict(_changed_items(items, rng, _changed_pair))
        case set() | frozenset():
            return type(value)(_changed_items(sorted(value, key=repr), rng, changed))
    return value


def _ints(value: int, rng: random.Random) -> list[int]:
    near = max(3, abs(value))
    return [value + 1, value - 1, value + rng.randint(2, 9), rng.randint(0, near), rng.randint(0, 2 * near), value * 2]


def _changed_items(items: list[Any], rng: random.Random, step: Any) -> list[Any]:
    """Return a sequence with one item changed, dropped, repeated, moved or added, or in another order."""
    if not items:
        return items
    at = rng.randrange(len(items))
    match rng.randrange(8):
        case 0:
            return items[:at] + items[at + 1 :]
        case 1:
            return items[: at + 1] + items[at:]
        case 2:
            return [*items, step(items[at], rng)]
        case 3:
            return rng.sample(items, len(items))
        case 4:
            ordered = _sorted(items)
            return items[::-1] if ordered is None or rng.random() < 0.5 else list(ordered)
        case 5:
            return items + [step(one, rng) for one in items]
    return _changed_one(items, rng, step)


def _changed_one(items: list[Any], rng: random.Random, step: Any) -> list[Any]:
    if not items:
        return items
    at = rng.randrange(len(items))
    # An item of the same sequence is more often allowed than one that is made up.
    other = rng.choice(items) if rng.random() < 0.3 else step(items[at], rng)
    if type(other) is not type(items[at]):
        other = step(items[at], rng)
    return [*items[:at], other, *items[at + 1 :]]


def _changed_pair(pair: tuple[Any, Any], rng: random.Random) -> tuple[Any, Any]:
    return pair[0], changed(pair[1], rng)


def _letter(letter: str, rng: random.Random) -> str:
    """Return a letter of the same kind: digits stay digits, brackets brackets."""
    for kind in ("0123456789", "()[]{}", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if letter in kind:
            at = kind.index(letter)
            return rng.choice((kind[at - 1], kind[(at + 1) % len(kind)], rng.choice(kind)))
    return letter


def _sorted(value: Sequence[Any]) -> list[Any] | None:
    try:
        return sorted(value)
    except TypeError:
        return None


def _shape(one: CallInput) -> tuple[int, tuple[str, ...]]:
    return len(one.args), tuple(name for name, _ in one.kwargs)
