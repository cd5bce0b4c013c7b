"""Static analysers: a pre-filter, and a word where nothing can be run. Never a verdict.

`analyse` runs those that are here over programs and returns `Finding`s; `Finding.speaks_of` maps one to a weakness.
"""

from __future__ import annotations

from collections.abc import Sequence

from akd_code.security.analysers import bandit, semgrep
from akd_code.security.analysers.finding import AnalyserError, Finding

__all__ = ["AnalyserError", "Finding", "analyse", "analysers_here", "bandit", "semgrep"]


def analysers_here() -> tuple[str, ...]:
    """Return the names of the analysers that are installed."""
    return (bandit.NAME, semgrep.NAME) if semgrep.program() else (bandit.NAME,)


def analyse(programs: Sequence[str]) -> list[Finding]:
    """Return the findings of every analyser that is installed, by program. Raises AnalyserError."""
    found = bandit.findings(programs)
    if semgrep.NAME in analysers_here():
        found += semgrep.findings(programs)
    return sorted(found, key=lambda one: (one.program, one.line, one.rule))
