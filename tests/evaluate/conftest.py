"""Fixtures of the evaluation tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Models this small are slower on two threads than on one."""
    import torch

    torch.set_num_threads(1)
