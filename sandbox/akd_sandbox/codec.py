"""The wire format for values: tagged, framed, data only. Used by the judge and, alone, inside the guest.

It carries None, bool, int of any size, float (nan, inf, -0.0), complex, str (lone surrogates too), bytes,
bytearray, list, tuple, set, frozenset, dict and its by-value subclasses from `collections`; numpy scalars and
arrays, Decimal, Fraction and datetimes by value. Exact types only: a subclass of int or list could lie about
itself, so it is a `BadValueError`. Decoding is iterative and capped in size, depth and count, refuses sets and
dicts with many colliding keys (building them would be quadratic in the judge), and decimals and fractions of tens of
thousands of digits (reducing them would be).

This module imports only the standard library: the guest program loads it by itself, without the package.
"""

from __future__ import annotations

import array
import builtins
import collections
import datetime
import hashlib
import itertools
import marshal
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

MAX_DEPTH = 400
MAX_NODES = 20_000_000
MAX_BYTES = 64 << 20
MAX_DIGITS = 10_000
MAX_COLLISIONS = 2_000_000
MAX_DECIMAL_EXPONENT = 5000

_DICTS: dict[Any, bytes] = {
    dict: b"d",
    collections.OrderedDict: b"o",
    collections.defaultdict: b"e",
    collections.Counter: b"n",
}
_SEQUENCES: dict[Any, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}
_DATES = {
    datetime.datetime: "datetime",
    datetime.date: "date",
    datetime.time: "time",
}
_INT64 = range(-(1 << 63), 1 << 63)
_LITTLE = sys.byteorder == "little"


class CodecError(Exception):
    """Bytes that are not a value of this format, or exceed its caps."""


class TooManyValuesError(CodecError):
    """A value that holds more values than its reader wants to build."""


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


@dataclass(frozen=True)
class Ref:
    """An object that stays in its worker, by number; only test code ever holds one, never a comparison."""

    number: int
    type_name: str


ref_hook: Callable[[int, str], Any] = Ref
"""What decoding makes of a Ref; test workers put proxies here, candidate workers the objects themselves."""
unknown_hook: Callable[[Any], Any] | None = None
"""What encoding makes of a type that does not travel; None refuses it, a worker that serves test code gives a Ref."""


def _int(value: int) -> bytes:
    if value in _INT64:
        return b"i" + value.to_bytes(8, "little", signed=True)
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"I" + len(raw).to_bytes(4, "little") + raw


def _float(value: float) -> bytes:
    return b"f" + struct.pack("<d", value)


def _str(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"s" + len(raw).to_bytes(4, "little") + raw


def _blob(tag: bytes) -> Callable[[Any], bytes]:
    return lambda value: tag + len(value).to_bytes(4, "little") + bytes(value)


def _text(tag: bytes, text: Callable[[Any], str]) -> Callable[[Any], bytes]:
    def encode_text(value: Any) -> bytes:
        raw = text(value).encode("utf-8", "surrogatepass")
        return tag + len(raw).to_bytes(4, "little") + raw

    return encode_text


def _decimal_text(value: Decimal) -> str:
    text = str(value)
    if len(text) > MAX_DIGITS:
        raise BadValueError(f"decimal.Decimal of {len(text)} digits")
    return text


def _fraction_text(value: Fraction) -> str:
    text = f"{value.numerator:x}/{value.denominator:x}"
    if len(text) > MAX_DIGITS:
        raise BadValueError(f"fractions.Fraction of {len(text)} digits")
    return text


_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _int,
    float: _float,
    complex: lambda value: b"c" + struct.pack("<dd", value.real, value.imag),
    str: _str,
    bytes: _blob(b"b"),
    bytearray: _blob(b"a"),
    Decimal: _text(b"D", _decimal_text),
    Fraction: _text(b"Q", _fraction_text),
    datetime.datetime: _text(b"w", lambda value: "datetime " + value.isoformat()),
    datetime.date: _text(b"w", lambda value: "date " + value.isoformat()),
    datetime.time: _text(b"w", lambda value: "time " + value.isoformat()),
    datetime.timedelta: _text(b"w", lambda v: f"timedelta {v.days} {v.seconds} {v.microseconds}"),
    Ref: lambda value: b"R" + value.number.to_bytes(8, "little") + _str(value.type_name),
}


