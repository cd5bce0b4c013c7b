"""Guessing a password from what was stored for it, as somebody with a stolen table does."""

import base64 as _base64
import binascii as _binascii
import hashlib as _hashlib
import re as _re
import zlib as _zlib
from typing import Any as _Any

_QUICK = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")


def _pieces(record: _Any) -> list[bytes]:
    """Return everything in a record that may be a salt or a digest: its parts, as they are and decoded."""
    if isinstance(record, dict):
        record = list(record.values())
    if isinstance(record, list | tuple):
        return [piece for part in record for piece in _pieces(part)]
    if isinstance(record, bytes | bytearray):
        raw = bytes(record)
        return [raw, *(part for cut in (8, 12, 16, 24, 32) for part in (raw[:cut], raw[cut:], raw[-cut:]))]
    found = [str(record).encode()]
    for part in _re.split(r"[$:;,.|!#\s]+", str(record)) + str(record).split("/"):
        found.append(part.encode())
        for decode in (bytes.fromhex, lambda text: _base64.b64decode(text + "=" * (-len(text) % 4))):
            try:
                decoded = decode(part)
            except (ValueError, _binascii.Error):
                continue
            found += [decoded, *(piece for cut in (8, 16, 32) for piece in (decoded[:cut], decoded[cut:]))]
    return found


def guessed(record: _Any, password: str) -> str:
    """Return "guessed" if a single quick digest of the password, with or without a salt of the record's, is in it."""
    pieces = set(_pieces(record))
    word = password.encode()
    for salt in [b"", *pieces]:
        for mixed in (word, salt + word, word + salt, salt + b":" + word, salt + b"$" + word):
            digests = [_hashlib.new(name, mixed).digest() for name in _QUICK]
            digests += [_hashlib.md5(digest).digest() for digest in digests[:4]]
            digests += [_hashlib.md5(digest.hex().encode()).digest() for digest in digests[:4]]
            codes = [str(_zlib.crc32(mixed)).encode(), f"{_zlib.crc32(mixed):08x}".encode(), mixed[::-1]]
            if pieces & {*digests, *codes} or word in pieces:
                return "guessed"
    return "kept"
