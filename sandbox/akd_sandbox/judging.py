"""The judge: holds the expected values, compares, keeps the clock, decides. Trusted; runs no untrusted code."""

from __future__ import annotations

import time
from dataclasses import replace

from akd_sandbox import codec
from akd_sandbox.by_value import collector, comparer, run_cases
from akd_sandbox.code_tests import SlotFor, judge_together
from akd_sandbox.concluding import Evidence, concluded, infra_result
from akd_sandbox.job import FunctionTests, Job, ProgramTests, PytestTests, bad_path
from akd_sandbox.limits import Limits
from akd_sandbox.peer import Peer
from akd_sandbox.programs import run_once
from akd_sandbox.sample_run import SampleRun, clean
from akd_sandbox.slot import Slot
from akd_sandbox.verdict import CallOutcome, SampleResult, TestResult, Verdict

_CODE_CHARS = 8 << 20


def judge_sample(slot_for: SlotFor, job: Job, limits: Limits, isolation: str) -> tuple[SampleResult, bool]:
    """Run one sample to its verdict; also return whether load may be to blame for a timeout. Raises SlotError."""
    tests = job.tests
    refused = _refused(job, isolation)
    if refused is not None:
        return refused, False
    if isinstance(tests, ProgramTests):
        return _judge_program(slot_for("values"), job, tests, limits, isolation)
    if isinstance(tests, FunctionTests):
        result, starved = _judge_values(
            slot_for("reseeded" if job.reseeded else "values"), job, tests, limits, isolation
        )
        if result.verdict is not Verdict.BADVALUE or tests.code is None or job.judging == "values":
            return result, starved
        tests = tests.code
    elif job.judging == "values":
        detail = "test code cannot be judged by value; leave out --judging values, or write cases"
        return infra_result(job, detail, isolation, Verdict.UNSUPPORTED), False
    return judge_together(slot_for, job, tests, limits, isolation)


def _refused(job: Job, isolation: str) -> SampleResult | None:
    """Return the result of a sample that need not be run, None for any other."""
    tests = job.tests
    empty = isinstance(tests, FunctionTests | ProgramTests) and not tests.cases
    if empty or (isinstance(tests, PytestTests) and not tests.files):
        return infra_result(job, "the task has no tests", isolation)
    if isinstance(tests, FunctionTests):
        try:
            _ = tests.inputs
        except (codec.BadValueError, codec.ValueTooLargeError, ValueError) as error:
            return infra_result(job, f"an input of the task does not travel: {error}", isolation)
    if len(job.code) > _CODE_CHARS:
        return infra_result(job, f"a program of {len(job.code)} characters", isolation, Verdict.SYNTAX)
    wrong_path = bad_path(job.files) or (bad_path(tests.files) if isinstance(tests, PytestTests) else "")
    if wrong_path:
        return infra_result(job, f"a file may not be called {clean(wrong_path)!r}", isolation)
    return None


def _judge_values(
    slot: Slot, job: Job, tests: FunctionTests, limits: Limits, isolation: str
) -> tuple[SampleResult, bool]:
    """Run a program on cases, each value compared here. Raises SlotError."""
    started = time.monotonic()
    with Peer(slot, limits) as peer:
        limits_s = [limits.test_s if case.limit_s is None else case.limit_s for case in tests.cases]
        decide = comparer(tests)
        stop = job.stop_at_first_failure
        run = run_cases(peer, job.code, job.entry, tests.inputs, limits_s, decide, stop, job.files)
        exit_ = peer.end()
    evidence = Evidence(time.monotonic() - started, exit_.peak_bytes, peer.stdout.text(), peer.stderr.text())
    return concluded(job, run, replace(evidence, judging="values"), isolation)


def _judge_program(
    slot: Slot, job: Job, tests: ProgramTests, limits: Limits, isolation: str
) -> tuple[SampleResult, bool]:
    """Run a whole program once for each case, each time in a fresh worker. Raises SlotError."""
    started = time.monotonic()
    run, peak, stdout, stderr = SampleRun([]), 0, "", ""
    for case in tests.cases:
        with Peer(slot, limits, case.stdin.encode("utf-8", "surrogatepass")) as peer:
            verdict, detail = run_once(peer, job, tests, case, run)
            exit_ = peer.end()
        peak, stdout, stderr = max(peak, exit_.peak_bytes), peer.stdout.text(), peer.stderr.text()
        if verdict is not Verdict.PASS:
            run.detail = run.detail or detail
            if verdict in (Verdict.TAMPER, Verdict.SYNTAX):
                run.ended_by = verdict
            if job.stop_at_first_failure or run.ended_by:
                break
        if time.monotonic() - started > limits.sample_s and len(run.tests) < len(tests.cases):
            run.ended_by, run.starved = Verdict.TIMEOUT, True
            run.detail = f"all tests together took longer than {limits.sample_s:g} s"
            run.tests.append(TestResult(Verdict.TIMEOUT, 0.0, run.detail))
            break
    return concluded(job, run, Evidence(time.monotonic() - started, peak, stdout, stderr, "output"), isolation)


def call_all(
    slot: Slot, code: str, entry: str, inputs: FunctionTests, limits: Limits
) -> tuple[list[CallOutcome], bool]:
    """Call a reference program on every input; also return whether load may be to blame for a timeout.

    The list ends early where the program did. Raises SlotError.
    """
    outcomes: list[CallOutcome] = []
    with Peer(slot, limits) as peer:
        limits_s = [limits.test_s] * len(inputs.cases)
        run = run_cases(peer, code, entry, inputs.inputs, limits_s, collector(outcomes), stop_early=False)
    timed = [
        CallOutcome(outcome.verdict, outcome.value, test.wall_s, outcome.detail)
        for outcome, test in zip(outcomes, run.tests, strict=False)
    ]
    if run.ended_by is not None:
        wall_s = run.tests[-1].wall_s if run.tests else 0.0
        missing = len(inputs.cases) - len(timed)
        timed += [CallOutcome(run.ended_by, None, wall_s, clean(run.detail))] * missing
    return timed, run.starved and run.ended_by is Verdict.TIMEOUT
