"""What tests of every room share."""

from __future__ import annotations

import os
import signal
from collections import Counter
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: side by side, a long one at the end would keep one core waiting.

    These have slow tests, or start whole runs of the loop; then come those with many tests.
    """
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    size = Counter(item.path for item in items)
    rooms = ("loop", "student", "labelling")
    items.sort(key=lambda one: (-slow[one.path], one.path.parent.name not in rooms, -size[one.path], one.path))
