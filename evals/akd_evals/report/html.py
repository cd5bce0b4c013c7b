"""One self-contained page: no network, dark mode, every task with its two programs side by side."""

from __future__ import annotations

from akd_evals.compare import Comparison
from akd_evals.trend import Trend


def html_report(comparison: Comparison, trend: Trend | None = None) -> str:
    """Return the page."""
    return ""
