"""Properties that a function may have, each stated by asserts which need no expected value (QuickCheck's way).

A property is a guess until it was seen to hold: `property_tests` says when one is trusted.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.referee.inputs import CallInput
from akd_sandbox.syntax import NOT_PYTHON, parse


@dataclass(frozen=True, slots=True)
class Asked:
    """A function and one input that it answers: the arguments and the result. `allows` is what the task allows."""

    entry_point: str
    given: CallInput
    result: Any
    allows: Callable[[CallInput], bool]

    def call(self, *expressions: str) -> str:
        """Return the call as text; expressions stand in for the first arguments."""
        return self.given.call(self.entry_point, *expressions)

    @property
    def changes(self) -> bool:
        """Whether the function has arguments and returns something else than the first."""
        return bool(self.given.values) and self.result != self.given.values[0]


Statement = Callable[[Asked], "list[str] | None"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property by its name.

    `on` states it on an input: [] where it says nothing there, None where it plainly does not hold. `across` is what
    all inputs and results together must satisfy. `of_values` tells whether it follows from what the function returns.
    One that does not (that the function leaves its arguments alone) may be a habit of one program, and other programs
    are right without it. `setup` is code that its asserts need.
    """

    name: str
    on: Statement
    across: Callable[[Sequence[Asked]], bool] = lambda asked: True
    of_values: bool = True
    setup: str = ""

    def stated(self, asked: Sequence[Asked]) -> list[str]:
        """Return the asserts that state it on all inputs; [] where it does not hold on some."""
        if not self.across(asked):
            return []
        found: list[str] = []
        for each in asked:
            lines = self.on(each)
            if lines is None:
                return []
            found += lines
        return list(dict.fromkeys(found))


def catalogue(entry_point: str, text: str = "", setup: str = "") -> list[Property]:
    """Return every property that is known.

    Another function in the prompt's `text` (if that is code) or in the set-up of its tests may be an inverse.
    """
    inverses = _functions_beside(entry_point, text) | dict.fromkeys(_functions_beside(entry_point, setup), "")
    return [*_CATALOGUE, *(one for name, code in inverses.items() for one in _with_inverse(name, code))]


def _idempotent(asked: Asked) -> list[str] | None:
    if not _maps_to_its_like(asked):
        return None
    return [f"assert {asked.call(asked.call())} == {asked.call()}"] if asked.changes else []


def _own_inverse(asked: Asked) -> list[str] | None:
    if not _maps_to_its_like(asked):
        return None
    return [f"assert {asked.call(asked.call())} == {asked.given.values[0]!r}"] if asked.changes else []


def _maps_to_its_like(asked: Asked) -> bool:
    """Tell whether the result is of the type of the only argument."""
    return len(asked.given.values) == 1 and type(asked.result) is type(asked.given.values[0])


def _with_inverse(name: str, setup: str) -> list[Property]:
    """Return that a function undoes the entry point, and that the entry point undoes it."""

    def undone(asked: Asked) -> list[str] | None:
        if len(asked.given.values) != 1:
            return None
        return [f"assert {name}({asked.call()}) == {asked.given.values[0]!r}"] if asked.changes else []

    def undoes(asked: Asked) -> list[str] | None:
        if len(asked.given.values) != 1:
            return None
        value = repr(asked.given.values[0])
        return [f"assert {asked.call(f'{name}({value})')} == {value}"] if asked.changes else []

    return [Property(f"undone by {name}", undone, setup=setup), Property(f"undoes {name}", undoes, setup=setup)]


def _any_order(asked: Asked) -> list[str]:
    """State that the order of a list does not matter: with its items turned round, and with them shuffled."""
    found = []
    for place, value in enumerate(asked.given.values):
        if isinstance(value, list) and len(value) >= 2:
            shuffled = random.Random(repr(value)).sample(value, len(value))
            for other in (value[::-1], shuffled):
                turned = asked.given.with_value(place, other)
                if other != value and asked.allows(turned):
                    found.append(f"assert {turned.call(asked.entry_point)} == {asked.call()}")
    return found


