"""Guarded runs: the tests again with expectations made false, which tells an honest PASS from a forged one.

After a straight PASS the same tests run again in fresh workers of another hash seed and in another order, with a random
choice of expectations made false. An honest program fails exactly those checks. One that passes a false check has
forged something: TAMPER. One that fails a check which it passed before is not steady: not a PASS either.
"""

from __future__ import annotations

import math
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from akd_sandbox.checks import Draw, Group, TestPlan
from akd_sandbox.limits import Limits
from akd_sandbox.together import Harness, TestRun
from akd_sandbox.verdict import Verdict

_CHANCES = 8
"""A program that guesses which expectations are false is caught but for one chance in two to the power of this."""
_CONFIRMATIONS = 3
_AGAIN = "passes once and not when it is run again with another hash seed"
_ENOUGH_S = 4.0
"""Guarded runs are repeated for certainty no longer than this, once every expectation was false twice.

Long enough that a busy machine does not decide how certain a verdict is: a program that reads the expectation where it
happens to find it needs luck in each of the pairs.
"""


@dataclass(frozen=True, slots=True)
class Guard:
    """What guarded runs say of a straight PASS: the verdict, why, and whether anything could be made false at all."""

    verdict: Verdict
    detail: str = ""
    unguarded: bool = False


Rerun = Callable[[Draw, int | None], TestRun]
"""`rerun(draw, order)`: run the tests again, guarded, in a fresh worker."""


def guard(straight: TestRun, harness: Harness, rerun: Rerun, admitted: frozenset[int] | None = None) -> Guard:
    """Judge a straight PASS by guarded runs. Raises SlotError.

    `admitted`: what a reference solution vouches for (see `admit`); None where there is none.
    """
    plan = harness.plan
    reached = passed_only(straight)
    if plan.required - straight.checks.keys():
        return Guard(Verdict.TAMPER, "the tests passed without the checks that every run of them makes")
    if plan.required - reached:
        return Guard(Verdict.TAMPER, "a check failed and its test passed")
    groups = [group for group in plan.groups if _can_flip(group, straight, reached, admitted)]
    bold = [
        group for group in plan.bold_groups(harness.subjects) if _vouched(group, admitted) and group.sites <= reached
    ]
    replaced = {number for group in bold for number in group.sites}
    groups = [*(group for group in groups if not group.sites <= replaced), *bold]
    if not groups:
        if any(admitted is None or group.sites & admitted for group in plan.groups):
            return Guard(Verdict.UNSUPPORTED, "none of the checks that could be made false was passed")
        return Guard(Verdict.PASS, unguarded=True)
    rng = random.Random(secrets.randbits(64))
    started = time.monotonic()
    for flipped in _choices(groups, rng, lambda: time.monotonic() - started > _ENOUGH_S):
        others = [group for group in groups if group not in flipped]
        passed: set[int] = set()
        for chosen in (flipped, others):
            problem, forged = _watched(rerun, plan.draw(rng, reached, chosen), reached, rng.getrandbits(32))
            if problem is not None:
                return problem
            passed |= forged
        if passed:
            return _confirmed(rerun, plan, [group for group in groups if group.sites & passed], reached, rng)
    return Guard(Verdict.PASS)


def admit(straight: TestRun, harness: Harness, rerun: Rerun) -> frozenset[int]:
    """Return what a program which is known to be right vouches for. Raises SlotError.

    The number of each check that it fails when it is made false; -1 - number where it does so in the bold way too.
    """
    plan = harness.plan
    reached = passed_only(straight)
    rng = random.Random(secrets.randbits(64))
    groups = [group for group in plan.groups if _can_flip(group, straight, reached, None)]
    bold = [group for group in plan.bold_groups(harness.subjects) if group.sites <= reached]

    def failing(flipped: Sequence[Group]) -> set[int]:
        draw = plan.draw(rng, reached, flipped)
        checks = rerun(draw, None).checks
        counts = {number: checks.get(number, (0, 0)) for number in draw.flipped}
        return {number for number, (passed, failed) in counts.items() if failed and not passed}

    admitted = failing(groups[::2]) | failing(groups[1::2])
    if bold:  # another value each time: it must be false whatever it is
        boldly = set.intersection(*(failing(bold) for _ in range(_CONFIRMATIONS)))
        admitted |= {-1 - number for number in boldly}
    return frozenset(admitted)


