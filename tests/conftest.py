"""What tests of every room share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs in its background so,
    signal.signal(signal.SIGINT, signal.default_int_handler)  # and the programs that tests interrupt would inherit it


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The shared benchmark files, or a skip that says what to set."""
    root = Path(os.environ.get("AKD_TEST_DATA") or Path(__file__).parents[1] / ".." / "shared" / "data").resolve()
    if not (root / "evalplus").is_dir():
        pytest.skip(f"no benchmark files at {root}; set AKD_TEST_DATA")
    return root
