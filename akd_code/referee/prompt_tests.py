"""Tests that can be trusted: run in the sandbox, validated before they decide anything (AceCoder, CodeT)."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from akd_code.records import PromptTests
from akd_code.referee.flip import flipped
from akd_sandbox import Job, Limits, Sandbox, Verdict, tests_from_asserts
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import parse


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


@dataclass(frozen=True, slots=True)
class Validated:
    """What became of tests: those that can be trusted, or None and the reason.

    `dropped` counts the asserts that were left out; `runs` the sandbox runs it took.
    """

    tests: PromptTests | None
    dropped: int
    runs: int
    reason: str = ""


def run_tests(
    tests: PromptTests, entry_point: str, code: str | None, box: Sandbox, limits: Limits | None = None
) -> Tested:
    """Run a program against every assert of a prompt's tests; blocks.

    Where the program ends early, the asserts it did not reach count as failed. No program passes nothing.
    """
    total = len(tests.asserts)
    if code is None:
        return Tested(0, total, Verdict.NOENTRY, "the answer holds no program")
    result = box.run(_job(tests.asserts, tests.setup, entry_point, code, limits))
    kept = {index for index, test in enumerate(result.tests) if test.verdict is Verdict.PASS}
    failed = tuple(index for index in range(total) if index not in kept)
    return Tested(len(kept), total, result.verdict, result.detail, result.wall_s, failed)


def validate_written(
    tests: PromptTests,
    entry_point: str,
    references: Sequence[str],
    box: Sandbox,
    *,
    min_tests: int = 5,
    limits: Limits | None = None,
) -> Validated:
    """Return what can be trusted of tests that a model wrote; blocks.

    Asserts that the best of the reference programs fails are dropped (AceCoder): test or reference is wrong, and nobody
    knows which. What is left must have `min_tests` asserts, and with changed expectations at least one must fail.
    """
    total, runs = len(tests.asserts), 0
    best: tuple[str, ...] = ()
    program, detail = "", "there is no reference program"
    for code in references:
        passing, used, why = _passing(tests, entry_point, code, box, limits)
        runs += used
        detail = why or detail
        if len(passing) > len(best):
            best, program = passing, code
    if len(best) < min_tests:
        reason = f"{len(best)} of {total} asserts hold for a reference, fewer than {min_tests}"
        return Validated(None, total, runs, f"{reason} ({detail})" if not best else reason)
    kept = replace(tests, asserts=best)
    if doubt := _doubt(kept, entry_point, program, box, limits):
        return Validated(None, total, runs + 1, doubt)
    return Validated(kept, total - len(best), runs + 1)


def validate_given(
    tests: PromptTests, entry_point: str, references: Sequence[str], box: Sandbox, *, limits: Limits | None = None
) -> Validated:
    """Return what can be trusted of tests that came with their prompt; blocks.

    Such tests stand above the teacher: an assert that its answer fails stays. Asserts that are not Python or do not
    name the entry point are dropped. One must be left that has an expectation, and where a reference passes them all,
    one with a changed expectation must fail. What is more than a lone assert (a loop, `with pytest.raises`) is kept as
    it is: the sandbox makes such expectations false itself.
    """
    usable = tuple(
        line for line in tests.asserts if _is_assert_on(line, entry_point) or _is_longer_test(line, entry_point)
    )
    dropped = len(tests.asserts) - len(usable)
    if not usable:
        return Validated(None, dropped, 0, f"none of its {dropped} asserts calls {entry_point}")
    kept = replace(tests, asserts=usable)
    if any(_is_longer_test(line, entry_point) for line in usable):
        return Validated(kept, dropped, 0)
    if not any(flipped(line, entry_point) for line in usable):
        return Validated(None, len(tests.asserts), 0, "no assert has an expectation that could fail")
    runs = 0
    for code in references:
        runs += 1
        if run_tests(kept, entry_point, code, box, limits).verdict is not Verdict.PASS:
            continue
        runs += 1
        if doubt := _doubt(kept, entry_point, code, box, limits):
            return Validated(None, len(tests.asserts), runs, doubt)
        break
    return Validated(kept, dropped, runs)


def _job(asserts: Sequence[str], setup: str, entry_point: str, code: str, limits: Limits | None) -> Job:
    tests = tests_from_asserts(asserts, entry_point, setup)
    return Job(code=code, entry=entry_point, tests=tests, limits=limits, stop_at_first_failure=False)


def _passing(
    tests: PromptTests, entry_point: str, code: str, box: Sandbox, limits: Limits | None
) -> tuple[tuple[str, ...], int, str]:
    """Return the asserts a program passes, the sandbox runs it took, and why nothing ran if nothing did.

    An assert that ends the program (a crash, a timeout) says nothing about those behind it: they run again without it.
    """
    passing: list[str] = []
    left = list(tests.asserts)
    runs = 0
    while left:
        result = box.run(_job(left, tests.setup, entry_point, code, limits))
        runs += 1
        if not result.tests:
            return tuple(passing), runs, f"{result.verdict}: {result.detail}"
        passing += [line for line, test in zip(left, result.tests, strict=False) if test.verdict is Verdict.PASS]
        left = left[len(result.tests) :]
    return tuple(passing), runs, ""


def _doubt(tests: PromptTests, entry_point: str, code: str, box: Sandbox, limits: Limits | None) -> str:
    """Return why tests that `code` passes are not to be trusted, "" if with changed expectations they fail."""
    changed = [line for line in (flipped(line, entry_point) for line in tests.asserts) if line is not None]
    if not changed:
        return "no assert has an expectation that could fail"
    result = box.run(_job(changed, tests.setup, entry_point, code, limits))
    if not result.verdict.decided:
        return f"the sandbox failed: {result.detail}"
    if all(test.verdict is Verdict.PASS for test in result.tests):
        return "no changed expectation fails: the tests cannot fail"
    return ""


def _is_assert_on(line: str, entry_point: str) -> bool:
    body = _statements(line)
    if len(body) != 1 or not isinstance(body[0], ast.Assert):
        return False
    return _names(body[0], entry_point)


def _is_longer_test(line: str, entry_point: str) -> bool:
    """Tell whether a test is more than a lone assert, checks something, and names the entry point."""
    body = _statements(line)
    if len(body) == 1 and isinstance(body[0], ast.Assert):
        return False
    return any(map(holds_check, body)) and any(_names(statement, entry_point) for statement in body)


def _statements(code: str) -> list[ast.stmt]:
    try:
        return parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def _names(tree: ast.AST, entry_point: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == entry_point for node in ast.walk(tree))
