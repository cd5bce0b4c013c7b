"""Values as bytes: the encoding, and the digest of the canonical encoding."""

from __future__ import annotations

import array
import builtins
import hashlib
import itertools
import sys
from collections.abc import Callable
from typing import Any

from akd_sandbox.codec.kinds import (
    DICTS,
    LITTLE,
    MAX_BYTES,
    MAX_DEPTH,
    SEQUENCES,
    BadValueError,
    NdArray,
    ValueTooLargeError,
)
from akd_sandbox.codec.scalars import CANONICAL, SCALARS, encode_text

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_HASHED = frozenset((type(None), bool, int, float, str))
_MANY_ROWS = 4096
_MANY_SCALARS = 1 << 16


def encode(value: Any, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the encoding of value.

    Raises:
        BadValueError: a type that does not travel, or nesting deeper than MAX_DEPTH.
        ValueTooLargeError: more than max_bytes.
    """
    scalar = SCALARS.get(type(value))
    if scalar is not None:
        data = scalar(value)
        if len(data) > max_bytes:
            raise ValueTooLargeError(f"value of {len(data)} bytes")
        return data
    parts: list[bytes] = []
    size = 0
    for part in _walk(value, SCALARS, vectors=True):
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
    for part in _walk(value, CANONICAL, vectors=False):
        parts.append(part)
        if len(parts) >= 8192:
            block = b"".join(parts)
            sha.update(block)
            size += len(block)
            parts.clear()
    block = b"".join(parts)
    sha.update(block)
    return sha.hexdigest(), size + len(block)


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
    if not LITTLE:
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


def _canonical_rows(rows: Any) -> Any:
    """Yield the canonical encoding of many tuples, the same bytes as item by item, each distinct scalar encoded once.

    A million combinations of a few strings (Mbpp/255) take seconds this way and a minute otherwise.
    """
    known: dict[Any, bytes] = {}
    for start in range(0, len(rows), _MANY_ROWS):
        batch = rows[start : start + _MANY_ROWS]
        flat = list(itertools.chain.from_iterable(batch))
        try:
            # equal scalars have equal canonical encodings, whatever their types; what has no hash is not a scalar
            new = dict.fromkeys(flat).keys() - known.keys() if set(map(type, flat)) <= _HASHED else None
        except TypeError:
            new = None
        if new is None or len(known) + len(new) > _MANY_SCALARS:
            for row in batch:
                yield from _walk(row, CANONICAL, vectors=False)
            continue
        known.update((scalar, CANONICAL[type(scalar)](scalar)) for scalar in new)
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
            tag = SEQUENCES.get(kind)
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
            elif kind in DICTS:
                if canonical:
                    yield b"d" + len(item).to_bytes(4, "little")
                    pairs = (
                        (b"".join(_walk(k, scalars, vectors=False)), b"".join(_walk(v, scalars, vectors=False)))
                        for k, v in dict.items(item)
                    )
                    for key_bytes, value_bytes in sorted(pairs):
                        yield key_bytes + value_bytes
                    continue
                yield DICTS[kind] + len(item).to_bytes(4, "little")
                children = iter([x for pair in dict.items(item) for x in pair])
            elif kind is NdArray:
                yield b"A" + encode_text(item.dtype)
                children = iter((item.shape, item.items))
            else:
                plain = _from_numpy(item)
                if plain is item:
                    raise BadValueError(f"{kind.__module__}.{kind.__qualname__}"[:200])
                children = iter((plain,))
            if len(stack) >= MAX_DEPTH:
                raise BadValueError(f"nested deeper than {MAX_DEPTH}")
            push(children)
            break
        else:
            pop()
