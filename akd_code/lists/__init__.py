"""Word lists of our own, one entry per line: root topics, and professions from whose working life tasks are taken."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def root_topics() -> tuple[str, ...]:
    """Return the root topics of algorithmic and practical programming in Python."""
    return _lines("topics.txt")


@cache
def professions() -> tuple[str, ...]:
    """Return the professions from whose working life exercises are taken."""
    return _lines("professions.txt")


def _lines(name: str) -> tuple[str, ...]:
    return tuple((_HERE / name).read_text(encoding="utf-8").splitlines())
