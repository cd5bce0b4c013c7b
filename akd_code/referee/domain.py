"""What a task allows as input, as far as its text and the inputs of its tests tell: likely invariants (Daikon's idea).

An input outside of what a task allows has no right answer, so a test on it fails programs that are right. Bounds that
the text states are believed (`1 <= nums.length <= 100`); beyond them, what holds for every known input and would hardly
hold by chance is taken to be meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.referee.built import Built
from akd_code.referee.inputs import CallInput
from akd_code.referee.stated import (
    NUMBER,
    Check,
    bounds_in_symbols,
    bounds_in_words,
    is_ascending,
    is_distinct,
    literal_of,
    numbers_in,
    texts_in,
)  # fmt: skip
from akd_code.referee.trees import is_full, is_search_tree

_NODES = re.compile(
    r"number of nodes in .{1,40}? is in the range \[(?P<low>\d+), ?(?P<high>\d+(?![\d^*]))?", re.IGNORECASE
)
"""`The number of nodes in the tree is in the range [1, 104].`"""
_NODE_VALUE = re.compile(rf"(?P<low>{NUMBER})\s*<=\s*Node\.val\s*<=\s*(?P<high>{NUMBER})(?!\d|\s*[*^])")
_KINDS = ("01", "0123456789", "()", "()[]{}", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SAME_LENGTHS = re.compile(r"(?:same|equal|identical) (?:length|size|number of)|equally long", re.IGNORECASE)
_ENOUGH = 8
"""Items among which an order or the lack of repetition is hardly chance."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What each argument must satisfy, by its place or name, and what all together must."""

    checks: tuple[tuple[int | str, Check], ...]
    relations: tuple[Callable[[dict[int | str, Any]], bool], ...]

    def allows(self, one: CallInput) -> bool:
        """Return whether an input is of the kind that the task means."""
        values = _named(one)
        plain = {name: literal_of(value) for name, value in values.items()}
        return all(check(values[name]) for name, check in self.checks if name in values) and all(
            relation(plain) for relation in self.relations
        )


def domain_of(known: Sequence[CallInput], text: str = "", parameters: Sequence[str] = ()) -> Domain:
    """Return what holds for all known inputs, and what the task's text states.

    `parameters` are the names of the function's, in order: the text speaks of an argument by its name, and most calls
    give it by its place.
    """
    places: dict[int | str, list[Any]] = {}
    for one in known:
        for name, value in _named(one).items():
            places.setdefault(name, []).append(value)
    symbols = list(bounds_in_symbols(text))
    checks: list[tuple[int | str, Check]] = []
    for name, values in places.items():
        said = parameters[name] if isinstance(name, int) and name < len(parameters) else name
        bounds = [check for stated, check in symbols if stated == said and all(map(check, values))]
        if values and all(isinstance(value, Built) for value in values):
            checks += [(name, check) for check in _of_nodes(values, text)]
            continue
        checks += [(name, check) for check in (*bounds, *([] if bounds else _likely_signs(values)))]
        checks += [(name, check) for check in (*_likely(values, text), *bounds_in_words(text, values))]
    literals = {name: list(map(literal_of, some)) for name, some in places.items()}
    return Domain(tuple(checks), tuple(_relations(literals, text)))


def _named(one: CallInput) -> dict[int | str, Any]:
    return {**dict(enumerate(one.args)), **dict(one.kwargs)}


def _likely(values: Sequence[Any], text: str) -> Iterator[Check]:
    """Yield what holds for every known value of one argument, whatever bounds the text states."""
    numbers = [number for value in values for number in numbers_in(value)]
    if numbers and set(numbers) <= {0, 1} and len(numbers) >= _ENOUGH:
        yield lambda value: set(numbers_in(value)) <= {0, 1}
    letters = {letter for value in values for part in texts_in(value) for letter in part}
    kind = next((set(one) for one in _KINDS if letters and letters <= set(one)), letters)
    if letters:
        yield lambda value: all(set(part) <= kind for part in texts_in(value))
    if all(isinstance(value, list | tuple) for value in values):
        yield from _likely_lists(values, text)


