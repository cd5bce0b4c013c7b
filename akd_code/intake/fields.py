"""Fields of rows, read with care: what is there, of the right kind, and not empty.

A field may be named by a path: `a.b` is the field `b` of the object in `a`, unless a row has a field of that very name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import UnusableError

_NONE = object()


def has(row: Mapping[str, Any], field: str) -> bool:
    """Return whether a row has a field, null or not."""
    return value_in(row, field, _NONE) is not _NONE


def value_in(row: Mapping[str, Any], field: str, otherwise: Any = None) -> Any:
    """Return what is in a field; `otherwise` where there is none."""
    if field in row:
        return row[field]
    first, dot, rest = field.partition(".")
    inside = row.get(first)
    return value_in(inside, rest, otherwise) if dot and isinstance(inside, Mapping) else otherwise


def required(row: Mapping[str, Any], field: str) -> str:
    """Return a field's text. Raises UnusableError where it is absent, not text or empty."""
    value = value_in(row, field)
    if not isinstance(value, str) or not value.strip():
        raise UnusableError(f"no text in {field!r}", "" if value is None else f"a {type(value).__name__}")
    return value


def optional(row: Mapping[str, Any], field: str) -> str:
    """Return a field's text, "" where it is absent or null. Raises UnusableError where it is not text."""
    value = value_in(row, field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnusableError(f"no text in {field!r}", f"a {type(value).__name__}")
    return value


def name_in(row: Mapping[str, Any], *fields: str) -> str:
    """Return the first of the fields that is a text or a number, as text; "" for none."""
    for field in fields:
        value = value_in(row, field)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""


def fenced(code: str) -> str:
    """Return a program as an answer: in a fenced block."""
    return f"```python\n{code.strip(chr(10))}\n```"
