"""The run directory: one process at a time has it open, for one recipe."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from akd_code.errors import RunError
from akd_code.recipe import Recipe, differences, load_recipe, to_yaml
from akd_code.run.events import EventLog
from akd_code.run.items import ItemStore
from akd_code.run.ledger import Ledger
from akd_code.run.schema import RUN_STORE
from akd_code.run.steps import StepStore
from akd_code.run.stored import RUN_DB
from akd_code.storage import Database, write_failure, write_text

_RECIPE = "recipe.yaml"


class RunFolder:
    """An open run directory: `steps`, `items`, `ledger` and `events` are its stores. A context manager."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        """Open the directory for the recipe, or create it; one made by an older release is brought up to date.

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
                if not (path / _RECIPE).exists():
                    write_text(path / _RECIPE, to_yaml(recipe))
                self._db = Database(path / RUN_DB, RUN_STORE)
            except BaseException:
                self._lock.close()
                raise
        self.steps = StepStore(self._db)
        self.items = ItemStore(self._db)
        self.ledger = Ledger(self._db)
        self.events = EventLog(path / "events.jsonl")

    def __enter__(self) -> RunFolder:
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the stores and let others open the directory."""
        self._db.close()
        self._lock.close()

    def begin(self, isolation: str) -> None:
        """Note that a process works on the run, with this isolation of untrusted code and this recipe.

        Raises RunError if earlier verdicts were reached at another level: figures of one run must be comparable.
        """
        level = isolation.partition(" ")[0]
        before = self._db.row("SELECT value FROM meta WHERE key = 'isolation'")
        if before is not None and before[0] != level:
            raise RunError(
                f"programs of {self.path} were judged with the backend {before[0]}, not {level}; "
                f"go on with --set sandbox.backend={before[0]}, or choose another --run-dir"
            )
        if before is None:
            self._db.write("INSERT INTO meta VALUES ('isolation', ?)", (level,))
        with self.writing():
            write_text(self.path / _RECIPE, to_yaml(self.recipe))
        self.events.add("start", isolation=isolation)

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
        except OSError as error:
            raise write_failure(self.path, error) from None


def _locked(path: Path) -> IO[str]:
    lock = (path / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise RunError(f"another akd process works on {path}; wait for it, or choose another --run-dir") from None
    return lock


def _check_recipe(path: Path, recipe: Recipe) -> None:
    if not (path / _RECIPE).exists():
        return
    changed = differences(load_recipe(path / _RECIPE), recipe)
    if changed:
        raise RunError(
            f"{path} was made with other settings ({'; '.join(changed)}); "
            "choose another --run-dir, or run with the settings it has"
        )
