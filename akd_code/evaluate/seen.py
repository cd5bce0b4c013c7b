"""A figure split in two: tasks that a model's training rows share, and tasks that they do not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from akd_evals.results import RESULTS
from akd_sandbox import Verdict


def split_of(folder: Path, seen: Collection[str]) -> dict[str, Any]:
    """Return the split of the results in a folder; {} where no task was seen or there are none."""
    if not seen or not (folder / RESULTS).is_file():
        return {}
    rows = [json.loads(line) for line in (folder / RESULTS).read_text(encoding="utf-8").splitlines() if line.strip()]
    return split(((row["task_id"], Verdict(row.get("plus", row["base"]))) for row in rows), seen)


def split(verdicts: Iterable[tuple[str, Verdict]], seen: Collection[str]) -> dict[str, Any]:
    """Return {"seen": {"pass@1", "tasks"}, "unseen": ...} of (task id, verdict) pairs, one or more for each task.

    pass@1 is the mean over tasks of the share of samples that pass, None without a task. What could not be judged
    counts neither way.
    """
    shares: dict[str, list[bool]] = defaultdict(list)
    for task_id, verdict in verdicts:
        if verdict.decided:
            shares[task_id].append(verdict is Verdict.PASS)
    found: dict[str, Any] = {}
    for name, wanted in (("seen", True), ("unseen", False)):
        passed = [sum(samples) / len(samples) for task_id, samples in shares.items() if (task_id in seen) is wanted]
        found[name] = {"pass@1": round(sum(passed) / len(passed), 4) if passed else None, "tasks": len(passed)}
    return found


def told_of(shown: dict[str, Any]) -> list[str]:
    """Return the line that says a split, none for {}."""
    if not shown:
        return []
    parts = [
        f"{one['tasks']} {name}: pass@1 " + ("-" if one["pass@1"] is None else f"{100 * one['pass@1']:.1f} %")
        for name, one in shown.items()
    ]
    return [f"tasks that a training row shares and others: {'; '.join(parts)}"]
