"""Fixtures of the model tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loopback_endpoint import Endpoint, serving


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for variable in ("OPENAI_API_KEY", "AKD_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with serving(Endpoint()) as served:
        yield served
