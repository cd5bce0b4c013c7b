"""Dual agreement: tests and solutions that nobody vouches for, each held to the other (CodeT, arXiv 2207.10397).

Solutions are grouped by the set of tests that they pass. A group scores sqrt(its solutions) x its tests: many programs
that agree with many tests are rarely all wrong together.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from akd_sandbox import FunctionTests, Job, Limits, Sandbox, Verdict, tests_from_asserts
from akd_sandbox.syntax import NOT_PYTHON, parse

AGREEMENT_LIMITS = Limits(test_s=0.5, sample_s=5.0, import_s=5.0, memory_bytes=1 << 30)
"""What one of many solutions may use: short, since one that hangs is only one voice less."""
VOICES = 3
"""Solutions from which on their agreement says something."""
MAJORITY = 0.6
"""The share of all solutions that must pass a test. Measured by benchmarks/validate_tests.py on CodeGen-16B's samples:
with it, 97 % of what is kept is right; with 0.5, 95 %, with CodeT's score alone, 71 %."""
_MOST_RUNS = 3  # of one solution: each test that ends the program costs one


@dataclass(frozen=True, slots=True)
class Matrix:
    """Which solutions pass which tests. `votes[s]` samples were solution s; `passed[s]` are the tests it passes."""

    asserts: tuple[str, ...]
    solutions: tuple[str, ...]
    votes: tuple[int, ...]
    passed: tuple[frozenset[int], ...]
    runs: int = 0


@dataclass(frozen=True, slots=True)
class ConsensusSet:
    """The solutions that pass exactly `tests`; `votes` counts the samples behind them."""

    tests: frozenset[int]
    solutions: tuple[int, ...]
    votes: int

    @property
    def score(self) -> float:
        """CodeT's score: sqrt(samples) x tests."""
        return math.sqrt(self.votes) * len(self.tests)


def normalised(code: str) -> str | None:
    """Return a program without comments, layout and docstring differences of layout; None if it does not parse."""
    try:
        return ast.unparse(parse(code))
    except NOT_PYTHON:
        return None


def agreement_matrix(
    asserts: Sequence[str],
    entry_point: str,
    solutions: Sequence[str],
    box: Sandbox,
    *,
    setup: str = "",
    limits: Limits = AGREEMENT_LIMITS,
) -> Matrix:
    """Return which of the solutions pass which tests; blocks.

    Equal programs are run once, and one that does not parse is left out. Asserts on literals are compared as data, all
    of a program's in one run.
    """
    votes = Counter(text for text in map(normalised, solutions) if text is not None)
    lines = tuple(dict.fromkeys(asserts))
    parts = _parts(lines, entry_point, setup)
    passed: list[set[int]] = [set() for _ in votes]
    waiting = [(at, code, part) for at, code in enumerate(votes) for part in parts]
    runs = 0
    for _ in range(_MOST_RUNS):
        jobs = [
            Job(code, entry_point, tests_from_asserts([lines[i] for i in part], entry_point, setup), limits, False)
            for _, code, part in waiting
        ]
        again = []
        for position, result in box.run_many(jobs):
            runs += 1
            at, code, part = waiting[position]
            verdicts = [test.verdict for test in result.tests]
            passed[at].update(index for index, verdict in zip(part, verdicts, strict=False) if verdict is Verdict.PASS)
            if verdicts and len(verdicts) < len(part) and verdicts[-1] is not Verdict.TIMEOUT:
                again.append((at, code, part[len(verdicts) :]))
        waiting = again
        if not waiting:
            break
    return Matrix(lines, tuple(votes), tuple(votes.values()), tuple(map(frozenset, passed)), runs)


def consensus_sets(matrix: Matrix) -> list[ConsensusSet]:
    """Return the groups of solutions by the tests they pass, the best first; solutions that pass none are in none."""
    groups: dict[frozenset[int], list[int]] = {}
    for at, tests in enumerate(matrix.passed):
        if tests:
            groups.setdefault(tests, []).append(at)
    found = [ConsensusSet(tests, tuple(one), sum(matrix.votes[at] for at in one)) for tests, one in groups.items()]
    return sorted(found, key=lambda one: (-one.score, sorted(one.tests)))


def agreed_tests(matrix: Matrix, *, majority: float = MAJORITY) -> tuple[tuple[str, ...], str | None]:
    """Return the tests to keep, and the solution of the best consensus set that most samples were; (), None for none.

    CodeT's score alone picks a set whatever its support. Here a test is kept only if at least `majority` of all
    solutions pass it, those of other sets included: where few agree, nothing is kept.
    """
    sets = consensus_sets(matrix)
    total = sum(matrix.votes)
    if not sets:
        return (), None
    backing = Counter[int]()
    for votes, tests in zip(matrix.votes, matrix.passed, strict=True):
        backing.update(dict.fromkeys(tests, votes))
    kept = tuple(matrix.asserts[at] for at in sorted(sets[0].tests) if backing[at] >= majority * total)
    most = max(sets[0].solutions, key=lambda at: (matrix.votes[at], -at))
    return kept, matrix.solutions[most]


def _parts(lines: Sequence[str], entry_point: str, setup: str) -> list[list[int]]:
    """Return the tests that are data and those that are code, which take a run of their own."""
    data: list[int] = []
    code: list[int] = []
    for index, line in enumerate(lines):
        (data if isinstance(tests_from_asserts([line], entry_point, setup), FunctionTests) else code).append(index)
    return [part for part in (data, code) if part]
