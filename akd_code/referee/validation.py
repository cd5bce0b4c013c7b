"""Which tests can be trusted: validated before they decide anything (AceCoder, CodeT)."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from akd_code.records import PromptTests
from akd_code.referee.agreement import AGREEMENT_LIMITS, MAJORITY, Matrix, agreed_tests, agreement_matrix
from akd_code.referee.flip import answering_otherwise, flipped, is_named
from akd_code.referee.prompt_tests import job_of, run_tests
from akd_code.referee.steadiness import may_follow_hashes, runs_to_be_sure
from akd_sandbox import FunctionTests, Limits, Sandbox, Verdict
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import NOT_PYTHON, parse

MIN_TESTS = 5
"""A suite that a model wrote is valid with at least this many tests left (AceCoder)."""
_TRIES = 3
_NO_EXPECTATION = "no assert has an expectation that could fail"


@dataclass(frozen=True, slots=True)
class Validated:
    """What became of tests: those that can be trusted, or None and the reason.

    `dropped` counts the asserts that were left out, `flaky` those of them that a program passed once and failed when it
    was run again under another hash seed; `runs` the sandbox runs it took.
    """

    tests: PromptTests | None
    dropped: int
    runs: int
    reason: str = ""
    flaky: int = 0


def validate_written(
    tests: PromptTests,
    entry_point: str,
    references: Sequence[str],
    box: Sandbox,
    *,
    checks: Sequence[str] = (),
    min_tests: int = MIN_TESTS,
    limits: Limits | None = None,
) -> Validated:
    """Return what can be trusted of tests that a model wrote; blocks.

    Asserts that the best of the reference programs fails are dropped (AceCoder): test or reference is wrong, and nobody
    knows which. So are those that no program of a second model (`checks`, where there are any) passes: a model is
    often wrong in its tests just as it is in its program. What is left must have `min_tests` asserts, and with changed
    expectations at least one must fail.
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
    if checks and best:
        agreed: set[str] = set()
        for code in checks:
            passing, used, _ = _passing(replace(tests, asserts=best), entry_point, code, box, limits)
            runs += used
            agreed.update(passing)
        best = tuple(line for line in best if line in agreed)
        detail = "the second model passes none of them"
    if len(best) < min_tests:
        reason = f"{len(best)} of {total} asserts hold for a reference, fewer than {min_tests}"
        return Validated(None, total, runs, f"{reason} ({detail})" if not best else reason)
    kept = replace(tests, asserts=best)
    return _confirmed(kept, entry_point, program, box, limits, total, runs, min_tests)


def validate_by_agreement(
    tests: PromptTests,
    entry_point: str,
    solutions: Sequence[str],
    box: Sandbox,
    *,
    min_tests: int = MIN_TESTS,
    majority: float = MAJORITY,
    limits: Limits = AGREEMENT_LIMITS,
) -> Validated:
    """Return what can be trusted of written tests by several solutions, none of which is trusted; blocks.

    Kept are the tests of the best consensus set (CodeT) that at least `majority` of all solutions pass; see
    `agreement`. As with one reference, `min_tests` must be left, flaky ones are dropped, and a changed expectation must
    fail.
    """
    matrix = agreement_matrix(tests.asserts, entry_point, solutions, box, setup=tests.setup, limits=limits)
    return validate_matrix(tests, entry_point, matrix, box, min_tests=min_tests, majority=majority, limits=limits)


def validate_matrix(
    tests: PromptTests,
    entry_point: str,
    matrix: Matrix,
    box: Sandbox,
    *,
    min_tests: int = MIN_TESTS,
    majority: float = MAJORITY,
    limits: Limits = AGREEMENT_LIMITS,
) -> Validated:
    """Do the same where it is known already which solutions pass which tests; blocks."""
    total = len(tests.asserts)
    kept, program = agreed_tests(matrix, majority=majority)
    if len(kept) < min_tests or program is None:
        reason = f"{len(kept)} of {total} asserts hold for {majority:.0%} of the solutions, fewer than {min_tests}"
        return Validated(None, total, matrix.runs, reason)
    agreed = replace(tests, asserts=kept)
    return _confirmed(agreed, entry_point, program, box, limits, total, matrix.runs, min_tests)


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
    runs = 0
    for code in references:
        runs += 1
        if run_tests(kept, entry_point, code, box, limits).verdict is not Verdict.PASS:
            continue
        return _confirmed(kept, entry_point, code, box, limits, len(tests.asserts), runs, 1)
    if not any(flipped(line, entry_point) for line in usable):
        return Validated(None, len(tests.asserts), runs, _NO_EXPECTATION)
    return Validated(kept, dropped, runs)


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
        result = box.run(job_of(left, tests.setup, entry_point, code, limits))
        runs += 1
        if not result.tests:
            return tuple(passing), runs, f"{result.verdict}: {result.detail}"
        passing += [line for line, test in zip(left, result.tests, strict=False) if test.verdict is Verdict.PASS]
        left = left[len(result.tests) :]
    return tuple(passing), runs, ""


