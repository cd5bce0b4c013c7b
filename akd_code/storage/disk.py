"""The full disk: telling it from other failures, saying what to do, and keeping a little room for the worst moment."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from akd_code.errors import DiskError

_RESERVE_BYTES = 1 << 20


def disk_is_full(error: Exception) -> bool:
    """Return whether a write failed because the disk, or the quota on it, is used up."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def write_failure(path: Path, error: Exception) -> DiskError:
    """Return the error to raise when something below `path` could not be written."""
    if disk_is_full(error):
        return DiskError(
            f"the disk that holds {path} is full; free some space and run the same command again: "
            "everything stored so far is kept"
        )
    return DiskError(f"cannot write below {path}: {error}; check the path and its rights")


class Reserve:
    """A file of 1 MiB beside another, given up when the disk is full so that a last write still finds room."""

    def __init__(self, beside: Path) -> None:
        self._path = beside.with_name(beside.name + ".reserve")

    def fill(self) -> None:
        """Take the room, unless it is taken. Raises OSError."""
        with contextlib.suppress(FileExistsError), self._path.open("xb") as file:
            try:
                file.write(b"\0" * _RESERVE_BYTES)
                os.fsync(file.fileno())
            except OSError:
                self._path.unlink()
                raise

    def give_up(self) -> None:
        """Make room."""
        self._path.unlink(missing_ok=True)
