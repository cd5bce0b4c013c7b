"""How long work tells whoever watches how far it has come."""

from __future__ import annotations

from typing import Protocol


class ProgressWatcher(Protocol):
    """Shows a person the stages of a run or of an evaluation, one after the other."""

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage, of a round of the loop or (None) outside any."""
        ...

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        """Show how much of the current stage is done, and its rate where there is one to tell.

        Told once at the start, it learns what was there before: that says nothing about how long the rest will take.
        `under_way` is how many are worked on at once.
        """
        ...

    def note(self, text: str) -> None:
        """Say something that is worth a line."""
        ...


def duration(seconds: float) -> str:
    """Return seconds in the unit that fits: `50 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
