"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from akd_code.storage.disk import write_failure


def write_text(path: Path, text: str) -> None:
    """Write a file in one move, replacing what was there; it is on disk when this returns. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_whole(path: Path, text: str) -> None:
    """Do the same. Raises DiskError, which says what to do."""
    try:
        write_text(path, text)
    except OSError as error:
        raise write_failure(path, error) from None
