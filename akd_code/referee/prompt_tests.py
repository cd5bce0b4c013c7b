"""A prompt's tests, run in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.records import PromptTests
from akd_sandbox import Job, Limits, Sandbox, Verdict, tests_from_asserts


@dataclass(frozen=True, slots=True)
class Tested:
    """One program against a prompt's tests: how many of the asserts it passed.

    `verdict` is the sandbox's for the whole sample, NOENTRY where there was no program at all. With verdict INFRA the
    run says nothing about the program and `passed` means nothing. `failed`: indices of the asserts not passed.
    """

    __test__ = False  # not a pytest class

    passed: int
    total: int
    verdict: Verdict
    detail: str = ""
    wall_s: float = 0.0
    failed: tuple[int, ...] = ()

    @property
    def pass_rate(self) -> float | None:
        """Share of asserts passed, None after a fault of the sandbox."""
        return self.passed / self.total if self.verdict.decided else None


def run_tests(
    tests: PromptTests, entry_point: str, code: str | None, box: Sandbox, limits: Limits | None = None
) -> Tested:
    """Run a program against every assert of a prompt's tests; blocks.

    Where the program ends early, the asserts it did not reach count as failed. No program passes nothing.
    """
    total = len(tests.asserts)
    if code is None:
        return Tested(0, total, Verdict.NOENTRY, "the answer holds no program")
    result = box.run(job_of(tests.asserts, tests.setup, entry_point, code, limits))
    kept = {index for index, test in enumerate(result.tests) if test.verdict is Verdict.PASS}
    failed = tuple(index for index in range(total) if index not in kept)
    return Tested(len(kept), total, result.verdict, result.detail, result.wall_s, failed)


def job_of(
    asserts: Sequence[str], setup: str, entry_point: str, code: str, limits: Limits | None, *, reseeded: bool = False
) -> Job:
    """Return the run of a program against asserts: all of them, whichever fail."""
    tests = tests_from_asserts(asserts, entry_point, setup)
    return Job(code=code, entry=entry_point, tests=tests, limits=limits, stop_at_first_failure=False, reseeded=reseeded)
