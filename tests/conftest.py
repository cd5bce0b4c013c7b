"""What tests of every room share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The shared benchmark files, or a skip that says what to set."""
    root = Path(os.environ.get("AKD_TEST_DATA") or Path(__file__).parents[1] / ".." / "shared" / "data").resolve()
    if not (root / "evalplus").is_dir():
        pytest.skip(f"no benchmark files at {root}; set AKD_TEST_DATA")
    return root
