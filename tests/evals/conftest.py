from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # other work on the machine must not fail a property
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The shared benchmark files, or a skip that says what to set."""
    root = Path(os.environ.get("AKD_TEST_DATA") or Path(__file__).parents[2] / ".." / "shared" / "data").resolve()
    if not (root / "evalplus").is_dir():
        pytest.skip(f"no benchmark files at {root}; set AKD_TEST_DATA")
    return root
