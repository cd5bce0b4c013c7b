"""Why a row is taken for a benchmark's task: what was found, and where it can be looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.storage import json_line

TIERS = ("id", "text", "8-gram", "near text", "code", "tests", "execution")
"""From the plainest to the dearest; the first that finds a task of a benchmark speaks for it."""
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """One task of a benchmark that a row shares. `matched` is what is common; `detail` says how much of what."""

    row: int
    name: str
    suite: str
    task_id: str
    tier: str
    matched: str
    detail: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the line of a report."""
        shown: dict[str, object] = {"row": self.row, "name": self.name, "suite": self.suite, "task_id": self.task_id}
        return shown | {"tier": self.tier, "matched": self.matched, "detail": self.detail}


def report_lines(found: Sequence[Evidence]) -> str:
    """Return the report as JSON lines, one for each row and task."""
    return "".join(f"{json_line(one.as_json())}\n" for one in found)


def report_table(found: Sequence[Evidence], rows: int) -> str:
    """Return the report for people, in Markdown: how many by suite and tier, then every row with its task."""
    lines = ["# Decontamination", "", f"{len({one.row for one in found})} of {rows} rows share a benchmark's task.", ""]
    if found:
        lines += ["| suite | tier | rows | tasks |", "|---|---|---|---|"]
        for suite, tier in sorted({(one.suite, one.tier) for one in found}, key=lambda key: (key[0], _rank(key[1]))):
            some = [one for one in found if (one.suite, one.tier) == (suite, tier)]
            lines.append(
                f"| {suite} | {tier} | {len({one.row for one in some})} | {len({one.task_id for one in some})} |"
            )
        lines += ["", "| row | suite | task | tier | shared |", "|---|---|---|---|---|"]
        for one in found:
            said = _cell(f"{one.matched} ({one.detail})" if one.detail else one.matched)
            lines.append(f"| {_cell(one.name or str(one.row))} | {one.suite} | {one.task_id} | {one.tier} | {said} |")
    return "\n".join(lines) + "\n"


def rows_by_tier(found: Sequence[Evidence]) -> dict[str, int]:
    """Return how many rows each tier found, a row counted for the plainest that did."""
    first: dict[int, str] = {}
    for one in sorted(found, key=lambda one: (one.row, _rank(one.tier))):
        first.setdefault(one.row, one.tier)
    tiers = Counter(first.values())
    return {tier: tiers[tier] for tier in TIERS if tiers[tier]}


def summary_line(found: Sequence[Evidence], rows: int) -> str:
    """Return one line: how many rows, against how many tasks, by the tier that found them first."""
    tasks = len({(one.suite, one.task_id) for one in found})
    counts = ", ".join(f"{count} {tier}" for tier, count in rows_by_tier(found).items())
    return f"{len({one.row for one in found})} of {rows} rows share {tasks} benchmark tasks" + (
        f": {counts}" if counts else ""
    )


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else len(TIERS)


def _cell(text: str) -> str:
    text = " ".join(text.encode(errors="replace").decode().split()).replace("|", "\\|")
    return text if len(text) <= 2 * _SHOWN else text[: 2 * _SHOWN] + " ..."
