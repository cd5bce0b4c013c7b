"""Turns of a conversation as people's files have them: OpenAI's `role` and `content`, ShareGPT's `from` and `value`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.errors import AkdError

ROLES = {"human": "user", "gpt": "assistant", "model": "assistant", "developer": "system"}
"""What others call the three roles."""


class TurnError(AkdError):
    """No turn; the message says what it is, to go on behind what holds it."""


def turn_of(message: Any) -> tuple[str, str | None]:
    """Return a message's role, by OpenAI's names, and its text; None where it has none (a call of a tool).

    Of content in parts those that are text are joined. Raises TurnError.
    """
    if not isinstance(message, Mapping):
        raise TurnError(f"a JSON {type(message).__name__}, not a turn")
    role, said = message.get("role", message.get("from")), message.get("content", message.get("value"))
    if isinstance(said, list):
        parts = [part.get("text") for part in said if isinstance(part, Mapping)]
        said = "\n".join(part for part in parts if isinstance(part, str))
    if not isinstance(said, str | None):
        raise TurnError("a turn whose `content` is not text")
    return ROLES.get(str(role), str(role)), said or None