def _canonical_number(value: Any) -> bytes:
    """Encode numbers so that equal values give equal bytes whatever their type (True, 1, 1.0, Decimal(1))."""
    if type(value) is complex:
        if value.imag != 0 or value.real != value.real:
            return _SCALARS[complex](value)
        value = value.real
    if type(value) is int or type(value) is bool:
        return _int(int(value))
    if type(value) is Decimal and value.is_finite() and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
        return _SCALARS[Decimal](value)  # its ratio could have a billion digits
    try:
        top, bottom = value.as_integer_ratio()
    except (ValueError, OverflowError):  # nan and infinities have no ratio
        return _float(float(value))
    return _int(top) if bottom == 1 else b"Q" + _int(top) + _int(bottom)


_CANONICAL: dict[type, Callable[[Any], bytes]] = {
    **_SCALARS,
    **dict.fromkeys((bool, int, float, complex, Decimal, Fraction), _canonical_number),
}


_HASHED = frozenset((type(None), bool, int, float, str))
_MANY_ROWS = 4096
_MANY_SCALARS = 1 << 16


def _vector(value: Any, tag: bytes) -> bytes | None:
    """Encode a flat list or tuple of only ints, or only floats, in one piece of C speed; None if it is not one."""
    kinds = set(map(type, value))
    if kinds == {int}:
        try:
            packed = array.array("q", value)
        except OverflowError:
            return None
        code = b"q"
    elif kinds == {float}:
        packed = array.array("d", value)
        code = b"d"
    else:
        return None
    if not _LITTLE:
        packed.byteswap()
    return b"V" + tag + code + len(value).to_bytes(4, "little") + packed.tobytes()


def _from_numpy(value: Any) -> Any:
    """Return the plain value of a numpy scalar, or an NdArray; the value itself if it is neither."""
    kind = type(value)
    if kind.__module__ != "numpy":
        return value
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    if kind is numpy.ndarray and value.dtype.kind in "biufcUS":
        return NdArray(str(value.dtype), tuple(value.shape), tuple(value.ravel().tolist()))
    genuine = isinstance(value, numpy.generic) and getattr(numpy, kind.__name__, None) is kind
    if genuine and value.dtype.kind in "biufcUS":
        return value.item()
    return value


_ATOMS = frozenset((type(None), bool, int, float, complex, str, bytes))


def pack_trusted(value: Any) -> bytes:
    """Return a value for a reader that trusts the writer: the judge's inputs on their way into a worker.

    marshal is far faster than `encode`, but reading it from an untrusted peer would not be safe; this never goes the
    other way. A first byte tells which of the two it is: what marshal would blur is encoded.
    """
    return b"m" + marshal.dumps(value, 2) if _marshals(value) else b"c" + encode(value)


def unpack_trusted(data: bytes) -> Any:
    """Return the value that pack_trusted packed."""
    return marshal.loads(data[1:]) if data[:1] == b"m" else decode(data[1:])  # from the judge


def _marshals(value: Any) -> bool:
    """Return whether marshal carries value exactly (it would turn a bytearray into bytes)."""
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind in _SEQUENCES:
            if not _ATOMS.issuperset(map(type, item)):
                stack.extend(item)
        elif kind is dict:
            stack.extend(item)
            stack.extend(item.values())
        elif kind not in _ATOMS:
            return False
        if len(stack) > 1_000_000:
            return False
    return True


