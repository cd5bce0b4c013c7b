"""Test code, from the straight run to the verdict: whose fault a failure is, and what guarded runs make of a PASS."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from akd_sandbox import elsewhere, guarding, together
from akd_sandbox.checks import Draw
from akd_sandbox.concluding import Evidence, concluded, infra_result
from akd_sandbox.job import CodeTests, Job, PytestTests, Tests
from akd_sandbox.limits import Limits
from akd_sandbox.sample_run import clean
from akd_sandbox.slot import Role, Slot
from akd_sandbox.syntax import NOT_PYTHON
from akd_sandbox.verdict import SampleResult, TestResult, Verdict

_WANTING = re.compile(r"\b(NameError|ImportError|AttributeError)\b")
_NO_NETWORK = re.compile(
    r"\bgaierror\b|Network is unreachable|Cannot assign requested address|\[Errno 13\] Permission denied(?!:)"
)
"""What a socket raises here; a file that may not be opened is named after "Permission denied"."""
_TELLING_S = 0.05  # what ends sooner than that has hardly a choice of moments
SlotFor = Callable[[Role], Slot]
"""`slot_for(role)`: a running slot of a place, started when it is first asked for. Raises SlotError, IsolationError."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What a reference solution says of test code: its own result, and the tests with what may be made false."""

    result: SampleResult
    tests: Tests


def judge_together(
    slot_for: SlotFor, job: Job, tests: CodeTests | PytestTests, limits: Limits, isolation: str
) -> tuple[SampleResult, bool]:
    """Run test code beside a job's program, and again under guard if it passes. Raises SlotError."""
    started = time.monotonic()
    try:
        harness = together.harness_of(tests, job.entry)
        sources = harness.plan.straight
    except NOT_PYTHON as error:
        return infra_result(job, f"the test code is not Python: {error}", isolation), False
    if not harness.least and not harness.plan.sites:
        return infra_result(job, "the test code holds no test", isolation), False
    run, peer = together.run_tests(slot_for("straight"), job, harness, sources, limits, None)
    guard = guarding.Guard(Verdict.PASS)
    if not run.missing and (run.tests_broken or (run.ended_by is Verdict.TIMEOUT and len(run.tests) <= 1)):
        run = _blamed(slot_for, job, harness, limits, run)
    elif run.passed:
        rerun = _rerun(slot_for, job, harness, limits, run)
        guard = guarding.guard(run, harness, rerun, tests.admitted)
        if guard.verdict is Verdict.PASS:
            replay = _replay(slot_for, job, harness, limits)
            seen = elsewhere.seen_elsewhere(run, harness, rerun, replay, tests.admitted)
            guard = guard if seen.verdict is Verdict.PASS else seen
        if guard.verdict is not Verdict.PASS:
            _overrule(run, guard)
    evidence = Evidence(time.monotonic() - started, peer.peak_bytes, peer.stdout.text(), peer.stderr.text())
    return concluded(job, run, replace(evidence, judging="together", unguarded=guard.unguarded), isolation)


def _overrule(run: together.TestRun, guard: guarding.Guard) -> None:
    """Put what guarded runs found in the place of what the tests said: nothing that a forger's tests say counts."""
    run.ended_by, run.detail = guard.verdict, guard.detail
    first = 0 if guard.verdict is Verdict.TAMPER else len(run.tests) - 1
    for number in range(first, len(run.tests)):
        run.tests[number] = TestResult(guard.verdict, run.tests[number].wall_s, clean(guard.detail))
    if not guard.verdict.decided:
        run.tests.clear()


def _rerun(
    slot_for: SlotFor, job: Job, harness: together.Harness, limits: Limits, straight: together.TestRun
) -> guarding.Rerun:
    """Return the function that runs a sample's tests again, guarded.

    A run that takes its time may end at a moment of its choosing, which would tell the next one what it has read in the
    tests. So the next one begins at a moment that is as uncertain as the longest run so far was long.
    """
    again, generous = replace(job, stop_at_first_failure=False), guarding.generous(limits)
    chance, longest_s = random.SystemRandom(), straight.wall_s

    def rerun(draw: Draw, order: int | None) -> together.TestRun:
        nonlocal longest_s
        if longest_s > _TELLING_S:
            time.sleep(chance.uniform(0, longest_s))
        run, _ = together.run_tests(slot_for("guarded"), again, harness, draw.sources, generous, order)
        longest_s = max(longest_s, run.wall_s)
        return run

    return rerun


def _replay(slot_for: SlotFor, job: Job, harness: together.Harness, limits: Limits) -> elsewhere.Replay:
    """Return the function that runs a sample's tests where the sample is not, with what it gave."""
    alone, generous = elsewhere.without_program(job, harness), guarding.generous(limits)

    def replay(draw: Draw, given: Mapping[int, tuple[bytes | None, ...]]) -> together.TestRun:
        return together.run_tests(slot_for("guarded"), alone, harness, draw.sources, generous, None, given)[0]

    return replay


def admit_reference(slot_for: SlotFor, job: Job, limits: Limits, isolation: str) -> Admission:
    """Run a reference solution on test code, and find out which checks it fails when they are made false.

    Raises SlotError; TypeError for tests that are data.
    """
    tests = job.tests
    if not isinstance(tests, CodeTests | PytestTests):
        raise TypeError(f"{type(tests).__name__} are data: nothing in them is to be made false")
    result, _ = judge_together(slot_for, job, replace(tests, admitted=frozenset()), limits, isolation)
    if result.verdict is not Verdict.PASS:
        return Admission(result, tests)
    harness = together.harness_of(tests, job.entry)
    run, _ = together.run_tests(slot_for("straight"), job, harness, harness.plan.straight, limits, None)
    rerun, replay = _rerun(slot_for, job, harness, limits, run), _replay(slot_for, job, harness, limits)
    admitted = guarding.admit(run, harness, rerun) | elsewhere.vouched_elsewhere(run, harness, rerun, replay)
    return Admission(result, replace(tests, admitted=admitted))


def _blamed(
    slot_for: SlotFor, job: Job, harness: together.Harness, limits: Limits, run: together.TestRun
) -> together.TestRun:
    """Return the run of test code that could not be run, the fault put where it belongs.

    A program cannot choose to have no verdict: only test code that fails just so beside an empty program is at fault,
    and not for want of a name that the program was to define.
    """
    if _WANTING.search(run.tests_broken):
        return run
    nothing = replace(job, code="", entry="", files={})
    alone, _ = together.run_tests(slot_for("straight"), nothing, harness, harness.plan.straight, limits, None)
    if alone.tests_broken == run.tests_broken and alone.ended_by == run.ended_by:
        offline = _NO_NETWORK.search(run.tests_broken)
        wanting = offline or "ModuleNotFoundError" in run.tests_broken
        run.ended_by = Verdict.UNSUPPORTED if wanting else Verdict.INFRA
        why = "; there is no network here, not even loopback: put a stand-in in its place" if offline else ""
        run.detail = f"the test code itself failed: {run.tests_broken or run.detail}{why}"
        run.tests.clear()
    return run