def _confirmed(
    tests: PromptTests,
    entry_point: str,
    code: str,
    box: Sandbox,
    limits: Limits | None,
    total: int,
    runs: int,
    min_tests: int,
) -> Validated:
    """Return the tests that `code` passes again, if changed expectations can make it fail.

    Tests that are data run again under another hash seed, the changed ones with them. Test code does not: the sandbox
    itself runs it under several, and what then fails does not pass.
    """
    kept = _steady(tests, entry_point, code, box, limits)
    flaky, runs = len(tests.asserts) - len(kept), runs + runs_to_be_sure(code, tests.asserts) - 1
    if len(kept) < min_tests:
        return Validated(None, total, runs, _too_few(len(kept), total, flaky, min_tests), flaky)
    for _ in range(_TRIES):
        changed = [line for line in (flipped(line, entry_point) for line in kept) if line is not None]
        if not changed:
            sound = _fails_otherwise(kept, tests.setup, entry_point, code, box, limits)
            reason = "" if sound else _NO_EXPECTATION
            left = replace(tests, asserts=tuple(kept)) if sound else None
            return Validated(left, total - len(kept) if sound else total, runs + 1, reason, flaky)
        both = job_of([*kept, *changed], tests.setup, entry_point, code, limits, reseeded=True)
        again = len(kept) if isinstance(both.tests, FunctionTests) else 0
        result = box.run(both if again else job_of(changed, tests.setup, entry_point, code, limits))
        runs += 1
        if not result.verdict.decided:
            return Validated(None, total, runs, f"the sandbox failed: {result.detail}", flaky)
        passed = [test.verdict is Verdict.PASS for test in result.tests]
        steady = [line for at, line in enumerate(kept) if at >= again or (at < len(passed) and passed[at])]
        if len(steady) == len(kept):
            if all(passed[again:]):
                return Validated(None, total, runs, "no changed expectation fails: the tests cannot fail", flaky)
            return Validated(replace(tests, asserts=tuple(kept)), total - len(kept), runs, "", flaky)
        flaky, kept = flaky + len(kept) - len(steady), steady
        if len(kept) < min_tests:
            return Validated(None, total, runs, _too_few(len(kept), total, flaky, min_tests), flaky)
    return Validated(None, total, runs, "its tests pass one time and fail the next", flaky)


def _fails_otherwise(
    asserts: Sequence[str], setup: str, entry_point: str, code: str, box: Sandbox, limits: Limits | None
) -> bool:
    """Return whether asserts without an expectation that can be changed notice that every answer is another."""
    other = answering_otherwise(code, entry_point)
    if other is None:
        return False
    verdict = box.run(job_of(asserts, setup, entry_point, other, limits)).verdict
    return verdict.decided and verdict is not Verdict.PASS


def _steady(tests: PromptTests, entry_point: str, code: str, box: Sandbox, limits: Limits | None) -> list[str]:
    """Return the asserts that a program passes again and again, where its text speaks of chance."""
    kept = list(tests.asserts)
    new_seeds = may_follow_hashes(code, kept)
    for _ in range(runs_to_be_sure(code, kept) - 1):
        if new_seeds:
            box.reseed()
        result = box.run(job_of(kept, tests.setup, entry_point, code, limits, reseeded=True))
        kept = [line for line, test in zip(kept, result.tests, strict=False) if test.verdict is Verdict.PASS]
        if not kept:
            break
    return kept


def _too_few(kept: int, total: int, flaky: int, min_tests: int) -> str:
    return f"{kept} of {total} asserts are left without {flaky} flaky ones, fewer than {min_tests}"


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
    except NOT_PYTHON:
        return []


def _names(tree: ast.AST, entry_point: str) -> bool:
    return any(is_named(node, entry_point) for node in ast.walk(tree))
