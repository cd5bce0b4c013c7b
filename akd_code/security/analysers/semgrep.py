"""semgrep with the project's own rules, where it is installed (`pip install 'akd[semgrep]'`)."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from akd_code.security.analysers.files import answer_of, number_of, written
from akd_code.security.analysers.finding import AnalyserError, Finding, cwe_id

NAME = "semgrep"
RULES = Path(__file__).parent.parent / "rules"


def program() -> str | None:
    """Return the path of semgrep: beside this interpreter, or on the PATH; None where it is not installed."""
    beside = Path(sys.executable).parent / "semgrep"
    return str(beside) if beside.exists() else shutil.which("semgrep")


def findings(programs: Sequence[str]) -> list[Finding]:
    """Return what our rules point at, by program and line. Raises AnalyserError where semgrep does not run.

    No rule is fetched and nothing is reported to anybody.
    """
    found_at = program()
    if found_at is None:
        raise AnalyserError("semgrep is not installed; install it with `pip install 'akd[semgrep]'`")
    if not programs:
        return []
    with written(programs) as folder:
        quiet = ["--metrics", "off", "--disable-version-check", "--quiet", "--no-git-ignore", "--disable-nosem"]
        words = [found_at, "scan", "--config", str(RULES), "--json", *quiet, "."]
        text = answer_of(words, folder, (0, 1, 2))
    try:
        answer = json.loads(text)
        unread = [one["rule_id"] for one in answer["errors"] if one.get("rule_id")]
        found = [
            Finding(
                program=number_of(one["path"]),
                analyser=NAME,
                rule=one["check_id"].rpartition(".")[2],
                cwe=cwe_id(one["extra"].get("metadata", {}).get("cwe", "")),
                line=int(one["start"]["line"]),
                message=one["extra"]["message"],
            )
            for one in answer["results"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise AnalyserError(f"semgrep's answer cannot be read ({error}); install a version from 1.100 on") from error
    if unread:
        raise AnalyserError(f"semgrep cannot read the rule {unread[0].rpartition('.')[2]}; update semgrep")
    return sorted(found, key=lambda one: (one.program, one.line, one.rule))
