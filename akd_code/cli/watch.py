"""Progress on stderr: a live bar on a terminal, plain lines elsewhere (see `akd_code.progress`)."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

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

    def progress(self, done: int, total: int, rate: str = "") -> None:
        """Show how far the stage is, and its rate if there is one to tell."""

    def note(self, text: str) -> None:
        """Say something that is worth a line."""


class PlainWatch(Watch):
    """A line when a stage begins, and one every ten seconds of it, with the time left."""

    def __init__(self) -> None:
        self._name = ""
        self._began = self._said = time.monotonic()

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage."""
        self._name = _title(round_, name)
        self._began = self._said = time.monotonic()
        click.echo(self._name, err=True)

    def progress(self, done: int, total: int, rate: str = "") -> None:
        """Show how far the stage is, every ten seconds."""
        now = time.monotonic()
        if now - self._said >= _EVERY_S and done:
            self._said = now
            left = (now - self._began) / done * (total - done)
            click.echo(f"  {self._name}: {done} of {total}, about {left:.0f} s left{rate and f', {rate}'}", err=True)

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
            TimeRemainingColumn,
        )

        self._bars: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[rate]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None

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
        self._task = self._bars.add_task(_title(round_, name), total=None, rate="")

    def progress(self, done: int, total: int, rate: str = "") -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.update(self._task, completed=done, total=total, rate=rate)

    def note(self, text: str) -> None:
        """Print the line above the bar."""
        from rich.markup import escape

        self._bars.console.print(f"  {escape(text)}", highlight=False)
