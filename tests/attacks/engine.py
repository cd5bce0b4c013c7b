"""The container engine of the tests: an image of their own, so that a user's is neither needed nor touched."""

import functools
import hashlib
from pathlib import Path

import pytest

from akd_sandbox import IsolationError
from akd_sandbox.container import connect, why_unavailable
from akd_sandbox.image import build_from_host

IMAGE = f"akd-sandbox-test:{hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:12]}"
"""One for each checkout: two may hold different guests, and be tested at the same time."""


@functools.cache
def why_no_engine() -> str:
    """Return why containers cannot be tested here, or nothing; makes the image once if it is missing or old."""
    if not why_unavailable(IMAGE):
        return ""
    try:
        client = connect()
    except IsolationError as error:
        return str(error)
    try:
        build_from_host(client, IMAGE)
    finally:
        client.close()
    return why_unavailable(IMAGE)


def image_of(backend: str) -> str | None:
    """Return the image to test a backend with; skips the test where there is no engine."""
    if backend != "docker":
        return None
    reason = why_no_engine()
    if reason:
        pytest.skip(reason)
    return IMAGE
