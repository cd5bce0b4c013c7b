"""Fields of rows, read with care: what is there, of the right kind, and not empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import UnusableError


def required(row: Mapping[str, Any], field: str) -> str:
    """Return a field's text. Raises UnusableError where it is absent, not text or empty."""
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise UnusableError(f"no text in {field!r}", "" if value is None else f"a {type(value).__name__}")
    return value


def optional(row: Mapping[str, Any], field: str) -> str:
    """Return a field's text, "" where it is absent or null. Raises UnusableError where it is not text."""
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnusableError(f"no text in {field!r}", f"a {type(value).__name__}")
    return value


def name_in(row: Mapping[str, Any], *fields: str) -> str:
    """Return the first of the fields that is a text or a number, as text; "" for none."""
    for field in fields:
        value = row.get(field)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""


def fenced(code: str) -> str:
    """Return a program as an answer: in a fenced block."""
    return f"```python\n{code.strip(chr(10))}\n```"
