"""Finished steps: a step whose key is stored is not done again. That is all of resume."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from akd_code.errors import RunError
from akd_code.run.stored import opened_to_read, read_value, written_value
from akd_code.storage import Database

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FinishedStep:
    """A finished step: `wall_s` is the time it took when it was done, `items` how many items it left."""

    key: str
    round: int
    stage: str
    wall_s: float
    items: int
    finished: float


class StepStore:
    """The finished steps of an open run."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, key: str) -> FinishedStep | None:
        """Return the step of a key, or None. From now on it is the current one of its round and stage."""
        row = self._db.row(f"SELECT {_COLUMNS} FROM steps WHERE key = ? AND adopted = 1", (key,))
        if row is None:
            return None
        found = FinishedStep(*row)
        with self._db.transaction():
            self._db.write("UPDATE steps SET current = key = ? WHERE round = ? AND stage = ?", (key, *row[1:3]))
        return found

    def facts(self, step: FinishedStep, kind: type[T]) -> T:
        """Return what a step found beside its items. Raises RunError if this release cannot read it."""
        (text,) = self._db.row("SELECT facts FROM steps WHERE key = ?", (step.key,))
        return read_value(kind, text, f"the step {step.stage!r} of round {step.round} in {self._db.path}")

    def from_older_release(self, round_: int, stage: str) -> FinishedStep | None:
        """Return the newest result that an older release stored for a stage of a round, not yet under today's key."""
        row = self._db.row(
            f"SELECT {_COLUMNS} FROM steps WHERE round = ? AND stage = ? AND adopted = 0 "
            "ORDER BY finished DESC LIMIT 1",
            (round_, stage),
        )
        return None if row is None else FinishedStep(*row)

    def adopt(self, step: FinishedStep, key: str) -> None:
        """Give a result of an older release its key."""
        with self._db.transaction():
            self._db.write("UPDATE steps SET key = ?, adopted = 1 WHERE key = ?", (key, step.key))
            self._db.write("UPDATE items SET step = ? WHERE step = ?", (key, step.key))

    def store(self, key: str, round_: int, stage: str, facts: Any, items: int, wall_s: float) -> None:
        """Store a step that is done; it is on disk when this returns. Raises DiskError."""
        text = written_value(facts)
        with self._db.transaction():
            self._db.write("UPDATE steps SET current = 0 WHERE round = ? AND stage = ?", (round_, stage))
            self._db.write(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1)",
                (key, round_, stage, text, items, wall_s, time.time()),
            )

    def wall_s(self, keys: Collection[str]) -> float:
        """Return the seconds that steps took when they were done."""
        marks = ", ".join("?" * len(keys))
        row = self._db.row(f"SELECT sum(wall_s) FROM steps WHERE key IN ({marks})", tuple(keys))
        return float(row[0] or 0.0)


_COLUMNS = "key, round, stage, wall_s, items, finished"


def read_steps(path: Path) -> list[FinishedStep]:
    """Return the finished steps of a run directory, oldest first, without locking it; replaced ones are left out.

    Raises RunError if there is no run.
    """
    with opened_to_read(path) as db:
        try:
            rows = db.execute(f"SELECT {_COLUMNS} FROM steps WHERE current = 1 ORDER BY finished").fetchall()
        except db.OperationalError as error:
            raise RunError(f"cannot read the steps of {path} ({error}); check that it is a run directory") from None
    return [FinishedStep(*row) for row in rows]
