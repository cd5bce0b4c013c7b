"""Tests that a model wrote, validated by that model's own solutions: how many are right, before and after.

CodeGen-16B's 100 samples and its asserts for each HumanEval problem (CodeT's published data), none of which anybody
vouches for. What is right, the canonical solution says; it has no part in the validation. CodeT's own choice, the best
consensus set whatever its support, is printed beside. The tasks are shown by halves too: the majority was chosen by
looking at both, so a half that falls behind would tell that it was fitted.

    python benchmarks/validate_tests.py --data codet --humaneval evalplus/HumanEvalPlus-v0.1.10.jsonl.gz
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_code.records import PromptTests
from akd_code.referee.agreement import MAJORITY, Matrix, agreed_tests, agreement_matrix, consensus_sets
from akd_code.referee.validation import MIN_TESTS, validate_matrix
from akd_sandbox import FunctionTests, Sandbox, tests_from_asserts

_NAME = "humaneval-codegen16b-t0.8-n100-{}.jsonl.gz"
MAJORITIES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True, slots=True)
class Task:
    """One problem: the model's programs and asserts (with how often it wrote each), and the canonical solution."""

    name: str
    entry: str
    programs: list[str]
    asserts: Counter[str]
    canonical: str
    prompt: str


def main() -> int:
    """Print the table, a line of JSON last; return 1 where less than 95 % of what is kept is right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--humaneval", type=Path, required=True)
    parser.add_argument("--tasks", type=int, help="only the first ones")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()
    tasks = read_tasks(options.data, options.humaneval)[: options.tasks]
    began = time.monotonic()
    rows: list[tuple[Task, Matrix, set[str], frozenset[str]]] = []
    with Sandbox(options.backend) as box:
        for number, task in enumerate(tasks, 1):
            matrix = agreement_matrix(list(task.asserts), task.entry, task.programs, box)
            truth = agreement_matrix(list(task.asserts), task.entry, [task.canonical], box)
            right = {truth.asserts[at] for at in truth.passed[0]}
            tests = PromptTests(tuple(task.asserts), "teacher")
            report = validate_matrix(tests, task.entry, matrix, box)
            kept = frozenset() if report.tests is None else frozenset(report.tests.asserts)
            rows.append((task, matrix, right, kept))
            left = (time.monotonic() - began) / number * (len(tasks) - number)
            print(f"\r{number} of {len(tasks)}, about {left:.0f} s left  ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return report_on(rows, time.monotonic() - began)


def report_on(rows: list[tuple[Task, Matrix, set[str], frozenset[str]]], wall_s: float) -> int:
    """Print what came out; return the exit status."""
    written = sum(task.asserts.total() for task, *_ in rows)
    fine = sum(count for task, _, right, _ in rows for line, count in task.asserts.items() if line in right)
    before = share([(len(right), len(matrix.asserts)) for _, matrix, right, _ in rows])
    print(f"before: {fine} of {written} written asserts are right, {fine / max(1, written):.1%}")
    print(f"        {before['right']} of {before['tests']} different ones, {before['share']:.1%}")
    print("\nmajority   tasks   tests  right   first half  second half")
    table = {}
    for majority in MAJORITIES:
        found = []
        for _, matrix, right, _ in rows:
            lines = agreed_tests(matrix, majority=majority)[0] if consensus_sets(matrix) else ()
            found.append((sum(line in right for line in lines), len(lines)) if len(lines) >= MIN_TESTS else (0, 0))
        table[majority] = share(found)
        halves = [share(found[at::2])["share"] for at in (0, 1)]
        note = "  <- CodeT's choice" if not majority else "  <- default" if majority == MAJORITY else ""
        one = table[majority]
        print(
            f"{majority:8.1f} {one['tasks']:7} {one['tests']:7} {one['share']:6.1%} {halves[0]:11.1%} "
            f"{halves[1]:12.1%}{note}"
        )
    after = share([(len(kept & right), len(kept)) for _, _, right, kept in rows])
    print(f"\nafter validation (flaky and flipped ones too): {after['right']} of {after['tests']} tests of")
    print(f"{after['tasks']} tasks are right, {after['share']:.1%}")
    print(json.dumps({"before": before, "by_majority": table, "after": after, "wall_s": round(wall_s)}))
    return 0 if after["share"] >= 0.95 else 1


def share(found: list[tuple[int, int]]) -> dict[str, Any]:
    """Return the share of right tests over (right, all) of every task."""
    right, tests = (sum(one[at] for one in found) for at in (0, 1))
    return {"tasks": sum(one[1] > 0 for one in found), "tests": tests, "right": right, "share": right / max(1, tests)}


def read_tasks(data: Path, humaneval: Path) -> list[Task]:
    """Return the problems; CodeT's files order them by their ids as text."""
    solutions, tests = (rows_of(data / _NAME.format(what)) for what in ("solutions", "tests"))
    problems = sorted(rows_of(humaneval), key=lambda row: str(row["task_id"]))
    tasks = []
    for solved, tested, problem in zip(solutions, tests, problems, strict=True):
        entry = problem["entry_point"]
        assert f"def {entry}(" in solved["prompt"], f"{problem['task_id']} is not in its place"
        lines = Counter(line for sample in tested["samples"] for line in asserts_of(sample, entry))
        programs = [solved["prompt"] + sample for sample in solved["samples"]]
        canonical = problem["prompt"] + problem["canonical_solution"]
        tasks.append(Task(problem["task_id"], entry, programs, lines, canonical, solved["prompt"]))
    return tasks


def asserts_of(sample: str, entry: str) -> list[str]:
    """Return the asserts on data that a sample holds, which goes on after `assert `; each once."""
    found = []
    for piece in re.split(r"^\s*assert\b", f"assert {sample}", flags=re.MULTILINE)[1:]:
        try:
            body = ast.parse(f"assert {piece.strip()}").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        if body and isinstance(body[0], ast.Assert):
            line = ast.unparse(ast.Assert(test=body[0].test, msg=None))
            if isinstance(tests_from_asserts([line], entry), FunctionTests):
                found.append(line)
    return list(dict.fromkeys(found))


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a packed JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    raise SystemExit(main())
