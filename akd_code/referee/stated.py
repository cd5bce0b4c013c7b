"""What a task's text says of its inputs: bounds in symbols (`1 <= n <= 100`) and in words (`at least two integers`).

Text says much that is no bound ("if x is greater than 5"). So nothing is believed that the known inputs contradict, and
words of comparison only in clauses that tell of no condition. What is believed by mistake keeps inputs away that are
allowed, which is no harm.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from akd_code.referee.built import Built
from akd_sandbox.syntax import NOT_PYTHON, parse

Check = Callable[[Any], bool]

NUMBER = r"-?\d+"
_NAME = r"(?:len\(\s*[A-Za-z_]\w*(?:\[\w+\])*\s*\)|[A-Za-z_][\w.]*(?:\[\w+\])*(?:\.length|\.size\(\))?)"
_BOUND = re.compile(
    rf"(?P<low>{NUMBER})\s*(?P<from><=|<|≤)\s*(?P<names>{_NAME}(?:\s*,\s*{_NAME})*)"
    rf"(?:\s*(?P<to><=|<|≤)\s*(?P<high>{NUMBER})(?!\d|\s*[*^]))?"
)
_TURNED = re.compile(
    rf"(?<![<=≤]\s)\b(?P<name>{_NAME})\s*(?P<op>>=|≥|>|<=|≤|<)\s*(?P<number>{NUMBER})(?!\d|\s*[*^]|\.\d)"
)
"""`n > 0`, `len(nums) >= 2`"""
_ALIAS = re.compile(rf"(?P<name>[A-Za-z_]\w*)\s*==\s*(?P<what>{_NAME})")
"""`m == grid.length`"""
_TARGET = re.compile(
    r"(?:(?P<len>len)\(\s*)?(?P<name>[A-Za-z_]\w*)(?P<depth>(?:\[\w+\])*)(?P<length>\s*\)|\.length|\.size\(\))?"
)
_CONDITION = re.compile(r"\b(?:if|elif|when|whenever|whether|otherwise|else|unless|while)\b", re.IGNORECASE)
_CHOICE = re.compile(
    r"\b(?:that|which|whose|only|every|each|any|counts?|sums?|filters?|removes?|keeps?|selects?|drops?)\b",
    re.IGNORECASE,
)
"""What tells that a comparison chooses among items, as in `count the items greater than 5`."""
_CLAUSE = re.compile(r"[;\n]|[.:](?!\d)|,(?!\s*-?\d)|\b(?:and then|but)\b")
_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORDS = {word: number for number, word in enumerate(_NUMERALS)}
_COUNT = rf"(?P<{{}}>{NUMBER}|{'|'.join(_WORDS)})\b(?!\s*[*^]|\.\d)"
_LEAST = re.compile(
    r"(?:at least|not less than|no less than|no fewer than|greater than or equal to|"
    rf"(?P<above>greater than|larger than|bigger than|more than|above))\s+{_COUNT.format('low')}",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"(?:at most|not more than|no more than|not greater than|not exceed(?:ing)?|less than or equal to|up to|"
    rf"(?P<below>less than|smaller than|fewer than|below))\s+{_COUNT.format('high')}",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"(?:between|from|in the range|range of|ranging from)\s+[\[(]?{_COUNT.format('low')}\s*"
    rf"(?:,|and|to|-|\u2013|\.\.+)\s*{_COUNT.format('high')}",
    re.IGNORECASE,
)


def numbers_in(value: Any) -> list[Any]:
    """Return the numbers in plain data, keys included; truth values are none."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [value]
    return [number for one in _items(value) for number in numbers_in(one)]


def texts_in(value: Any) -> list[str]:
    """Return the texts in plain data, keys included."""
    return [value] if isinstance(value, str) else [text for one in _items(value) for text in texts_in(one)]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else []


