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
from akd_code.referee.trees import is_full, is_search_tree

_NUMBER = r"-?\d+"
_NAME = r"[A-Za-z_][\w.]*(?:\[\w+\])*(?:\.length|\.size\(\))?"
_BOUND = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?P<from><=|<|≤)\s*(?P<names>{_NAME}(?:\s*,\s*{_NAME})*)"
    rf"(?:\s*(?P<to><=|<|≤)\s*(?P<high>{_NUMBER})(?!\d|\s*[*^]))?"
)
_ALIAS = re.compile(rf"(?P<name>[A-Za-z_]\w*)\s*==\s*(?P<what>{_NAME})")
"""`m == grid.length`"""
_NODES = re.compile(
    r"number of nodes in .{1,40}? is in the range \[(?P<low>\d+), ?(?P<high>\d+(?![\d^*]))?", re.IGNORECASE
)
"""`The number of nodes in the tree is in the range [1, 104].`"""
_NODE_VALUE = re.compile(rf"(?P<low>{_NUMBER})\s*<=\s*Node\.val\s*<=\s*(?P<high>{_NUMBER})(?!\d|\s*[*^])")
_KINDS = ("01", "0123456789", "()", "()[]{}", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ENOUGH = 8
"""Items among which an order or the lack of repetition is hardly chance."""

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Domain:
    """What each argument must satisfy, by its place or name, and what all together must."""

    checks: tuple[tuple[int | str, Check], ...]
    relations: tuple[Callable[[dict[int | str, Any]], bool], ...]

    def allows(self, one: CallInput) -> bool:
        """Return whether an input is of the kind that the task means."""
        values = _named(one)
        plain = {name: _literal(value) for name, value in values.items()}
        return all(check(values[name]) for name, check in self.checks if name in values) and all(
            relation(plain) for relation in self.relations
        )


def domain_of(known: Sequence[CallInput], text: str = "") -> Domain:
    """Return what holds for all known inputs, and what the task's text states."""
    places: dict[int | str, list[Any]] = {}
    for one in known:
        for name, value in _named(one).items():
            places.setdefault(name, []).append(value)
    checks: list[tuple[int | str, Check]] = []
    for name, values in places.items():
        bounds = [check for stated, check in _stated(text) if stated == name]
        if values and all(isinstance(value, Built) for value in values):
            checks += [(name, check) for check in _of_nodes(values, text)]
            continue
        checks += [(name, check) for check in (*bounds, *([] if bounds else _likely_signs(values)))]
        checks += [(name, check) for check in _likely(values, text)]
    return Domain(tuple(checks), tuple(_relations({name: list(map(_literal, some)) for name, some in places.items()})))


def _named(one: CallInput) -> dict[int | str, Any]:
    return {**dict(enumerate(one.args)), **dict(one.kwargs)}


def _literal(value: Any) -> Any:
    return value.literal if isinstance(value, Built) else value


def _likely(values: Sequence[Any], text: str) -> Iterator[Check]:
    """Yield what holds for every known value of one argument, whatever bounds the text states."""
    numbers = [number for value in values for number in _numbers(value)]
    if numbers and set(numbers) <= {0, 1} and len(numbers) >= _ENOUGH:
        yield lambda value: set(_numbers(value)) <= {0, 1}
    letters = {letter for value in values for part in _texts(value) for letter in part}
    kind = next((set(one) for one in _KINDS if letters and letters <= set(one)), letters)
    if letters:
        yield lambda value: all(set(part) <= kind for part in _texts(value))
    if all(isinstance(value, list | tuple) for value in values):
        yield from _likely_lists(values, text)
    if values and all(values):  # an empty text or list where none was: only if nothing is said against it
        stated = re.search(r"non-?empty|not empty|at least one", text, re.IGNORECASE)
        if stated and all(isinstance(value, str | list) for value in values):
            yield bool


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
            least <= one <= most for one in _numbers(value.literal)
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
            yield lambda value: _is_distinct([one for one in value.literal if one is not None])
        return
    for check in (*_likely(literals, text), *([] if _NODE_VALUE.search(text) else _likely_signs(literals))):
        yield lambda value, check=check: check(value.literal)  # type: ignore[misc]


def _count(value: Built) -> int:
    return sum(one is not None for one in value.literal)


def _are_distinct(values: Sequence[Any], text: str) -> bool:
    """Tell whether no value repeats an item, and that is hardly chance."""
    hinted = re.search(r"distinct|unique|permutation", text, re.IGNORECASE) is not None
    return (hinted or sum(map(len, values)) >= _ENOUGH) and all(map(_is_distinct, values))


def _likely_signs(values: Sequence[Any]) -> Iterator[Check]:
    """Yield that nothing is negative, of a count that never is and of lists with many numbers that never are."""
    numbers = [number for value in values for number in _numbers(value)]
    alone = all(isinstance(value, int | float) for value in values)
    if numbers and min(numbers) >= 0 and (alone or len(numbers) >= _ENOUGH):
        yield lambda value: all(number >= 0 for number in _numbers(value))


def _likely_lists(values: Sequence[Any], text: str) -> Iterator[Check]:
    sizes = sum(map(len, values))
    hinted = re.search(r"\bsorted\b|(?:de|in)creasing|ascending", text, re.IGNORECASE) is not None
    if (hinted or sizes >= _ENOUGH) and all(map(_is_sorted, values)) and sizes >= 2:
        yield _is_sorted
    if _are_distinct(values, text):
        yield _is_distinct
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


def _stated(text: str) -> Iterator[tuple[str, Check]]:
    """Yield the bounds that a text states, as `1 <= nums.length, k <= 100` or `-5 <= grid[i][j] <= 5`."""
    aliases = {alias["name"]: alias["what"] for alias in _ALIAS.finditer(text)}
    for bound in _BOUND.finditer(text):
        least = int(bound["low"]) + (bound["from"] == "<")
        most = int(bound["high"]) - (bound["to"] == "<") if bound["high"] else None
        for name in re.split(r"\s*,\s*", bound["names"]):
            name = aliases.get(name, name)
            found = re.fullmatch(r"([A-Za-z_]\w*)((?:\[\w+\])*)(\.length|\.size\(\))?", name)
            if found is not None:
                # An upper bound of 10^4 is often copied as 104: it then allows less than it should, which is no harm.
                yield found[1], _bounded(found[2].count("["), bool(found[3]), least, most)


def _bounded(depth: int, length: bool, least: int, most: int | None) -> Check:
    def check(value: Any) -> bool:
        level = [value]
        for _ in range(depth):
            level = [inner for one in level if isinstance(one, list | tuple | str) for inner in one]
        sizes = [len(one) for one in level if isinstance(one, list | tuple | str)] if length else [
            one for one in level if isinstance(one, int | float)
        ]  # fmt: skip
        return all(least <= size and (most is None or size <= most) for size in sizes)

    return check


def _relations(places: dict[int | str, list[Any]]) -> Iterator[Callable[[dict[int | str, Any]], bool]]:
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
            if all(_numbers(value) and number > max(_numbers(value)) for number, value in pairs):
                yield lambda got, a=name, b=other: all(got[a] > one for one in _numbers(got[b]))  # type: ignore[misc]
    for name, values in places.items():
        for other, others in places.items():
            if str(name) < str(other) and len(values) == len(others) >= 2 and _same_lengths(values, others):
                yield lambda got, a=name, b=other: len(got[a]) == len(got[b])  # type: ignore[misc]


def _same_lengths(values: Sequence[Any], others: Sequence[Any]) -> bool:
    both = [*values, *others]
    return all(isinstance(one, list | str) for one in both) and all(map(lambda a, b: len(a) == len(b), values, others))


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [value]
    return [number for one in value for number in _numbers(one)] if isinstance(value, list | tuple) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for one in value for text in _texts(one)] if isinstance(value, list | tuple) else []


def _is_sorted(value: Sequence[Any]) -> bool:
    try:
        return all(map(lambda a, b: a <= b, value, value[1:]))
    except TypeError:
        return False


def _is_distinct(value: Sequence[Any]) -> bool:
    return len({repr(one) for one in value}) == len(value)
