"""Python's source text: parsed, for threads, and decoded, as the interpreter does it."""

from __future__ import annotations

import ast
import io
import tokenize

NOT_PYTHON = (SyntaxError, ValueError, MemoryError, RecursionError)
"""What `parse` raises for a text that is not Python, or that CPython's parser refuses for whatever reason."""
_TRIES = 50


def parse(source: str) -> ast.Module:
    """Return `ast.parse(source)`; raises what it raises, NOT_PYTHON.

    CPython 3.11 counts the depth of the trees it builds in one place for all threads: one that the garbage collector
    interrupts may find another's count and raise a SystemError that means nothing (python/cpython#106905). Then it is
    done again.
    """
    for _ in range(_TRIES):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)


def expression(source: str) -> ast.expr:
    """Return the tree of a lone expression. Raises SyntaxError, and what `parse` raises."""
    body = parse(source).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise SyntaxError(f"not a lone expression: {source[:80]!r}")
    return body[0].value


def source_text(raw: bytes) -> str:
    """Return the text of a source file: by its byte order mark or coding line, else as UTF-8.

    What cannot be decoded so is kept as lone surrogates, which no compiler takes: it is the program that is at fault.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return raw.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return raw.decode("utf-8", "surrogateescape")