def bounds_in_symbols(text: str) -> Iterator[tuple[str, Check]]:
    """Yield the bounds that a text states, as `1 <= nums.length, k <= 100`, `-5 <= grid[i][j] <= 5` or `n > 0`."""
    aliases = {alias["name"]: alias["what"] for alias in _ALIAS.finditer(text)}
    for bound in _BOUND.finditer(text):
        least = int(bound["low"]) + (bound["from"] == "<")
        most = int(bound["high"]) - (bound["to"] == "<") if bound["high"] else None
        # An upper bound of 10^4 is often copied as 104: it then allows less than it should, which is no harm.
        for name in re.split(r"\s*,\s*", bound["names"]):
            yield from _on(aliases.get(name, name), least, most)
    for clause in _clauses(text):
        for bound in _TURNED.finditer(clause):
            number, op = int(bound["number"]), bound["op"]
            if op in (">", ">=", "≥"):
                yield from _on(bound["name"], number + (op == ">"), None)
            else:
                yield from _on(bound["name"], None, number - (op == "<"))


def _on(name: str, least: int | None, most: int | None) -> Iterator[tuple[str, Check]]:
    found = _TARGET.fullmatch(name)
    if found is not None:
        yield found["name"], _bounded(found["depth"].count("["), bool(found["length"]), least, most)


def _bounded(depth: int, length: bool, least: int | None, most: int | None) -> Check:
    def check(value: Any) -> bool:
        level = [value]
        for _ in range(depth):
            level = [inner for one in level if isinstance(one, list | tuple | str) for inner in one]
        sizes = [len(one) for one in level if isinstance(one, list | tuple | str | dict | set)] if length else [
            one for one in level if isinstance(one, int | float)
        ]  # fmt: skip
        return all(_within(size, least, most) for size in sizes)

    return check


def bounds_in_words(text: str, values: Sequence[Any]) -> Iterator[Check]:
    """Yield what a text says in words of one argument, where that holds for all known values and not for want of any.

    An order or the lack of repetition holds of every list with one item, so two are asked for.
    """
    numbers, most = any(map(numbers_in, values)), max((len(one) for one in values if _is_sized(one)), default=0)
    for check, needs in _said(text):
        enough = numbers if needs == 0 else most >= needs
        if enough and all(map(check, values)):
            yield check


def _said(text: str) -> Iterator[tuple[Check, int]]:
    """Yield what a text says, and how many items the longest value must have for that to mean anything: 0, a number."""
    for said, check, needs in _ADJECTIVES:
        if said.search(text):
            yield check, needs
    for clause in _clauses(text):
        for said, check, needs in _IN_CLAUSES:
            if said.search(clause):
                yield check, needs
        for least, most in () if _CHOICE.search(clause) else _stated_ranges(clause):
            yield lambda value, a=least, b=most: all(_within(number, a, b) for number in numbers_in(value)), 0  # type: ignore[misc]
            yield lambda value, a=least, b=most: not _is_sized(value) or _within(len(value), a, b), 1  # type: ignore[misc]


def _stated_ranges(clause: str) -> Iterator[tuple[int | None, int | None]]:
    for found in _BETWEEN.finditer(clause):
        yield _counted(found["low"]), _counted(found["high"])
    for found in _LEAST.finditer(clause):
        yield _counted(found["low"]) + bool(found["above"]), None
    for found in _MOST.finditer(clause):
        yield None, _counted(found["high"]) - bool(found["below"])


def _clauses(text: str) -> Iterator[str]:
    """Yield the clauses of a text that tell of no condition."""
    return (clause for clause in _CLAUSE.split(text) if not _CONDITION.search(clause))


def _counted(text: str) -> int:
    return _WORDS[text.lower()] if text.lower() in _WORDS else int(text)


def _within(number: float, least: int | None, most: int | None) -> bool:
    return (least is None or least <= number) and (most is None or number <= most)


def _is_sized(value: Any) -> bool:
    return isinstance(value, str | list | tuple | dict | set | frozenset)


def _all_numbers(holds: Callable[[Any], bool]) -> Check:
    return lambda value: all(map(holds, numbers_in(value)))


def _nothing_empty(value: Any) -> bool:
    """Tell whether neither a value nor anything in it is an empty text or container."""
    return not _is_sized(value) or (bool(value) and all(map(_nothing_empty, _items(value))))


def _not_empty(value: Any) -> bool:
    return not _is_sized(value) or bool(value)


def _is_odd(number: Any) -> bool:
    return isinstance(number, int) and number % 2 == 1


def _is_even(number: Any) -> bool:
    return isinstance(number, int) and number % 2 == 0


def is_distinct(value: Sequence[Any]) -> bool:
    """Return whether no item is there twice."""
    return len({repr(one) for one in value}) == len(value)


