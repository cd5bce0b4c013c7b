"""Turn a security benchmark that comes as data into a suite that `akd score` and `akd stress run` read.

    python docs/examples/security_suite.py THEIRS.jsonl OURS.jsonl

A line of THEIRS is what such benchmarks commonly hold: `{"id", "cwe", "task", "function", "setup", "capability",
"safety", "patched", "vulnerable"}`. `capability` and `safety` are lists of [keyword arguments, expected value]; instead
of a value `{"raises": ["ValueError", ...]}` wants one of these exceptions. Values are JSON. `patched` becomes the
reference; `vulnerable` is written beside the suite as samples: scored, each of them should be correct and insecure.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def statement(function: str, arguments: dict[str, Any], expected: Any) -> str:
    """Return a case as one test."""
    call = f"{function}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
    if isinstance(expected, dict) and set(expected) == {"raises"}:
        names = ", ".join(expected["raises"])
        return f"try:\n    {call}\nexcept ({names},):\n    pass\nelse:\n    assert False, 'nothing was raised'"
    return f"assert {call} == {expected!r}"


def converted(row: dict[str, Any]) -> dict[str, Any]:
    """Return a task in the form of a suite of one's own (docs/scoring.md)."""

    def tests(kind: str) -> dict[str, Any]:
        lines = [statement(row["function"], *case) for case in row[kind]]
        return {"tests": lines} | ({"setup": row["setup"]} if row.get("setup") else {})

    return {
        "task_id": row["id"],
        "cwe": f"CWE-{int(row['cwe']):03}",
        "prompt": row["task"],
        "prefix": "",
        "entry_point": row["function"],
        **tests("capability"),
        "security": tests("safety"),
        "canonical_solution": row["patched"],
    }


def main(theirs: Path, ours: Path) -> None:
    """Write the suite, and the vulnerable programs as samples of it."""
    rows = [json.loads(line) for line in theirs.read_text(encoding="utf-8").splitlines() if line.strip()]
    ours.write_text("".join(json.dumps(converted(row)) + "\n" for row in rows), encoding="utf-8")
    samples = ({"task_id": row["id"], "solution": row["vulnerable"]} for row in rows)
    beside = ours.with_name(f"{ours.stem}-vulnerable.jsonl")
    beside.write_text("".join(json.dumps(sample) + "\n" for sample in samples), encoding="utf-8")
    print(f"{len(rows)} tasks in {ours}, their vulnerable programs in {beside}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
