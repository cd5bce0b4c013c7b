"""bandit, over many programs at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from akd_code.security.analysers.files import answer_of, number_of, written
from akd_code.security.analysers.finding import AnalyserError, Finding, cwe_id

NAME = "bandit"


def findings(programs: Sequence[str]) -> list[Finding]:
    """Return what bandit points at, by program and line. What it cannot parse has no findings.

    Raises AnalyserError where bandit does not run. Nothing of the programs is executed.
    """
    if not programs:
        return []
    with written(programs) as folder:
        words = [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", "--exit-zero", "--ignore-nosec", "."]
        text = answer_of(words, folder, (0,))
    try:
        results = json.loads(text)["results"]
        found = [
            Finding(
                program=number_of(one["filename"]),
                analyser=NAME,
                rule=one["test_id"],
                cwe=cwe_id(one.get("issue_cwe", {}).get("id", "")),
                line=int(one["line_number"]),
                message=one["issue_text"],
            )
            for one in results
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise AnalyserError(f"bandit's answer cannot be read ({error}); install a version from 1.8 on") from error
    return sorted(found, key=lambda one: (one.program, one.line, one.rule))