def is_ascending(value: Sequence[Any]) -> bool:
    """Return whether no item is less than the one before it; False where they cannot be compared."""
    try:
        return all(map(lambda a, b: a <= b, value, value[1:]))
    except TypeError:
        return False


def _is_descending(value: Sequence[Any]) -> bool:
    return is_ascending(value[::-1])


def _in_rows(holds: Callable[[Sequence[Any]], bool]) -> Check:
    """Return the check of a list, or of each list in it."""

    def check(value: Any) -> bool:
        rows = [one for one in value if isinstance(one, list | tuple)] if isinstance(value, list | tuple) else []
        return all(map(holds, rows)) if rows else not isinstance(value, list | tuple) or holds(value)

    return check


def _repeats_nothing(value: Any) -> bool:
    return not isinstance(value, str | list | tuple) or is_distinct(value)


def _of(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{phrase})(?!\w)", re.IGNORECASE)


_EMPTY = (
    r"non-?empty|not(?: be)? empty|never empty|one or more|"
    r"at least (?:one|1) (?:\w+ )?(?:element|item|character|letter|value|number|digit|word)s?"
)
_REPEATS = (
    r"distinct|unique|permutation|all different|(?:no|without|contains no|free of) (?:duplicat|repeat|repetition)\w*"
)
_NOT_CHOSEN = "".join(rf"(?<!{word} )" for word in ("the", "only", "all", "every", "each", "any"))
"""`the positive numbers` are chosen among others; `a positive number` is what is given."""
_PARITY = r"(?<!that )(?<!which )(?:is|be|an) {}(?! (?:number of|count of|length|size))"
_ORDER, _REVERSED = r"sorted|increasing|ascending|monoton\w+", r"decreasing|descending|reverse(?:d|ly)?"
_MANY, _MANY_AFTER = (
    r" (?:number of|count of|length|size)",
    r"(?:length|size|number of \w+) (?:is|are|must be|being) (?:an )?",
)
_ADJECTIVES: tuple[tuple[re.Pattern[str], Check, int], ...] = (
    (_of(f"{_NOT_CHOSEN}positive"), _all_numbers(lambda number: number > 0), 0),
    (_of("non-?negative|not negative|natural|unsigned|whole numbers?"), _all_numbers(lambda number: number >= 0), 0),
    (_of(f"{_NOT_CHOSEN}negative"), _all_numbers(lambda number: number < 0), 0),
    (_of("non-?positive"), _all_numbers(lambda number: number <= 0), 0),
    (_of("non-?zero|not (?:be )?(?:zero|0)"), _all_numbers(lambda number: number != 0), 0),
    (_of(_EMPTY), _not_empty, 1),
    (_of(_EMPTY), _nothing_empty, 1),
    (_of(_REPEATS), _repeats_nothing, 2),
    (_of(_ORDER), _in_rows(is_ascending), 2),
    (_of(_REVERSED), _in_rows(_is_descending), 2),
    (_of("strictly"), _in_rows(is_distinct), 2),
)
_IN_CLAUSES: tuple[tuple[re.Pattern[str], Check, int], ...] = (
    (_of(_PARITY.format("odd")), _all_numbers(_is_odd), 0),
    (_of(f"odd{_MANY}|{_MANY_AFTER}odd"), lambda value: not _is_sized(value) or len(value) % 2 == 1, 1),
    (_of(_PARITY.format("even")), _all_numbers(_is_even), 0),
    (_of(f"even{_MANY}|{_MANY_AFTER}even"), lambda value: not _is_sized(value) or len(value) % 2 == 0, 1),
)


def parameters_of(entry_point: str, *codes: str) -> tuple[str, ...]:
    """Return the names of a function's parameters, in order, from the first code that defines it; () if none does."""
    name = entry_point.rpartition(".")[2]
    for code in codes:
        for ending in ("", "\n    pass\n"):  # a prompt may end where the body is to begin
            try:
                nodes = list(ast.walk(parse(code + ending)))
            except NOT_PYTHON:
                continue
            for node in nodes:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
                    return tuple(names[names[:1] in (["self"], ["cls"]) :])
    return ()


def literal_of(value: Any) -> Any:
    """Return plain data for what is built of it."""
    return value.literal if isinstance(value, Built) else value
