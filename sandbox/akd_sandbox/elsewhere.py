"""Checks made again where the program is not: the same tests get what it gave, in a worker that never held it.

Turning an expectation shows whoever forges an outcome, not whoever has blinded the test: one that looks with a function
that the program replaced, or asks an assert method that the program has taught what to say. Elsewhere neither is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from akd_sandbox.checks import Draw, Elsewhere
from akd_sandbox.guarding import Guard, Rerun, passed_only, unlike
from akd_sandbox.job import Job
from akd_sandbox.together import Harness, TestRun
from akd_sandbox.verdict import Verdict

_TIMES = 2
_VOUCHED = 1 << 32
"""Added to a check's number: what a reference vouches for, that it says the same elsewhere."""
Replay = Callable[[Draw, Mapping[int, tuple[bytes | None, ...]]], TestRun]
"""`replay(draw, given)`: run the tests where no program is, with what one gave."""


def seen_elsewhere(
    straight: TestRun, harness: Harness, rerun: Rerun, replay: Replay, admitted: frozenset[int] | None
) -> Guard:
    """Judge a straight PASS by what its checks say elsewhere, where some of them are doubtful. Raises SlotError."""
    reached = passed_only(straight)
    if not harness.plan.doubtful & reached:
        return Guard(Verdict.PASS)
    found = harness.plan.elsewhere(harness.called)
    fit = {n for n in found.sites & reached if admitted is None or n + _VOUCHED in admitted}
    if not found.noted or not fit & harness.plan.doubtful:
        return Guard(Verdict.PASS)
    for _ in range(_TIMES):
        noting = harness.plan.unflipped(found.noted, reached)
        run = rerun(noting, None)
        problem = unlike(run, noting, reached)
        if problem is not None:
            return problem
        fit &= _failed(found, harness, replay, run, reached)
        if not fit:
            return Guard(Verdict.PASS)
    text = noting.texts[min(fit)]
    return Guard(Verdict.TAMPER, f"passes a check that fails on the same values where the program is not: {text}")


def vouched_elsewhere(straight: TestRun, harness: Harness, rerun: Rerun, replay: Replay) -> frozenset[int]:
    """Return what a program that is known to be right vouches for: checks that say the same elsewhere.

    Raises SlotError.
    """
    reached = passed_only(straight)
    found = harness.plan.elsewhere(harness.called)
    if not found.noted or not found.sites & reached & harness.plan.doubtful:
        return frozenset()
    run = rerun(harness.plan.unflipped(found.noted, reached), None)
    failed = _failed(found, harness, replay, run, reached)
    return frozenset(number + _VOUCHED for number in (found.sites & reached) - failed)


def _failed(found: Elsewhere, harness: Harness, replay: Replay, run: TestRun, reached: Collection[int]) -> set[int]:
    checks = replay(harness.plan.unflipped(found.given, reached), run.seen).checks
    return {number for number, (_, failed) in checks.items() if failed}


def without_program(job: Job, harness: Harness) -> Job:
    """Return a job of the same tests with no program, but for the names that the tests import."""
    names = sorted(harness.called) if harness.told["module"] else []
    code = "".join(f"{name} = None\n" for name in names if name.isidentifier())
    return replace(job, code=code, entry="", files={}, stop_at_first_failure=False)
