"""Fixtures of the student tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_students import CHATML, save_tiny


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Models this small are slower on two threads than on one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ChatML student whose template ends turns with a token that is not its eos, as base models have it."""
    return save_tiny(tmp_path_factory.mktemp("students") / "chat", template=CHATML)


@pytest.fixture(scope="session")
def plain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student without a chat template."""
    return save_tiny(tmp_path_factory.mktemp("students") / "plain", template=None)
