"""Fixtures of decontamination's tests."""

from __future__ import annotations

import pytest
from decontamination_tasks import weather

from akd_code.decontamination import BenchmarkTask, tasks_of


@pytest.fixture
def tasks() -> list[BenchmarkTask]:
    return tasks_of([weather()])
