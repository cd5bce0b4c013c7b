"""Bytes as values: iterative, and capped in size, depth, count and colliding keys."""

from __future__ import annotations

import array
import builtins
import collections
import datetime
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

from akd_sandbox.codec.kinds import (
    LITTLE,
    MAX_COLLISIONS,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_NODES,
    CodecError,
    CollidingKeysError,
    NdArray,
    TooManyValuesError,
)

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]


def decode(data: bytes, max_nodes: int = MAX_NODES) -> Any:
    """Return the value that data encodes.

    Raises:
        CodecError: malformed, trailing bytes, over the caps, or (CollidingKeysError) hash-colliding keys.
    """
    try:
        value, end = _decode(memoryview(data), max_nodes)
    except (struct.error, LookupError, ValueError, ArithmeticError, TypeError, RecursionError) as error:
        raise CodecError(f"malformed value: {type(error).__name__}") from None
    except MemoryError:
        raise TooManyValuesError("more than fits into memory") from None
    if end != len(data):
        raise CodecError("trailing bytes after the value")
    return value


def _decode(data: memoryview, max_nodes: int) -> tuple[Any, int]:
    position = 0
    nodes = collisions = 0
    stack: list[tuple[bytes, int, list[Any], str]] = []  # open containers: tag, items wanted, items so far, note
    while True:
        nodes += 1
        if nodes > max_nodes:
            raise TooManyValuesError(f"more than {max_nodes} values in one")
        tag = bytes(data[position : position + 1])
        position += 1
        if tag in b"ltSZdoenA" and tag:
            note = ""
            if tag == b"A":
                note, position = _read_str(data, position + 1)
                wanted = 2
            else:
                wanted = int.from_bytes(_take(data, position, 4), "little")
                position += 4
                if tag in b"doen":
                    wanted *= 2
            nodes += 3 if tag in b"SZdoen" else 0  # these take four times the room of a list
            if wanted > len(data) - position or len(stack) >= MAX_DEPTH:
                raise CodecError("container larger or deeper than its data")
            if wanted:
                stack.append((tag, wanted, [], note))
                continue
            value = _build(tag, [], note)
        else:
            value, position = _decode_leaf(tag, data, position)
        while stack:
            open_tag, wanted, items, note = stack[-1]
            items.append(value)
            if len(items) < wanted:
                break
            stack.pop()
            if wanted > 16 and open_tag in b"SZdoen":
                collisions += _collisions(items if open_tag in b"SZ" else items[0::2])
                if collisions > MAX_COLLISIONS:
                    raise CollidingKeysError("colliding keys")
            value = _build(open_tag, items, note)
        else:
            return value, position


def _take(data: memoryview, position: int, count: int) -> memoryview:
    piece = data[position : position + count]
    if len(piece) != count:
        raise CodecError("value ends early")
    return piece


def _read_str(data: memoryview, position: int) -> tuple[str, int]:
    """Read a length and text; position points just behind the tag byte."""
    count = int.from_bytes(_take(data, position, 4), "little")
    return str(_take(data, position + 4, count), "utf-8", "surrogatepass"), position + 4 + count


def _decode_leaf(tag: bytes, data: memoryview, position: int) -> tuple[Any, int]:
    if tag == b"i":
        return int.from_bytes(_take(data, position, 8), "little", signed=True), position + 8
    if tag == b"s":
        return _read_str(data, position)
    if tag == b"f":
        return struct.unpack_from("<d", data, position)[0], position + 8
    if tag == b"N":
        return None, position
    if tag == b"T":
        return True, position
    if tag == b"F":
        return False, position
    if tag == b"V":
        return _decode_vector(data, position)
    if tag == b"c":
        return complex(*struct.unpack_from("<dd", data, position)), position + 16
    if tag in (b"b", b"a", b"I"):
        count = int.from_bytes(_take(data, position, 4), "little")
        raw = _take(data, position + 4, count)
        position += 4 + count
        if tag == b"I":
            return int.from_bytes(raw, "little", signed=True), position
        return (bytes(raw) if tag == b"b" else bytearray(raw)), position
    if tag in (b"D", b"Q", b"w"):
        text, position = _read_str(data, position)
        return _parse_text(tag, text), position
    raise CodecError(f"unknown tag {tag!r}")


def _decode_vector(data: memoryview, position: int) -> tuple[Any, int]:
    kind, code = bytes(_take(data, position, 1)), bytes(_take(data, position + 1, 1))
    count = int.from_bytes(_take(data, position + 2, 4), "little")
    if code not in (b"q", b"d") or kind not in (b"l", b"t"):
        raise CodecError("unknown vector")
    packed = array.array(code.decode())
    packed.frombytes(_take(data, position + 6, 8 * count))
    if not LITTLE:
        packed.byteswap()
    items = packed.tolist()
    return (items if kind == b"l" else tuple(items)), position + 6 + 8 * count


def _parse_text(tag: bytes, text: str) -> Any:
    if len(text) > MAX_DIGITS:
        raise CodecError("number too long")
    if tag == b"D":
        return Decimal(text)
    if tag == b"Q":
        top, _, bottom = text.partition("/")
        return Fraction(int(top, 16), int(bottom, 16))
    kind, _, rest = text.partition(" ")
    if kind == "timedelta":
        days, seconds, micros = (int(x) for x in rest.split(" "))
        return datetime.timedelta(days, seconds, micros)
    if kind == "datetime":
        return datetime.datetime.fromisoformat(rest)
    if kind == "date":
        return datetime.date.fromisoformat(rest)
    if kind == "time":
        return datetime.time.fromisoformat(rest)
    raise CodecError("unknown date")


def _build(tag: bytes, items: list[Any], note: str) -> Any:
    if tag == b"l":
        return items
    if tag == b"t":
        return tuple(items)
    if tag == b"S" or tag == b"Z":
        return set(items) if tag == b"S" else frozenset(items)
    if tag == b"A":
        if type(items[0]) is not tuple or type(items[1]) is not tuple:
            raise CodecError("malformed array")
        return NdArray(note, items[0], items[1])
    return dict(zip(items[0::2], items[1::2], strict=True))


def _collisions(keys: list[Any]) -> int:
    """Return how many pairs of keys share a hash: as many comparisons it takes to build a set of them.

    Keys can be chosen so, the hashes of numbers being public; honest ones rarely do (-1 and -2).
    """
    shared = collections.Counter(map(hash, keys))
    return 0 if len(shared) == len(keys) else sum(count * (count - 1) // 2 for count in shared.values())
