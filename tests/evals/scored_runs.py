"""Scored runs as files, written by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LIMITS = {"min_time_s": 4.0, "time_factor": 8.0, "sample_s": 60.0}


def sha(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def row(task_id: str, verdict: str, sample: int = 0, **fields: Any) -> dict[str, Any]:
    code = f"# {task_id} {sample} {verdict}\n"
    detail = "" if verdict == "PASS" else f"base test 1: got 0, expected 1 in {task_id}"
    return {
        "task_id": task_id,
        "sample": sample,
        "base": verdict,
        "base_failed": [] if verdict == "PASS" else [1],
        "detail": detail,
        "wall_s": 0.01,
        "code_sha256": sha(code),
        "extraction": "text",
        **fields,
    }


def write_run(
    path: Path,
    verdicts: Mapping[str, Sequence[str]] | None = None,
    rows: list[dict[str, Any]] | None = None,
    **summary: Any,
) -> Path:
    """Write a run directory as akd score does: a verdict a sample for each task."""
    path.mkdir(parents=True)
    if rows is None:
        assert verdicts is not None
        rows = [row(task, verdict, i) for task, given in verdicts.items() for i, verdict in enumerate(given)]
    figures = {
        "suite": "toy",
        "dataset_md5": "d41d",
        "tasks": len({one["task_id"] for one in rows}),
        "samples": len(rows),
        "pass@k": {"base": {}},
        "isolation": "namespace",
        "limits": LIMITS,
        **summary,
    }
    (path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    (path / "summary.json").write_text(json.dumps(figures))
    codes = {f"# {one['task_id']} {one['sample']} {one['base']}\n" for one in rows}
    programs = [{"code_sha256": sha(code), "code": code} for code in sorted(codes)]
    (path / "programs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in programs))
    return path


def tasks(passing: int, failing: int, start: int = 0) -> dict[str, list[str]]:
    """Return tasks toy/000 .. of which the first pass."""
    ids = [f"toy/{start + index:03d}" for index in range(passing + failing)]
    return {task: ["PASS" if index < passing else "WRONG"] for index, task in enumerate(ids)}
