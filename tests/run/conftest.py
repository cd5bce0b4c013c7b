"""Fixtures of the tests of a run on disk."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

OLDER = Path(__file__).parent / "older_release"


@pytest.fixture
def older_run(tmp_path: Path) -> Path:
    """A run directory as the release before made it (format 1): two rounds in the lab, finished."""
    folder = tmp_path / "older"
    shutil.copytree(OLDER, folder)
    with sqlite3.connect(folder / "run.db") as db:
        db.executescript((folder / "run.sql").read_text(encoding="utf-8"))
    (folder / "run.sql").unlink()
    return folder
