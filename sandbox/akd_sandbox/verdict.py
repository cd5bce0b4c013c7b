"""Verdicts and results: how a program ended, each backed by evidence the program cannot choose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a test or a sample ended.

    PASS is positive evidence only: every output arrived and compared equal in the judge, or every check of the test
    code passed, and failed when its expectation was made false. The class of a death comes from the kernel or from the
    judge's own clock, never from text the program printed.
    INFRA is a fault of ours: it is retried, then reported apart, and never scored as a failure. So is UNSUPPORTED: what
    the tests need cannot be judged faithfully here, and the detail names it.
    """

    PASS = "PASS"
    WRONG = "WRONG"
    RAISED = "RAISED"
    TIMEOUT = "TIMEOUT"
    MEMORY = "MEMORY"
    OUTPUT = "OUTPUT"
    CRASHED = "CRASHED"
    EXITED = "EXITED"
    SYNTAX = "SYNTAX"
    NOENTRY = "NOENTRY"
    BADVALUE = "BADVALUE"
    TAMPER = "TAMPER"
    UNSUPPORTED = "UNSUPPORTED"
    INFRA = "INFRA"

    @property
    def decided(self) -> bool:
        """Whether it says anything of the program; if not, it is reported apart and counts neither way."""
        return self not in _UNDECIDED


_UNDECIDED = frozenset({Verdict.UNSUPPORTED, Verdict.INFRA})


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: its verdict, wall seconds on the judge's clock, and one line of detail."""

    __test__ = False  # not a pytest class

    verdict: Verdict
    wall_s: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SampleResult:
    """One sample: the overall verdict and the evidence for it.

    `tests` holds the tests that ran, in order; `failed` the indices of those that did not pass (a test that
    never ran because the program ended is counted as failed only if it is the one that ended it).
    `peak_memory_bytes` is the kernel's figure for the worker and its children, 0 when it never started.
    `stdout` and `stderr` keep head and tail. `judging` says how it was judged: `values` (compared in the judge),
    `output` (what it printed), `together` (test code beside the program, under guard); `unguarded` that no
    expectation of that test code could be made false. `missing` names the external programs (and terminals) that it
    wanted and that the jail does not have.
    """

    verdict: Verdict
    tests: tuple[TestResult, ...]
    failed: tuple[int, ...]
    wall_s: float
    peak_memory_bytes: int
    stdout: str
    stderr: str
    detail: str
    code_sha256: str
    isolation: str
    judging: str = ""
    unguarded: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A large exact value by its digest: to forge it needs the right answer. `size` counts encoded bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What one call of a reference program gave: a value (or its Digest), or the verdict that says why not."""

    verdict: Verdict
    value: object
    wall_s: float
    detail: str = ""
