"""Progress on stderr: a live bar on a terminal, plain lines elsewhere (see `akd_code.progress`)."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

from akd_code.progress import duration

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY_S = 10.0


def watcher(quiet: bool = False) -> Watch:
    """Return the way to show progress that fits where stderr goes; silent when quiet."""
    if quiet:
        return Watch()
    return LiveWatch() if sys.stderr.isatty() else PlainWatch()


def _title(round_: int | None, name: str) -> str:
    return name if round_ is None else f"round {round_}: {name}"


class TimeLeft:
    """How long a stage will take yet, by what was done of it since its first figure.

    What is under way counts for half: 64 answers written at once end at much the same time, and after the first of them
    nothing would seem to be done.
    """

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def told(self, done: int, total: int, under_way: int) -> float | None:
        """Return the seconds that are left when so much is done; None while nothing was done since the first figure."""
        now = time.monotonic()
        began, kept = self._first = self._first or (now, done)
        if done <= kept:
            return None
        half = min(under_way, total - done) / 2
        return (now - began) * (total - done - half) / (done - kept + half)


class Watch:
    """Shows nothing. A context manager, as the others are."""

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage."""

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        """Show how far the stage is, and its rate if there is one to tell."""

    def note(self, text: str) -> None:
        """Say something that is worth a line."""


class PlainWatch(Watch):
    """A line when a stage begins, and one every ten seconds of it, with the time left."""

    def __init__(self) -> None:
        self._name = ""
        self._said = time.monotonic()
        self._left = TimeLeft()

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage."""
        self._name = _title(round_, name)
        self._said = time.monotonic()
        self._left = TimeLeft()
        click.echo(self._name, err=True)

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        """Show how far the stage is, every ten seconds."""
        left, now = self._left.told(done, total, under_way), time.monotonic()
        if left is not None and now - self._said >= _EVERY_S:
            self._said = now
            click.echo(
                f"  {self._name}: {done} of {total}, about {duration(left)} left{rate and f', {rate}'}", err=True
            )

    def note(self, text: str) -> None:
        """Print the line."""
        click.echo(f"  {text}", err=True)


class LiveWatch(Watch):
    """One live bar for the current stage, with the time left; notes scroll above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self._bars: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[rate]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._left = TimeLeft()

    def __enter__(self) -> LiveWatch:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(_title(round_, name), total=None, left="", rate="")
        self._left = TimeLeft()

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        """Move the bar."""
        if self._task is not None:
            left = self._left.told(done, total, under_way)
            said = "" if left is None else f"about {duration(left)} left"
            self._bars.update(self._task, completed=done, total=total, left=said, rate=rate)

    def note(self, text: str) -> None:
        """Print the line above the bar."""
        from rich.markup import escape

        self._bars.console.print(f"  {escape(text)}", highlight=False)
