"""Conversations: `messages` with `role` and `content`, or ShareGPT's `conversations` with `from` and `value`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.conversation import turns_in
from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import name_in
from akd_code.intake.registry import PRESETS


@PRESETS.register("messages")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return what the user asks and the assistant answers. A system message is left out.

    Raises UnusableError for more than one turn of either: a seed is one prompt.
    """
    said = turns_in(row.get("messages", row.get("conversations")), "messages")
    if [role for role, _ in said] != ["user", "assistant"]:
        raise UnusableError("not one question and one answer", ", ".join(role for role, _ in said)[:200])
    return Exercise(said[0][1], said[1][1], name_in(row, "id"))
