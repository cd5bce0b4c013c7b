"""The files that an import writes: seeds, recorded answers, what was lost, the evidence and the counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from akd_code.decontamination import Evidence, report_table
from akd_code.intake.outcome import Outcome
from akd_code.storage import json_line, write_whole

SEEDS, ANSWERS, LOST, EVIDENCE, SUMMARY = (
    "seeds.jsonl", "answers.jsonl", "lost.jsonl", "evidence.jsonl", "summary.json",
)  # fmt: skip
PART = ".import.part"
"""Where finished rows are kept until all are."""


def counts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return how many rows there are, how many are kept and without tests, and how many were lost by reason."""
    kept = [one for one in outcomes if one.kept]
    lost = Counter(one.reason for one in outcomes if not one.kept)
    untested = sum(not one.tested for one in kept)
    return {"rows": len(outcomes), "kept": len(kept), "untested": untested, "lost": dict(lost.most_common())}


def foreign(folder: Path) -> str:
    """Return the name of a file that an import would replace and no import wrote; "" where there is none."""
    if (folder / SUMMARY).exists() or (folder / PART).exists():
        return ""
    return next((name for name in (SEEDS, ANSWERS, LOST, EVIDENCE) if (folder / name).exists()), "")


def write_import(
    folder: Path, outcomes: Sequence[Outcome], facts: Mapping[str, Any], lost_file: Path | None = None
) -> None:
    """Write all files of an import into a folder, each whole or not at all; `summary.json` last. Raises DiskError."""
    kept = [one for one in outcomes if one.kept]
    evidence = [line for one in outcomes for line in one.evidence]
    table = report_table([Evidence(**line) for line in evidence], len(outcomes))
    write_whole(folder / SEEDS, _lines(one.seed for one in kept))
    write_whole(folder / ANSWERS, _lines({"prompt": one.seed["prompt"], "response": one.answer} for one in kept))
    write_whole(lost_file or folder / LOST, _lines(one.lost_line() for one in outcomes if not one.kept))
    write_whole(folder / EVIDENCE, _lines(evidence))
    write_whole((folder / EVIDENCE).with_suffix(".md"), table)
    write_whole(folder / SUMMARY, json.dumps({**counts(outcomes), **facts}, indent=1, ensure_ascii=False) + "\n")


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json_line(row)}\n" for row in rows)
