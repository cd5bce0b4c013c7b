"""Fixtures of the labelling tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akd_sandbox import Limits, Sandbox


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox
