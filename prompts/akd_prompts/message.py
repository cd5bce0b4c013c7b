"""A chat message: the unit every prompt is rendered to and every model is asked with."""

from __future__ import annotations

from typing import NamedTuple


class Message(NamedTuple):
    """One chat message. A plain (role, content) tuple, so that it is also the shape of a training row's messages."""

    role: str
    content: str