def _symmetric(asked: Asked) -> list[str] | None:
    values = asked.given.values
    if len(values) != 2 or type(values[0]) is not type(values[1]):
        return None
    swapped = asked.given.with_value(0, values[1]).with_value(1, values[0])
    if values[0] == values[1] or not asked.allows(swapped):
        return []
    return [f"assert {swapped.call(asked.entry_point)} == {asked.call()}"]


def _length_kept(asked: Asked) -> list[str] | None:
    if not _rearranges(asked):
        return None
    return [f"assert len({asked.call()}) == {len(asked.given.values[0])}"] if asked.changes else []


def _items_kept(asked: Asked) -> list[str] | None:
    if not _rearranges(asked):
        return None
    try:
        items = sorted(asked.given.values[0])
    except TypeError:
        return None
    return [f"assert sorted({asked.call()}) == {items!r}"] if asked.changes else []


def _rearranges(asked: Asked) -> bool:
    """Tell whether the result is a list or text, as the first argument is."""
    first = asked.given.values[0] if asked.given.values else None
    return isinstance(first, list | str) and type(asked.result) is type(first)


def _ascending(asked: Asked) -> list[str] | None:
    if not isinstance(asked.result, list):
        return None
    return [f"assert {asked.call()} == sorted({asked.call()})"] if _has_an_order(asked) else []


def _descending(asked: Asked) -> list[str] | None:
    if not isinstance(asked.result, list):
        return None
    return [f"assert {asked.call()} == sorted({asked.call()}, reverse=True)"] if _has_an_order(asked) else []


def _has_an_order(asked: Asked) -> bool:
    """Tell whether the order of a result says something: different items, and not those of an argument as they are."""
    if len(asked.result) < 2 or asked.result in asked.given.values:
        return False
    return any(one != asked.result[0] for one in asked.result)


def _of_one_type(asked: Asked) -> list[str] | None:
    return [f"assert isinstance({asked.call()}, {_type_of(asked.result)}) is True"] if _type_of(asked.result) else None


def _all_of_one_type(asked: Sequence[Asked]) -> bool:
    return len({_type_of(each.result) for each in asked}) == 1


def _type_of(value: Any) -> str:
    """Return how isinstance is asked for a value's type; a number may stand for one of another type that equals it."""
    if isinstance(value, int | float):
        return "(int, float)"
    return type(value).__name__ if type(value) in (str, list, tuple, dict, set) else ""


def _same_again(asked: Asked) -> list[str]:
    return [f"assert {asked.call()} == {asked.call()}"]


def _arguments_kept(asked: Asked) -> list[str]:
    found = []
    values = asked.given.values
    names = [f"given{number}" for number in range(len(values))]
    for place, value in enumerate(values):
        if isinstance(value, list | dict | set) and value:
            kept = f"lambda {', '.join(names)}: ({asked.call(*names)}, {names[place]})[1]"
            found.append(f"assert ({kept})({', '.join(map(repr, values))}) == {value!r}")
    return found


_CATALOGUE = (
    Property("f(f(x)) == f(x)", _idempotent),
    Property("f(f(x)) == x", _own_inverse),
    Property("the order of a list does not matter", _any_order),
    Property("two arguments can be swapped", _symmetric),
    Property("as long as its argument", _length_kept),
    Property("the items of its argument", _items_kept),
    Property("ascending", _ascending),
    Property("descending", _descending),
    Property("of one type", _of_one_type, _all_of_one_type),
    Property("the same when called again", _same_again, of_values=False),
    Property("leaves its arguments alone", _arguments_kept, of_values=False),
)


def _functions_beside(entry_point: str, code: str) -> dict[str, str]:
    """Return the functions of one argument at the top of code, but for the entry point, with their code."""
    try:
        body = parse(code).body
    except NOT_PYTHON:
        return {}
    return {
        node.name: ast.unparse(node)
        for node in body
        if isinstance(node, ast.FunctionDef) and node.name != entry_point and len(node.args.args) == 1
    }