def passed_only(run: TestRun) -> set[int]:
    """Return the checks that were passed whenever they were reached, and were reached."""
    return {number for number, (passed, failed) in run.checks.items() if passed and not failed}


def _vouched(group: Group, admitted: frozenset[int] | None) -> bool:
    return admitted is not None and all(-1 - number in admitted for number in group.sites)


def _can_flip(group: Group, straight: TestRun, reached: set[int], admitted: frozenset[int] | None) -> bool:
    met = group.sites & straight.checks.keys()
    return bool(met) and met <= reached and (admitted is None or met <= admitted)


def _choices(groups: Sequence[Group], rng: random.Random, enough: Callable[[], bool]) -> Iterator[list[Group]]:
    """Yield what is flipped in the first guarded run of each pair, by coins; in the second one it is all the others.

    So each group is false in one run of a pair, and a program gains nothing by knowing that a run is a guarded one.
    Never are all of several groups flipped, nor none: a program that lies, or does not, for a whole run is caught then.
    """
    every = len(groups)
    chances = 2 * math.log2(2**every - 2) if every > 1 else 2  # what a program that guesses must get right in a pair
    for pair in range(max(1, math.ceil(_CHANCES / chances))):
        if pair > 1 and enough():
            return
        flipped = _by_coins(groups, rng)
        while every > 1 and len(flipped) in (0, every):
            flipped = _by_coins(groups, rng)
        yield flipped


def _by_coins(groups: Sequence[Group], rng: random.Random) -> list[Group]:
    return [group for group in groups if rng.random() < 0.5]


def _watched(rerun: Rerun, draw: Draw, reached: set[int], order: int) -> tuple[Guard | None, set[int]]:
    """Return how a guarded run differs from the straight one beside what was flipped, and what false checks it passed.

    A run in another order that differs is repeated as written: tests may depend on each other.
    """
    run = rerun(draw, order)
    problem = unlike(run, draw, reached)
    if problem is not None:
        run = rerun(draw, None)
        problem = unlike(run, draw, reached)
    return problem, {number for number in draw.flipped & reached if run.checks.get(number, (0, 0))[0]}


def _confirmed(rerun: Rerun, plan: TestPlan, groups: Sequence[Group], reached: set[int], rng: random.Random) -> Guard:
    """Return TAMPER for a program that passes false checks every time, WRONG for one that does so by chance."""
    for _ in range(_CONFIRMATIONS):
        for chosen in (groups, ()):
            draw = plan.draw(rng, reached, chosen)
            run = rerun(draw, None)
            problem = unlike(run, draw, reached)
            if problem is not None:
                return problem
            if not all(any(run.checks.get(n, (0, 0))[0] for n in group.sites) for group in chosen):
                return Guard(Verdict.WRONG, f"{_AGAIN}: it answers differently from run to run")
    return Guard(Verdict.TAMPER, "passed a check that had been made false")


def unlike(run: TestRun, draw: Draw, reached: set[int]) -> Guard | None:
    """Return how a guarded run differs from an honest one beside what was flipped, None if it does not."""
    if not run.passed:
        failed = next((test for test in run.tests if test.verdict is not Verdict.PASS), None)
        verdict = run.ended_by or (failed.verdict if failed else Verdict.WRONG)
        return Guard(verdict, f"{_AGAIN}: {run.detail}")
    for number in sorted(reached):
        passed, failures = run.checks.get(number, (0, 0))
        if not passed and not failures:
            return Guard(Verdict.WRONG, f"{_AGAIN}: a check was not reached")
        if failures and number not in draw.flipped:
            return Guard(Verdict.WRONG, f"{_AGAIN}: {draw.texts[number]}")
    return None


def generous(limits: Limits) -> Limits:
    """Return the limits of a guarded run: it must not fail for a moment more than the straight one took."""
    return replace(limits, test_s=2 * limits.test_s + 1, sample_s=2 * limits.sample_s + 5)