def _of_nodes(values: Sequence[Built], text: str) -> Iterator[Check]:
    """Yield what holds for linked lists or trees: bounds that the text states of nodes, and their order."""
    size = _NODES.search(text)
    if size is not None:
        yield (
            lambda value: int(size["low"]) <= _count(value) and (not size["high"] or _count(value) <= int(size["high"]))
        )
    for bound in _NODE_VALUE.finditer(text):
        least, most = int(bound["low"]), int(bound["high"])
        yield lambda value, least=least, most=most: all(  # type: ignore[misc]
            least <= one <= most for one in numbers_in(value.literal)
        )
    literals = [value.literal for value in values]
    if any(value.is_tree for value in values):
        sizes = sum(map(_count, values))
        hinted = re.search(r"binary search tree|\bBST\b", text) is not None
        if (hinted or sizes >= _ENOUGH) and all(map(is_search_tree, literals)):
            yield lambda value: is_search_tree(value.literal)
        hinted = re.search(r"\bfull\b|0 or 2 children|exactly two or zero|two children", text) is not None
        if (hinted or sizes >= 2 * _ENOUGH) and all(map(is_full, literals)):
            yield lambda value: is_full(value.literal)
        if re.search(r"\b(?:complete|perfect)\b", text) and not any(None in one for one in literals):
            yield lambda value: None not in value.literal
        plain = [[one for one in literal if one is not None] for literal in literals]
        if _are_distinct(plain, text):
            yield lambda value: is_distinct([one for one in value.literal if one is not None])
        return
    for check in (*_likely(literals, text), *([] if _NODE_VALUE.search(text) else _likely_signs(literals))):
        yield lambda value, check=check: check(value.literal)  # type: ignore[misc]


def _count(value: Built) -> int:
    return sum(one is not None for one in value.literal)


def _are_distinct(values: Sequence[Any], text: str) -> bool:
    """Tell whether no value repeats an item, and that is hardly chance."""
    hinted = re.search(r"distinct|unique|permutation", text, re.IGNORECASE) is not None
    return (hinted or sum(map(len, values)) >= _ENOUGH) and all(map(is_distinct, values))


def _likely_signs(values: Sequence[Any]) -> Iterator[Check]:
    """Yield that nothing is negative, of a count that never is and of lists with many numbers that never are."""
    numbers = [number for value in values for number in numbers_in(value)]
    alone = all(isinstance(value, int | float) for value in values)
    if numbers and min(numbers) >= 0 and (alone or len(numbers) >= _ENOUGH):
        yield lambda value: all(number >= 0 for number in numbers_in(value))


def _likely_lists(values: Sequence[Any], text: str) -> Iterator[Check]:
    sizes = sum(map(len, values))
    hinted = re.search(r"\bsorted\b|(?:de|in)creasing|ascending", text, re.IGNORECASE) is not None
    if (hinted or sizes >= _ENOUGH) and all(map(is_ascending, values)) and sizes >= 2:
        yield is_ascending
    if _are_distinct(values, text):
        yield is_distinct
    rows = [row for value in values for row in value]
    if rows and all(isinstance(row, list | tuple) for row in rows):
        widths = {len(row) for row in rows}
        if len(widths) == 1 and len(rows) >= 3:
            width = widths.pop()
            if all(len(value) == width for value in values):
                yield lambda value: all(len(row) == len(value) for row in value)  # a square
            elif len({len(value) for value in values}) > 1 or width == 2:
                yield lambda value: all(len(row) == width for row in value)  # records
        if all(len({len(row) for row in value}) <= 1 for value in values):
            yield lambda value: len({len(row) for row in value}) <= 1  # a matrix


def _relations(places: dict[int | str, list[Any]], text: str) -> Iterator[Callable[[dict[int | str, Any]], bool]]:
    """Yield what holds between two arguments: a number that never exceeds a length or never is reached by an item."""
    for name, numbers in places.items():
        if len(numbers) < 2 or not all(type(one) is int for one in numbers):
            continue
        for other, values in places.items():
            if len(values) != len(numbers) or not all(isinstance(one, list | str) for one in values):
                continue
            pairs = list(zip(numbers, values, strict=True))
            if all(number == len(value) for number, value in pairs):
                yield lambda got, a=name, b=other: got[a] == len(got[b])  # type: ignore[misc]
            elif all(number <= len(value) for number, value in pairs):
                yield lambda got, a=name, b=other: got[a] <= len(got[b])  # type: ignore[misc]
            if all(numbers_in(value) and number > max(numbers_in(value)) for number, value in pairs):
                yield lambda got, a=name, b=other: all(got[a] > one for one in numbers_in(got[b]))  # type: ignore[misc]
    for name, values in places.items():
        for other, others in places.items():
            least = 1 if _SAME_LENGTHS.search(text) else 2
            if str(name) < str(other) and len(values) == len(others) >= least and _same_lengths(values, others):
                yield lambda got, a=name, b=other: len(got[a]) == len(got[b])  # type: ignore[misc]


def _same_lengths(values: Sequence[Any], others: Sequence[Any]) -> bool:
    both = [*values, *others]
    return all(isinstance(one, list | str) for one in both) and all(map(lambda a, b: len(a) == len(b), values, others))
