"""The tests of containers share the image that tests/attacks makes; and no test here is about time."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "attacks"))
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture
def engine() -> Iterator[Any]:
    """A client of the container engine, which has the tests' image; skips where there is no engine."""
    from engine import image_of

    from akd_sandbox.container import connect

    image_of("docker")
    client = connect()
    yield client
    client.close()
