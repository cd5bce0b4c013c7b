"""The wire format for values: tagged, framed, data only. Used by the judge and, alone, inside the guest.

It carries None, bool, int of any size, float (nan, inf, -0.0), complex, str (lone surrogates too), bytes,
bytearray, list, tuple, set, frozenset, dict and its by-value subclasses from `collections`; numpy scalars and
arrays, Decimal, Fraction and datetimes by value. Exact types only: a subclass of int or list could lie about
itself, so it is a `BadValueError`. Decoding is iterative and capped in size, depth and count, refuses sets and
dicts with many colliding keys (building them would be quadratic in the judge), and decimals and fractions of tens of
thousands of digits (reducing them would be).

This package imports only the standard library: the guest program loads it by itself, without `akd_sandbox`.
"""

from akd_sandbox.codec.decoding import decode
from akd_sandbox.codec.encoding import digest, encode
from akd_sandbox.codec.kinds import (
    BadValueError,
    CodecError,
    CollidingKeysError,
    NdArray,
    TooManyValuesError,
    ValueTooLargeError,
)
from akd_sandbox.codec.trusted import pack_trusted, unpack_trusted

__all__ = [
    "BadValueError",
    "CodecError",
    "CollidingKeysError",
    "NdArray",
    "TooManyValuesError",
    "ValueTooLargeError",
    "decode",
    "digest",
    "encode",
    "pack_trusted",
    "unpack_trusted",
]
