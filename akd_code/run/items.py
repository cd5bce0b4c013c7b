"""One row per label, answer, gap and new prompt: kept as they come, read one by one, found by prompt and by state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from akd_code.errors import RunError
from akd_code.run.stored import opened_to_read, read_value, written_value
from akd_code.storage import Database

T = TypeVar("T")
Described = tuple[str, str, Any]
"""(id of the prompt, state, record): an item as it is stored. The state is a word to find it by, such as `hard`."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A stored item as queries show it; `value` is the record's JSON."""

    round: int
    stage: str
    position: int
    id: str
    state: str
    value: str

    def record(self) -> dict[str, Any]:
        """Return the record as plain data. Raises RunError for one that is damaged."""
        try:
            found = json.loads(self.value)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise RunError(f"item {self.id!r} of {self.stage} in round {self.round} is damaged; run the stage again")
        return found


class ItemStore:
    """The items of an open run."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, step: str, items: Sequence[tuple[int, Described]]) -> None:
        """Store items of a step by position; they are on disk when this returns. Raises DiskError."""
        rows = [(step, at, name, state, written_value(value)) for at, (name, state, value) in items]
        with self._db.transaction():
            self._db.write_all("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", rows)

    def of(self, step: str, kind: type[T]) -> dict[int, T]:
        """Return the items of a step, finished or under way, by position. Raises RunError for one it cannot read."""
        rows = self._db.rows("SELECT position, value FROM items WHERE step = ? ORDER BY position", (step,))
        what = f"an item in {self._db.path}"
        return {position: read_value(kind, text, what) for position, text in rows}


def read_items(path: Path, stage: str, state: str | None = None, round_: int | None = None) -> list[ItemRow]:
    """Return the items that the current steps of a stage left, in order, without locking the run.

    Only those in `state` and of `round_`, where given. Raises RunError if there is no run.
    """
    query = (
        "SELECT round, stage, position, id, state, value FROM items JOIN steps ON step = key "
        "WHERE current = 1 AND stage = ? AND (? IS NULL OR state = ?) AND (? IS NULL OR round = ?) "
        "ORDER BY round, position"
    )
    with opened_to_read(path) as db:
        return [ItemRow(*row) for row in db.execute(query, (stage, state, state, round_, round_))]


def read_labelled_prompts(path: Path) -> dict[str, dict[str, Any]]:
    """Return the prompts that have a label, by id, as plain data and as they were when they were first labelled.

    Raises RunError as `read_items` does, and for a label that is damaged.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in read_items(path, "labels"):
        prompt = row.record().get("prompt")
        if not isinstance(prompt, dict):
            raise RunError(f"item {row.id!r} of {row.stage} in round {row.round} is damaged: it has no prompt")
        found.setdefault(row.id, prompt)
    return found
