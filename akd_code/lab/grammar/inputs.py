"""Inputs for tasks: fixed edge values and random ones for every kind a task can start from."""

from __future__ import annotations

import random
from functools import cache

from akd_code.lab.grammar.kinds import Call, Value, ValueKind, apply_calls

POOL = 48
CORE = 6
LARGEST_INT = 10**12
LONGEST_RESULT = 400
KEYS = ("amy", "bob", "cara", "dan", "eve", "finn", "gus", "hal", "ida", "joe", "kim", "lea")
VOCABULARY = (
    "apple", "Bread", "cloud", "deer", "eel", "Garden", "hat", "ice", "lamp", "moon", "noon", "otter", "pig", "Rose",
    "stone", "teapot", "umbrella", "a", "go", "banana", "Level", "tree", "hill", "bee", "Music", "program", "code",
)  # fmt: skip
_EDGES: dict[ValueKind, tuple[Value, ...]] = {
    ValueKind.INT: (0, 7, -13, 100, 1234, 36, 5, -8),
    ValueKind.INTS: ([], [5], [3, 3, 8, 8, 1], [-4, 7, 0, -9, 12], [1, 2, 3, 4, 5, 6], [20, 10, 15, 30]),
    ValueKind.STR: ("", "a", "Hello World", "level noon", "abc123 xyz9", "aabbbc Garden"),
    ValueKind.WORDS: ([], ["go"], ["apple", "go", "apple"], ["Rose", "bee", "noon", "eel"], ["tree", "teapot", "a"]),
    ValueKind.TABLE: ({}, {"amy": 3}, {"bob": -2, "amy": 7, "eve": 7}, {"cara": 12, "dan": 0, "ida": 5, "joe": 20}),
}


def random_input(kind: ValueKind, rng: random.Random) -> Value:
    """Return a typical input of `kind`: small numbers of both signs, short texts, lists of up to nine items."""
    match kind:
        case ValueKind.INT:
            return rng.randint(-40, 99) if rng.random() < 0.6 else rng.randint(100, 9999)
        case ValueKind.INTS:
            low, high = rng.choice(((-15, 30), (0, 12), (-3, 9), (5, 60)))
            return [rng.randint(low, high) for _ in range(rng.randint(2, 9))]
        case ValueKind.STR:
            words = rng.choices(VOCABULARY, k=rng.randint(1, 4))
            if rng.random() < 0.4:
                words.append(str(rng.randint(0, 999)))
            return rng.choice((" ", " ", "", "-")).join(words)
        case ValueKind.WORDS:
            return rng.choices(VOCABULARY, k=rng.randint(2, 7))
        case ValueKind.TABLE:
            return {name: rng.randint(-8, 45) for name in rng.sample(KEYS, rng.randint(2, 6))}
    raise ValueError(f"no task starts from {kind!r}")


@cache
def input_pool(kind: ValueKind) -> tuple[Value, ...]:
    """Return the fixed inputs on which compositions are examined: edge values first, then random ones."""
    rng = random.Random(f"inputs {kind.name}")
    edges = _EDGES[kind]
    return edges + tuple(random_input(kind, rng) for _ in range(POOL - len(edges)))


def is_moderate(value: Value) -> bool:
    """Tell whether a result is small enough for a test line: no huge integer, no long text or list."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST_INT
    if len(value) > LONGEST_RESULT:
        return False
    items = value.values() if isinstance(value, dict) else value
    return isinstance(value, str) or all(is_moderate(item) for item in items)


def canonical_text(value: Value) -> str:
    """Return text that is equal for values that a test holds equal (dictionaries in any order)."""
    return repr(sorted(value.items()) if isinstance(value, dict) else value)


def outputs(calls: tuple[Call, ...]) -> tuple[Value, ...]:
    """Return the results of a composition on the whole input pool of its source kind."""
    return tuple(apply_calls(calls, value) for value in input_pool(calls[0].op.src))


def canonical_texts(calls: tuple[Call, ...]) -> tuple[str, ...]:
    """Return the canonical_texts of `outputs`."""
    return tuple(canonical_text(value) for value in outputs(calls))
