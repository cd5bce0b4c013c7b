"""Conversations: `messages` with `role` and `content`, or ShareGPT's `conversations` with `from` and `value`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import name_in, required
from akd_code.intake.registry import PRESETS

_ROLES = {"human": "user", "gpt": "assistant"}


@PRESETS.register("messages")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return what the user asks and the assistant answers. A system message is left out.

    Raises UnusableError for more than one turn of either: a seed is one prompt.
    """
    turns = row.get("messages", row.get("conversations"))
    if not isinstance(turns, list):
        raise UnusableError("no list in 'messages'")
    said = [_turn(one) for one in turns]
    said = [turn for turn in said if turn[0] != "system"]
    if [role for role, _ in said] != ["user", "assistant"]:
        raise UnusableError("not one question and one answer", ", ".join(role for role, _ in said)[:200])
    return Exercise(said[0][1], said[1][1], name_in(row, "id"))


def _turn(message: Any) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise UnusableError("a message that is not an object")
    role = message.get("role", message.get("from"))
    return _ROLES.get(str(role), str(role)), required(message, "content" if "content" in message else "value")