def encode(value: Any, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the encoding of value.

    Raises:
        BadValueError: a type that does not travel, or nesting deeper than MAX_DEPTH.
        ValueTooLargeError: more than max_bytes.
    """
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        data = scalar(value)
        if len(data) > max_bytes:
            raise ValueTooLargeError(f"value of {len(data)} bytes")
        return data
    parts: list[bytes] = []
    size = 0
    for part in _walk(value, _SCALARS, vectors=True):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise ValueTooLargeError(f"value of more than {max_bytes} bytes")
    return b"".join(parts)


def digest(value: Any) -> tuple[str, int]:
    """Return (sha256, size) of the canonical encoding: equal values (by ==) give equal digests.

    Numbers are normalised by value, sets and dicts ordered by their encoded keys, so that the digest says
    what `==` says. Streams, so that the memory for a large value is not spent twice.

    Raises:
        BadValueError: as for encode.
    """
    sha = hashlib.sha256()
    size = 0
    parts: list[bytes] = []
    for part in _walk(value, _CANONICAL, vectors=False):
        parts.append(part)
        if len(parts) >= 8192:
            block = b"".join(parts)
            sha.update(block)
            size += len(block)
            parts.clear()
    block = b"".join(parts)
    sha.update(block)
    return sha.hexdigest(), size + len(block)


def _canonical_rows(rows: Any) -> Any:
    """Yield the canonical encoding of many tuples, the same bytes as item by item, each distinct scalar encoded once.

    A million combinations of a few strings (Mbpp/255) take seconds this way and a minute otherwise.
    """
    known: dict[Any, bytes] = {}
    for start in range(0, len(rows), _MANY_ROWS):
        batch = rows[start : start + _MANY_ROWS]
        flat = list(itertools.chain.from_iterable(batch))
        try:
            # scalars that are equal have equal canonical encodings, whatever their types; what has no hash is no scalar
            new = dict.fromkeys(flat).keys() - known.keys() if set(map(type, flat)) <= _HASHED else None
        except TypeError:
            new = None
        if new is None or len(known) + len(new) > _MANY_SCALARS:
            for row in batch:
                yield from _walk(row, _CANONICAL, vectors=False)
            continue
        known.update((scalar, _CANONICAL[type(scalar)](scalar)) for scalar in new)
        encoded = known.__getitem__
        for row in batch:
            yield b"t" + len(row).to_bytes(4, "little") + b"".join(map(encoded, row))


def _walk(value: Any, scalars: dict[type, Callable[[Any], bytes]], *, vectors: bool) -> Any:
    """Yield the pieces of the encoding, depth first, without recursion."""
    stack: list[Any] = [iter((value,))]
    push, pop, lookup = stack.append, stack.pop, scalars.get
    canonical = not vectors
    while stack:
        for item in stack[-1]:
            scalar = lookup(type(item))
            if scalar is not None:
                yield scalar(item)
                continue
            kind = type(item)
            tag = _SEQUENCES.get(kind)
            if tag is not None:
                if canonical and (tag == b"S" or tag == b"Z"):
                    yield b"S" + len(item).to_bytes(4, "little")
                    yield from sorted(b"".join(_walk(x, scalars, vectors=False)) for x in item)
                    continue
                if vectors and len(item) > 1 and (tag == b"l" or tag == b"t"):
                    packed = _vector(item, tag)
                    if packed is not None:
                        yield packed
                        continue
                yield tag + len(item).to_bytes(4, "little")
                shallow = len(stack) + 1 < MAX_DEPTH
                if canonical and len(item) > _MANY_ROWS and shallow and set(map(type, item)) == {tuple}:
                    yield from _canonical_rows(item)
                    continue
                children = iter(item)
            elif kind in _DICTS:
                if canonical:
                    yield b"d" + len(item).to_bytes(4, "little")
                    pairs = (
                        (b"".join(_walk(k, scalars, vectors=False)), b"".join(_walk(v, scalars, vectors=False)))
                        for k, v in dict.items(item)
                    )
                    for key_bytes, value_bytes in sorted(pairs):
                        yield key_bytes + value_bytes
                    continue
                yield _DICTS[kind] + len(item).to_bytes(4, "little")
                children = iter([x for pair in dict.items(item) for x in pair])
            elif kind is NdArray:
                yield b"A" + _str(item.dtype)
                children = iter((item.shape, item.items))
            else:
                plain = _from_numpy(item)
                if plain is item and unknown_hook is not None:
                    plain = unknown_hook(item)
                if plain is item:
                    raise BadValueError(f"{kind.__module__}.{kind.__qualname__}"[:200])
                children = iter((plain,))
            if len(stack) >= MAX_DEPTH:
                raise BadValueError(f"nested deeper than {MAX_DEPTH}")
            push(children)
            break
        else:
            pop()


def decode(data: bytes, max_nodes: int = MAX_NODES) -> Any:
    """Return the value that data encodes.

    Raises:
        CodecError: malformed, trailing bytes, over the caps, or hash-colliding keys.
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
                    raise CodecError("colliding keys")
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
    if tag == b"R":
        number = int.from_bytes(_take(data, position, 8), "little")
        name, position = _read_str(data, position + 9)
        return ref_hook(number, name), position
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
    if not _LITTLE:
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
