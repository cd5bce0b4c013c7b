"""Folders that appear whole or not at all, replacing what was there."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; left without an exception, it takes the place of `folder`. Raises OSError."""
    draft, old = _beside(folder)
    for leftover in (draft, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    draft.mkdir(parents=True)
    yield draft
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    if old.exists():
        shutil.rmtree(old)


def dropped(folder: Path) -> None:
    """Remove a folder and what an interrupted replacement of it left."""
    for path in (folder, *_beside(folder)):
        shutil.rmtree(path, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    """Return where the next content is while it is written, and the last one while that takes its place."""
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
