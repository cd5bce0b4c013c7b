"""How long work tells whoever watches how far it has come."""

from __future__ import annotations

from typing import Protocol


class ProgressWatcher(Protocol):
    """Shows a person the stages of a run or of an evaluation, one after the other."""

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage, of a round of the loop or (None) outside any."""
        ...

    def progress(self, done: int, total: int, rate: str = "") -> None:
        """Show how much of the current stage is done, and its rate where there is one to tell."""
        ...

    def note(self, text: str) -> None:
        """Say something that is worth a line."""
        ...
