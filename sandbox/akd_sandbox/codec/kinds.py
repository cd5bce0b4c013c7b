"""What travels, in which frames, up to which caps; and what is raised where something does not."""

from __future__ import annotations

import builtins
import collections
import sys
from dataclasses import dataclass
from typing import Any

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

MAX_DEPTH = 400
MAX_NODES = 20_000_000
MAX_BYTES = 64 << 20
MAX_DIGITS = 10_000
MAX_COLLISIONS = 2_000_000
MAX_DECIMAL_EXPONENT = 5000

DICTS: dict[Any, bytes] = {
    dict: b"d",
    collections.OrderedDict: b"o",
    collections.defaultdict: b"e",
    collections.Counter: b"n",
}
SEQUENCES: dict[Any, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}
LITTLE = sys.byteorder == "little"


class CodecError(Exception):
    """Bytes that are not a value of this format, or exceed its caps."""


class TooManyValuesError(CodecError):
    """A value that holds more values than its reader wants to build."""


class CollidingKeysError(CodecError):
    """A set or dict with so many keys of one hash that building it would take seconds."""


class BadValueError(Exception):
    """A value whose type does not travel: not one of the exact plain types."""


class ValueTooLargeError(Exception):
    """A value whose encoding exceeds the limit it was given."""


@dataclass(frozen=True)
class NdArray:
    """A numpy array by value: dtype name, shape, and its items flattened in C order."""

    dtype: str
    shape: tuple[int, ...]
    items: tuple[Any, ...]
