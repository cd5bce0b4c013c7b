"""Inputs on their way into a worker: packed by the judge, read by somebody who trusts it."""

from __future__ import annotations

import builtins
import marshal
from typing import Any

from akd_sandbox.codec.decoding import decode
from akd_sandbox.codec.encoding import encode
from akd_sandbox.codec.kinds import SEQUENCES

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

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
        if kind in SEQUENCES:
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
