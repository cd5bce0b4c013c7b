"""Messages in rows: `role` and `content`, or ShareGPT's `from` and `value`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import UnusableError
from akd_code.intake.fields import required, value_in

_ROLES = {"human": "user", "gpt": "assistant"}


def turns_in(value: Any, field: str) -> list[tuple[str, str]]:
    """Return (role, text) of each message but the system's. Raises UnusableError for what is no list of messages."""
    if not isinstance(value, list):
        raise UnusableError(f"no list in {field!r}")
    turns = [_turn(one) for one in value]
    return [turn for turn in turns if turn[0] != "system"]


def text_of(row: Mapping[str, Any], field: str, role: str) -> str:
    """Return a field's text, or of a list of messages what the only one of this role says. Raises UnusableError."""
    value = value_in(row, field)
    if not isinstance(value, list):
        return required(row, field)
    said = [text for whose, text in turns_in(value, field) if whose == role]
    if len(said) != 1:
        raise UnusableError(f"not one message of the {role} in {field!r}", f"{len(said)} of them")
    return said[0]


def _turn(message: Any) -> tuple[str, str]:
    if not isinstance(message, Mapping):
        raise UnusableError("a message that is not an object")
    role = message.get("role", message.get("from"))
    return _ROLES.get(str(role), str(role)), required(message, "content" if "content" in message else "value")
