"""The student as a stage finds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudentAt:
    """The student after a training: the `key` of that step ("": the base), its adapter's folder, and its round."""

    key: str = ""
    adapter: Path | None = None
    round: int = 0
