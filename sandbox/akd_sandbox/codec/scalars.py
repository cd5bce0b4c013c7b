"""One value that holds no others, as bytes: as it is, and in the canonical form that equal numbers share."""

from __future__ import annotations

import builtins
import datetime
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from akd_sandbox.codec.kinds import MAX_DECIMAL_EXPONENT, MAX_DIGITS, BadValueError

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_INT64 = range(-(1 << 63), 1 << 63)


def _int(value: int) -> bytes:
    if value in _INT64:
        return b"i" + value.to_bytes(8, "little", signed=True)
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"I" + len(raw).to_bytes(4, "little") + raw


def _float(value: float) -> bytes:
    return b"f" + struct.pack("<d", value)


def encode_text(value: str) -> bytes:
    """Return the encoding of a text, lone surrogates and all."""
    raw = value.encode("utf-8", "surrogatepass")
    return b"s" + len(raw).to_bytes(4, "little") + raw


def _blob(tag: bytes) -> Callable[[Any], bytes]:
    return lambda value: tag + len(value).to_bytes(4, "little") + bytes(value)


def _text(tag: bytes, text: Callable[[Any], str]) -> Callable[[Any], bytes]:
    def encode_as_text(value: Any) -> bytes:
        raw = text(value).encode("utf-8", "surrogatepass")
        return tag + len(raw).to_bytes(4, "little") + raw

    return encode_as_text


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


SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _int,
    float: _float,
    complex: lambda value: b"c" + struct.pack("<dd", value.real, value.imag),
    str: encode_text,
    bytes: _blob(b"b"),
    bytearray: _blob(b"a"),
    Decimal: _text(b"D", _decimal_text),
    Fraction: _text(b"Q", _fraction_text),
    datetime.datetime: _text(b"w", lambda value: "datetime " + value.isoformat()),
    datetime.date: _text(b"w", lambda value: "date " + value.isoformat()),
    datetime.time: _text(b"w", lambda value: "time " + value.isoformat()),
    datetime.timedelta: _text(b"w", lambda v: f"timedelta {v.days} {v.seconds} {v.microseconds}"),
}


def _canonical_number(value: Any) -> bytes:
    """Encode numbers so that equal values give equal bytes whatever their type (True, 1, 1.0, Decimal(1))."""
    if type(value) is complex:
        if value.imag != 0 or value.real != value.real:
            return SCALARS[complex](value)
        value = value.real
    if type(value) is int or type(value) is bool:
        return _int(int(value))
    if type(value) is Decimal and value.is_finite() and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
        return SCALARS[Decimal](value)  # its ratio could have a billion digits
    try:
        top, bottom = value.as_integer_ratio()
    except (ValueError, OverflowError):  # nan and infinities have no ratio
        return _float(float(value))
    return _int(top) if bottom == 1 else b"Q" + _int(top) + _int(bottom)


CANONICAL: dict[type, Callable[[Any], bytes]] = {
    **SCALARS,
    **dict.fromkeys((bool, int, float, complex, Decimal, Fraction), _canonical_number),
}
