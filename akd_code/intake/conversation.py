"""Messages in rows, where an import looks for a question and an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import UnusableError
from akd_code.intake.fields import required, value_in
from akd_code.turns import TurnError, turn_of


def turns_in(value: Any, field: str) -> list[tuple[str, str]]:
    """Return (role, text) of each message but the system's. Raises UnusableError for what is no list of messages."""
    if not isinstance(value, list):
        raise UnusableError(f"no list in {field!r}")
    try:
        turns = [turn_of(one) for one in value]
    except TurnError as error:
        raise UnusableError("a message that is none", str(error)) from None
    said = [(role, text) for role, text in turns if role != "system"]
    if silent := next((role for role, text in said if not text or not text.strip()), None):
        raise UnusableError("a message without text", silent)
    return [(role, text or "") for role, text in said]


def text_of(row: Mapping[str, Any], field: str, role: str) -> str:
    """Return a field's text, or of a list of messages what the only one of this role says. Raises UnusableError."""
    value = value_in(row, field)
    if not isinstance(value, list):
        return required(row, field)
    said = [text for whose, text in turns_in(value, field) if whose == role]
    if len(said) != 1:
        raise UnusableError(f"not one message of the {role} in {field!r}", f"{len(said)} of them")
    return said[0]
