"""SQLite files of ours: opened one way, behind one lock, with versions and the way from each to the next."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from akd_code.errors import AkdError
from akd_code.storage.disk import Reserve, disk_is_full, write_failure

_BUSY_TIMEOUT_S = 60.0
Migration = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Schema:
    """What is in a file of one kind.

    `what` names the kind in messages ("run store"). `create` makes today's tables where there are none; `migrations`
    maps a version to what turns it into the next. `error` is raised for a file that cannot be used.
    """

    what: str
    version: int
    create: str
    error: type[AkdError]
    migrations: Mapping[int, Migration] = field(default_factory=dict)


class Database:
    """An open SQLite file (WAL, synchronous=FULL), for several threads at once; other processes may open it too.

    Each statement is a transaction of its own outside `transaction`. On a full disk a write is tried once more after a
    reserve file beside it was given up. Failures raise the schema's error, and DiskError where writing failed.
    """

    def __init__(self, path: Path, schema: Schema, *, reserve: bool = False) -> None:
        """Open the file, make it if it is not there, and bring one of an older version up to date."""
        self.path, self.schema = path, schema
        self._lock = threading.RLock()
        self._reserve = Reserve(path) if reserve else None
        self.full = False
        with self.reported():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            with self.reported():
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._update()
                if self._reserve is not None:
                    self._reserve.fill()
        except BaseException:
            self._db.close()
            raise

    def _update(self) -> None:
        schema = self.schema
        with self.transaction():  # of two processes that open an old file, one brings it up to date
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found > schema.version:
                raise schema.error(
                    f"the {schema.what} {self.path} has format {found}, this version of akd reads up to "
                    f"{schema.version}; update akd, or choose another file"
                )
            if not found:
                _run_script(self._db, schema.create)
            for version in range(found or schema.version, schema.version):
                schema.migrations[version](self._db)
            self._db.execute(f"PRAGMA user_version={schema.version}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query."""
        with self.reported(), self._lock:
            return self._db.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Return the first row of a query, or None."""
        with self.reported(), self._lock:
            return self._db.execute(query, values).fetchone()

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement that changes the file; return how many rows it changed. On disk when this returns."""
        with self.reported(), self._lock:
            try:
                return self._db.execute(statement, values).rowcount
            except sqlite3.OperationalError as error:
                if not disk_is_full(error) or self._reserve is None or self._db.in_transaction:
                    raise
                self.full = True
                self._reserve.give_up()
                return self._db.execute(statement, values).rowcount

    def write_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        with self.reported(), self._lock:
            self._db.executemany(statement, rows)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that is written inside together or not at all; nobody else writes meanwhile."""
        with self.reported(), self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Turn failures of SQLite and of the disk into this project's errors."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if disk_is_full(error) or isinstance(error, OSError):
                raise write_failure(self.path, error) from None
            raise self.schema.error(
                f"cannot use the {self.schema.what} {self.path}: {error}; check the path and its rights"
            ) from None


def _run_script(db: sqlite3.Connection, script: str) -> None:
    """Run statements inside the transaction that is open; executescript would end it."""
    for statement in script.split(";"):
        if statement.strip():
            db.execute(statement)
