"""Tests that nobody vouches for, from samples of one model: what most of them say, and properties that most have.

CodeGen-16B's 100 samples for each HumanEval problem vote on new inputs, made from those in its own asserts (CodeT's
published data). What is right, the canonical solution says; it has no part in anything else. Printed: how many
expectations are right, by the majority asked for; then what becomes of the suites when its asserts are validated and
strengthened by both sources.

    python benchmarks/differential.py --data codet --humaneval evalplus/HumanEvalPlus-v0.1.10.jsonl.gz
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from validate_tests import Task, read_tasks

from akd_code.records import PromptTests
from akd_code.referee import Effort, Programs, Strengthened, strengthened
from akd_code.referee.agreement import MAJORITY, agreement_matrix, normalised
from akd_code.referee.bench import Bench
from akd_code.referee.differential import Ballot, voices_of, vote
from akd_code.referee.expectations import returns
from akd_code.referee.literal_call import literal_call
from akd_code.referee.strengthen import STRENGTHEN_LIMITS, ground_of
from akd_sandbox import CallOutcome, Sandbox, equal

MAJORITIES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True, slots=True)
class Polled:
    """One problem: the votes on its new inputs, what the canonical solution says of each, and its suite made stronger.

    `right` are the tests of the suite that the canonical solution passes, `by_property` those that state a property.
    """

    task: Task
    ballots: tuple[Ballot, ...]
    truth: tuple[CallOutcome, ...]
    done: Strengthened
    right: frozenset[str]


def main() -> int:
    """Print the tables, a line of JSON last; return 1 where less than 95 % of what is added is right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--humaneval", type=Path, required=True)
    parser.add_argument("--tasks", type=int, help="only so many, drawn by chance")
    parser.add_argument("--samples", type=int, default=100, help="of a task, the first ones")
    parser.add_argument("--minutes", type=float, help="report on the tasks that are done after so long")
    parser.add_argument("--inputs", type=int, default=60, help="new inputs of a task")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()
    every = read_tasks(options.data, options.humaneval)
    tasks = random.Random(0).sample(every, min(options.tasks or len(every), len(every)))
    began = time.monotonic()
    found: list[Polled] = []
    with Sandbox(options.backend) as box:
        for number, task in enumerate(tasks, 1):
            found.append(polled(task, task.programs[: options.samples], box, Effort(inputs=options.inputs)))
            left = (time.monotonic() - began) / number * (len(tasks) - number)
            print(f"\r{number} of {len(tasks)}, about {left:.0f} s left  ", end="", file=sys.stderr, flush=True)
            if options.minutes and time.monotonic() - began > 60 * options.minutes:
                break
    print(file=sys.stderr)
    return report_on(found, time.monotonic() - began)


def polled(task: Task, samples: Sequence[str], box: Sandbox, effort: Effort) -> Polled:
    """Return the votes on a problem, and its suite made stronger by both sources."""
    calls = [call for line in task.asserts if (call := literal_call(line, task.entry)) is not None]
    ballots: list[Ballot] = []
    truth: list[CallOutcome] = []
    if calls:
        bench = Bench(task.entry, "", box, STRENGTHEN_LIMITS)
        ground = ground_of(bench, calls, "", effort)
        programs = {text for code in samples if (text := normalised(code)) is not None}
        ballots = vote(bench, voices_of(samples, programs), ground.pattern, ground.proposed, majority=0.0)
        truth = list(bench.outcomes(task.canonical, ground.pattern, ground.proposed).values())
    tests = PromptTests(tuple(task.asserts), "teacher")
    sources = ("differential", "properties")
    done = strengthened(
        tests, task.entry, Programs(samples=tuple(samples)), box, sources=sources, text=task.prompt, effort=effort
    )
    lines = () if done.reason else done.tests.asserts
    matrix = agreement_matrix(lines, task.entry, [task.canonical], box, setup=done.tests.setup) if lines else None
    right = frozenset() if matrix is None else frozenset(matrix.asserts[at] for at in matrix.passed[0])
    return Polled(task, tuple(ballots), tuple(truth), done, right)


def report_on(found: Sequence[Polled], wall_s: float) -> int:
    """Print what came out; return the exit status."""
    print("majority   tasks  inputs  right  the canonical solution raises")
    table = {}
    for majority in MAJORITIES:
        counts = Counter[str]()
        for one in found:
            some = Counter(outcome(*pair, majority) for pair in zip(one.ballots, one.truth, strict=True))
            counts += some
            counts["tasks"] += some["right"] + some["wrong"] + some["raises"] > 0
        inputs = counts["right"] + counts["wrong"] + counts["raises"]
        table[majority] = {**counts, "inputs": inputs}
        note = "  <- default" if majority == MAJORITY else ""
        share = counts["right"] / max(1, inputs)
        print(f"{majority:8.1f} {counts['tasks']:7} {inputs:7} {share:6.1%} {counts['raises']:6}{note}")
    stronger = [one for one in found if not one.done.reason]
    kinds = {"in all": [], "added": [], "added, properties": []}
    names = Counter(name for one in stronger for name in one.done.properties)
    for one in stronger:
        kinds["in all"].append([line in one.right for line in one.done.tests.asserts])
        kinds["added"].append([line in one.right for line in one.done.added])
        stated = [line for line in one.done.added if literal_call(line, one.task.entry) is None]
        kinds["added, properties"].append([line in one.right for line in stated])
    print(f"\n{len(stronger)} of {len(found)} suites can be trusted")
    figures = {}
    for kind, some in kinds.items():
        tests, right = sum(map(len, some)), sum(map(sum, some))
        suites = sum(bool(one) for one in some)
        figures[kind] = {"suites": suites, "tests": tests, "right": right}
        print(f"{kind:20} {tests:5} tests of {suites} suites, {right / max(1, tests):.1%} right")
    print("properties:", ", ".join(f"{name} ({count})" for name, count in names.most_common()) or "none")
    print(json.dumps({"by_majority": table, **figures, "properties": names, "wall_s": round(wall_s)}))
    added = figures["added"]
    return 0 if added["right"] >= 0.95 * added["tests"] else 1


def outcome(ballot: Ballot, truth: CallOutcome, majority: float) -> str:
    """Return what became of an input whose first answer this share of all samples must give."""
    total = sum(len(one.samples) for one in ballot.votes)
    if not ballot.agreed or len(ballot.votes[0].samples) < majority * total:
        return "open"
    if not returns(truth):
        return "raises"
    return "right" if equal(truth.value, ballot.value, ()) else "wrong"


if __name__ == "__main__":
    raise SystemExit(main())
