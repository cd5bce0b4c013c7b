"""The run directory: its recipe, its store of finished steps, its events, its files.

A step's result is stored under a key made from its inputs; a step whose key is stored is not done again. That is all
of resume: the loop simply runs from the start, and finds what is done. A long step keeps its parts until it is done.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import TypeAdapter

from akd_code.errors import DiskError, RunError
from akd_code.recipe import Recipe, differences, load_recipe, to_yaml

T = TypeVar("T")
_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS steps (
    key TEXT PRIMARY KEY, round INTEGER NOT NULL, stage TEXT NOT NULL, value TEXT NOT NULL,
    wall_s REAL NOT NULL, worth_usd REAL, finished REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    step TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (step, number)
);
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A finished step as `akd status` shows it.

    `wall_s` is the time it took when it was done, `worth_usd` what the answers it used cost; None if unknown.
    """

    round: int
    stage: str
    wall_s: float
    worth_usd: float | None
    finished: float


def key_of(*parts: Any) -> str:
    """Return the sha256 of parts (plain data and records) in canonical JSON."""
    plain = [_adapter(type(part)).dump_python(part, mode="json") for part in parts]
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


class Run:
    """An open run directory; one process at a time has it open. A context manager."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        """Open the directory for the recipe, or create it.

        Raises:
            RunError: it belongs to another recipe (the settings that differ are named), or is in use.
            DiskError: it cannot be written.
        """
        self.path = path
        self.recipe = recipe
        with self.writing():
            path.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path)
            try:
                _check_recipe(path, recipe)
                write_text(path / "recipe.yaml", to_yaml(recipe))
                self._db = _open_db(path / "run.db")
            except BaseException:
                self._lock.close()
                raise

    def __enter__(self) -> Run:
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the store and let others open the directory."""
        self._db.close()
        self._lock.close()

    def find(self, key: str, kind: type[T]) -> T | None:
        """Return the stored result of a step, or None."""
        return self._value(kind, "SELECT value FROM steps WHERE key = ?", key)

    def _value(self, kind: type[T], query: str, *values: Any) -> T | None:
        row = self._db.execute(query, values).fetchone()
        if row is None:
            return None
        result: T = _adapter(kind).validate_json(row[0])
        return result

    def store(
        self, key: str, round_: int, stage: str, value: Any, wall_s: float, worth_usd: float | None = None
    ) -> None:
        """Store a step's result; it is on disk when this returns. Raises DiskError."""
        text = _adapter(type(value)).dump_json(value).decode("utf-8")
        with self.writing():
            self._db.execute(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, round_, stage, text, wall_s, worth_usd, time.time()),
            )
            self._db.execute("DELETE FROM parts")
        self.event("step", round=round_, stage=stage, wall_s=round(wall_s, 3))

    def part(self, key: str, number: int, kind: type[T], work: Callable[[], T]) -> T:
        """Return a part of the step under way: the stored one, or what `work` returns, stored before this returns.

        Raises DiskError.
        """
        stored = self._value(kind, "SELECT value FROM parts WHERE step = ? AND number = ?", key, number)
        if stored is not None:
            return stored
        value = work()
        with self.writing():
            text = _adapter(kind).dump_json(value).decode("utf-8")
            self._db.execute("INSERT INTO parts VALUES (?, ?, ?)", (key, number, text))
        return value

    def spent(self, round_: int) -> tuple[float, float | None]:
        """Return (wall seconds, US dollars or None if unknown) of a round's finished steps."""
        rows = self._db.execute("SELECT wall_s, worth_usd FROM steps WHERE round = ?", (round_,)).fetchall()
        worths = [worth for _, worth in rows if worth is not None]
        return sum(wall for wall, _ in rows), sum(worths) if len(worths) == len(rows) and rows else None

    def event(self, name: str, **fields: Any) -> None:
        """Append a line to events.jsonl. Raises DiskError."""
        line = json.dumps({"time": round(time.time(), 3), "event": name, **fields}, ensure_ascii=True)
        with self.writing(), (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def round_path(self, number: int) -> Path:
        """Return the folder of a round, created. Raises DiskError."""
        folder = self.path / "rounds" / str(number)
        with self.writing():
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turn failures to write into a DiskError that says what to do."""
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            raise disk_error(self.path, error) from None


def disk_error(path: Path, error: Exception) -> DiskError:
    """Return the DiskError for a failed write below path."""
    full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    if full or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return DiskError(
            f"the disk that holds {path} is full; free some space and run the same command again, "
            "everything finished so far is kept"
        )
    return DiskError(f"cannot write below {path}: {error}; check the path and its rights")


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _locked(path: Path) -> IO[str]:
    lock = (path / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise RunError(f"another akd process works on {path}; wait for it, or choose another --run-dir") from None
    return lock


def _check_recipe(path: Path, recipe: Recipe) -> None:
    if not (path / "recipe.yaml").exists():
        return
    changed = differences(load_recipe(path / "recipe.yaml"), recipe)
    if changed:
        raise RunError(
            f"{path} was made with other settings ({'; '.join(changed)}); "
            "choose another --run-dir, or run with the settings it has"
        )


def _open_db(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found not in (0, _FORMAT):
        db.close()
        raise RunError(f"{path} has format {found}, this version reads {_FORMAT}; choose another --run-dir")
    db.executescript(_SCHEMA)
    db.execute(f"PRAGMA user_version={_FORMAT}")
    return db


def read_steps(path: Path) -> list[Step]:
    """Return the finished steps of a run, oldest first, without locking it. Raises RunError if there is no run."""
    if not (path / "run.db").exists():
        raise RunError(f"no run in {path}; give a directory that `akd run` made")
    with contextlib.closing(sqlite3.connect(f"file:{path / 'run.db'}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT round, stage, wall_s, worth_usd, finished FROM steps ORDER BY finished").fetchall()
    return [Step(*row) for row in rows]
