"""Fixtures of the loop's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_runs import run_akd, write_recipe
from tiny_students import CHATML, save_tiny


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny chat student with random weights: it learns nothing here, but everything runs."""
    return save_tiny(tmp_path_factory.mktemp("loop") / "student", template=CHATML)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, student: Path) -> Path:
    """The run directory of a small run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("finished")
    done = run_akd("run", write_recipe(folder, student), "--run-dir", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder / "run"
