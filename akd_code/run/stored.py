"""Stored values as records, and a look into a run that another process may have open."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from akd_code.errors import RunError
from akd_code.run.schema import RUN_STORE

T = TypeVar("T")
RUN_DB = "run.db"


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def written_value(value: Any) -> str:
    """Return a record as JSON."""
    return _adapter(type(value)).dump_json(value).decode("utf-8")


def read_value(kind: type[T], text: str, what: str) -> T:
    """Return a record from JSON. Raises RunError, in one line, for what this release cannot read."""
    try:
        value: T = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or kind.__name__
        raise RunError(
            f"{what} cannot be read by this version of akd ({place}: {first['msg'].lower()}); "
            "continue the run with the version that made it, or choose another --run-dir"
        ) from None
    return value


@contextlib.contextmanager
def opened_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the store of a run directory read-only. Raises RunError if there is none, or one of another format."""
    file = path / RUN_DB
    if not file.exists():
        raise RunError(f"no run in {path}; give a directory that `akd run` made")
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        try:
            found = db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise RunError(f"{file} cannot be read ({error}); give a directory that `akd run` made") from None
        if not found:
            raise RunError(f"{file} is not the store of a run; give a directory that `akd run` made")
        if found > RUN_STORE.version:
            raise RunError(f"{file} has format {found}, this version of akd reads {RUN_STORE.version}; update akd")
        try:
            yield db if found == RUN_STORE.version else _brought_up_to_date(db, found)
        except sqlite3.Error as error:
            raise RunError(f"{file} cannot be read ({error}); it is damaged, or the file of something else") from None


def _brought_up_to_date(old: sqlite3.Connection, found: int) -> sqlite3.Connection:
    """Return a copy in memory in today's format; the file stays as it is until the run goes on."""
    copy = sqlite3.connect(":memory:")
    old.backup(copy)
    for version in range(found, RUN_STORE.version):
        RUN_STORE.migrations[version](copy)
    return copy
