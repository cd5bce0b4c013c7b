"""LeetCode's suites made stronger: how many mutants of the human solution they kill before and after.

Drawn rows of LeetCodeDataset's training split, whose suites have a median of two asserts. The human solution is the
reference, the model's answer the second one. Printed: the mutation score of all mutants and of those that no other
implies, and how many mutants of the *model's* answer, which had no part in choosing the tests, are killed before and
after; then every task on which human and model differ, for a person to look at.

    python benchmarks/strengthen.py --data leetcode/LeetCodeDataset-v0.2.0-train.jsonl.gz --rows 200

With --built only the rows whose arguments or results are linked lists or trees, 121 of them.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import random
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_code.records import MutationScore, PromptTests
from akd_code.referee import Programs, Strengthened, run_tests, strengthened
from akd_code.referee.built import beside
from akd_code.referee.mutants import mutants
from akd_code.referee.strengthen import STRENGTHEN_LIMITS
from akd_prompts import fenced_blocks
from akd_sandbox import Job, Sandbox, Verdict, tests_from_asserts


@dataclass(frozen=True, slots=True)
class Row:
    """One problem: its asserts, the human solution, the model's program, and its text with the constraints."""

    name: str
    entry: str
    tests: PromptTests
    human: str
    model: str | None
    text: str


def main() -> int:
    """Print the table, a line of JSON last; return 1 if a strengthened suite fails one of its references."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--built", action="store_true", help="only rows whose tests build linked lists or trees")
    parser.add_argument("--minutes", type=float, help="report on the rows that are done after so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()
    with gzip.open(options.data, "rt", encoding="utf-8") as lines:
        every = [json.loads(line) for line in lines]
    if options.built:
        every = [fields for fields in every if re.search(r"\b(?:list|tree)_node\(", fields["test"])]
    chosen = random.Random(options.seed).sample(every, min(options.rows, len(every)))
    began = time.monotonic()
    done: list[tuple[Row, Strengthened, tuple[int, int, int], bool]] = []
    with Sandbox(options.backend) as box:
        for number, fields in enumerate(chosen, 1):
            row = as_row(fields)
            result = strengthened(row.tests, row.entry, Programs(row.human, row.model), box, text=row.text)
            done.append((row, result, on_the_other(row, result, box), holds(row, result, box)))
            left = (time.monotonic() - began) / number * (len(chosen) - number)
            print(f"\r{number} of {len(chosen)}, about {left:.0f} s left  ", end="", file=sys.stderr, flush=True)
            if options.minutes and time.monotonic() - began > 60 * options.minutes:
                break
    print(file=sys.stderr)
    return report(done, time.monotonic() - began)


def as_row(fields: dict[str, Any]) -> Row:
    """Return a problem of the data set."""
    entry = fields["entry_point"]
    (check,) = ast.parse(fields["test"]).body
    assert isinstance(check, ast.FunctionDef)
    asserts = tuple(ast.unparse(one).replace("candidate(", f"{entry}(") for one in check.body)
    programs = [block.body for block in fenced_blocks(fields["response"]) if "class Solution" in block.body]
    model = f"{fields['prompt']}\n{programs[-1]}" if programs else None
    text = f"{fields['query']}\n{fields['meta']['question_title']}"
    return Row(
        fields["task_id"], entry, PromptTests(asserts, "given"), fields["prompt"] + fields["completion"], model, text
    )


def on_the_other(row: Row, result: Strengthened, box: Sandbox) -> tuple[int, int, int]:
    """Return how many mutants of the model's program there are, and how many the suite kills before and after."""
    if row.model is None or result.tests.score is None:
        return 0, 0, 0
    faults = mutants(row.model, apart=beside(row.tests.asserts, row.entry, row.model))
    own = tests_from_asserts(row.tests.asserts, row.entry)
    whole = tests_from_asserts(result.tests.asserts, row.entry)
    jobs = [Job(one.code, row.entry, tests, STRENGTHEN_LIMITS) for tests in (own, whole) for one in faults]
    killed = [0, 0]
    for position, ended in box.run_many(jobs):
        killed[position >= len(faults)] += ended.verdict is not Verdict.PASS and ended.verdict.decided
    return len(faults), killed[0], killed[1]


def holds(row: Row, result: Strengthened, box: Sandbox) -> bool:
    """Return whether both programs pass the strengthened suite."""
    return all(
        run_tests(result.tests, row.entry, code, box, STRENGTHEN_LIMITS).verdict is Verdict.PASS
        for code in (row.human, row.model)
        if code is not None and result.tests.score is not None
    )


def report(done: list[tuple[Row, Strengthened, tuple[int, int, int], bool]], wall_s: float) -> int:
    """Print what came out; return the exit status."""
    scored = [one for one in done if one[1].tests.score is not None]
    reasons: dict[str, list[str]] = {}
    for row, result, _, _ in done:
        if result.tests.score is None:
            reasons.setdefault(result.reason.partition("(")[0].replace(row.entry, "f"), []).append(row.name)
    for reason, names in reasons.items():
        print(f"left as they are, {len(names)}: {reason.strip()}: {', '.join(names[:8])}{' ...' if names[8:] else ''}")
    differing = [(row, result) for row, result, _, _ in done if result.differ]
    for row, result in differing:
        one = result.disagreements[0]
        print(f"human and model differ on {result.differ} inputs of {row.name}: {one.call[:160]}")
        print(f"    human {one.first[:80]}, model {one.second[:80]}")
    total = MutationScore(
        *(sum(getattr(result.tests.score, name) for _, result, _, _ in scored) for name in MutationScore.__slots__)
    )
    other = [sum(counts[at] for _, _, counts, _ in scored) for at in range(3)]
    failing = [row.name for row, _, _, whole in scored if not whole]
    figures = {
        "rows": len(done),
        "scored": len(scored),
        "strengthened": sum(bool(result.added) for _, result, _, _ in scored),
        "added": sum(len(result.added) for _, result, _, _ in scored),
        "all_mutants": shares(total.mutants, total.before, total.after),
        "apart": shares(total.apart, total.before, total.after),
        "subsuming": shares(total.subsuming, total.subsuming_before, total.subsuming_after),
        "of_the_models_program": shares(*other),
        "differ": [row.name for row, _ in differing],
        "a_reference_fails": failing,
        "wall_s": round(wall_s),
    }
    for name in ("all_mutants", "apart", "subsuming", "of_the_models_program"):
        one = figures[name]
        print(f"{name.replace('_', ' '):24} {one['mutants']:6} mutants: {one['before']:.1%} -> {one['after']:.1%}")
    print(json.dumps(figures))
    return 1 if failing else 0


def shares(mutants: int, before: int, after: int) -> dict[str, Any]:
    """Return killed shares of mutants."""
    return {"mutants": mutants, "before": before / max(1, mutants), "after": after / max(1, mutants)}


if __name__ == "__main__":
    raise SystemExit(main())
