"""A real Chromium, the system's own, driven by Playwright."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def opened(scheme: str = "light", width: int = 1200) -> Iterator[tuple[Any, list[str]]]:
    """Yield a page and the list that its console errors, page errors and requests over a network go into."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    binary = next(filter(None, map(shutil.which, _NAMES)), None)
    if binary is None:
        pytest.skip("no Chromium on this machine; scripts/ci_browser.sh installs Debian's")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=binary, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 1000})
        page.set_default_timeout(60_000)
        faults: list[str] = []
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else faults.append(request.url))
        yield page, faults
        chromium.close()
