"""The judge: holds the expected values, compares, keeps the clock, decides. Trusted; runs no untrusted code."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from akd_sandbox import codec, together
from akd_sandbox.checks import Draw
from akd_sandbox.guest import wire
from akd_sandbox.job import Case, CodeTests, FunctionTests, Job, ProgramTests, PytestTests, Tests, bad_path
from akd_sandbox.limits import Limits
from akd_sandbox.peer import DIGEST_OVER, Clock, Peer, WorkerFrame
from akd_sandbox.programs import run_once
from akd_sandbox.sample_run import EARLY, MALFORMED, SampleRun, clean, common_outcome, early, show, stopped
from akd_sandbox.slot import Role, Slot
from akd_sandbox.verdict import CallOutcome, Digest, SampleResult, TestResult, Verdict

JUDGE_NODES = 2_000_000
"""How many values one returned value may hold for the judge to read it (a million rows of two are fine)."""
_SHOW_BYTES = 1 << 16  # a value is shown in full detail only if it was this short on the wire
_CODE_CHARS = 8 << 20
_WANTING = re.compile(r"\b(NameError|ImportError|AttributeError)\b")


Decide = Callable[[int, WorkerFrame], tuple[Verdict, str]]
"""Judge one reply to one case: `(index, frame) -> (verdict, detail)`. Raises ValueError if it is not a reply."""


def comparer(tests: FunctionTests) -> Decide:
    """Return the function that judges replies to tests by comparing with their expected values."""
    cases, answers = tests.cases, tests.answers

    def decide(index: int, frame: WorkerFrame) -> tuple[Verdict, str]:
        if frame.kind == wire.VALUE and frame.body == answers[index]:
            return Verdict.PASS, ""
        common = common_outcome(frame)
        if common is not None:
            return common
        if frame.kind == wire.DIGEST:
            return _compare_digest(cases[index], frame)
        if frame.kind != wire.VALUE:
            raise ValueError(f"unknown reply {frame.kind!r}")
        try:
            return _compare_value(cases[index], frame.body)
        except codec.TooManyValuesError as error:
            return Verdict.OUTPUT, f"returned {error}"

    return decide


def _digest_of(body: bytes) -> Digest:
    """Return the digest a worker sent. Raises CodecError."""
    pair = codec.decode(body)
    if type(pair) is tuple and tuple(map(type, pair)) == (str, int) and len(pair[0]) == 64 and 0 <= pair[1] < 1 << 63:
        return Digest(*pair)
    raise codec.CodecError("no digest")


def _compare_digest(case: Case, frame: WorkerFrame) -> tuple[Verdict, str]:
    if not case.may_digest:
        raise ValueError("a digest where the value itself is compared")
    got, expected = _digest_of(frame.body), case.expected_value
    try:
        wanted = expected.sha256 if isinstance(expected, Digest) else codec.digest(expected)[0]
    except codec.BadValueError:  # expected is nothing that a program could return
        return Verdict.WRONG, f"returned a large value ({got.size} bytes)"
    if got.sha256 == wanted:
        return Verdict.PASS, ""
    return Verdict.WRONG, f"returned another large value ({got.size} bytes)"


def _compare_value(case: Case, body: bytes) -> tuple[Verdict, str]:
    if case.may_digest and len(body) > DIGEST_OVER:
        raise ValueError("a large value where its digest was due")
    got, expected = codec.decode(body, JUDGE_NODES), case.expected_value
    shown = show(got) if len(body) <= _SHOW_BYTES else f"a {type(got).__name__} of {len(body)} bytes"
    if isinstance(expected, Digest):
        if codec.digest(got)[0] == expected.sha256:
            return Verdict.PASS, ""
        return Verdict.WRONG, f"got {shown}, expected a value of {expected.size} bytes"
    try:
        same = case.compare(expected, got, codec.decode(codec.encode(tuple(case.args))))
    except Exception as error:  # a comparison that cannot be made is a difference, not a fault of ours
        return Verdict.WRONG, f"got {shown}, which cannot be compared ({type(error).__name__})"
    if same:
        return Verdict.PASS, ""
    return Verdict.WRONG, f"got {shown}, expected {show(expected)}"


def collector(outcomes: list[CallOutcome]) -> Decide:
    """Return a function that accepts any value and appends it to outcomes (for a reference program)."""

    def decide(index: int, frame: WorkerFrame) -> tuple[Verdict, str]:
        common = common_outcome(frame)
        value: Any = None
        if common is None:
            if frame.kind not in (wire.VALUE, wire.DIGEST):
                raise ValueError(f"unknown reply {frame.kind!r}")
            if len(frame.body) > DIGEST_OVER:
                raise ValueError("a large value where its digest was due")
            value = codec.decode(frame.body, JUDGE_NODES) if frame.kind == wire.VALUE else _digest_of(frame.body)
        verdict, detail = common or (Verdict.PASS, "")
        outcomes.append(CallOutcome(verdict, value, 0.0, clean(detail)))
        return verdict, detail

    return decide


# --- one sample on its cases ---------------------------------------------------------------------------------


def run_cases(
    peer: Peer,
    code: str,
    entry: str,
    inputs: bytes,
    limits_s: Sequence[float],
    decide: Decide,
    stop_early: bool,
    files: Mapping[str, str] = MappingProxyType({}),
) -> SampleRun:
    """Run a program on cases and judge each reply as it arrives. Raises SlotError."""
    run = SampleRun([])
    limits = peer.limits
    clock = Clock((peer,))
    clock.begin(limits.import_s)
    peer.send_job({"mode": "cases", "code": code, "entry": entry, "files": dict(files)})
    defined = False
    started = time.monotonic()

    def finish(verdict: Verdict, detail: str) -> SampleRun:
        run.ended_by, run.detail, run.starved = verdict, detail, clock.starved
        if defined:
            run.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
        return run

    while True:
        frames = peer.pump(clock.pause_s())
        for frame in frames:
            if not defined:
                if frame.kind in EARLY:
                    try:
                        return finish(*early(frame, entry))
                    except MALFORMED as error:
                        return finish(Verdict.TAMPER, f"sent something that is not a description: {error}")
                if frame.kind != wire.DEFINED:
                    return finish(Verdict.TAMPER, "replied before its program was defined")
                defined = True
                started = time.monotonic()
                peer.request(inputs)
            else:
                index = len(run.tests)
                if frame.kind == wire.FINISHED and index == len(limits_s) == frame.index:
                    return run
                if frame.index != index or index >= len(limits_s):
                    return finish(Verdict.TAMPER, "replied out of order")
                try:
                    verdict, detail = decide(index, frame)
                except MALFORMED as error:
                    return finish(Verdict.TAMPER, f"sent something that is not a value: {error}")
                run.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
                if verdict is not Verdict.PASS and run.ended_by is None:
                    run.detail = detail
                if stop_early and verdict is not Verdict.PASS:
                    return run
            clock.begin(limits_s[len(run.tests)] if len(run.tests) < len(limits_s) else limits.test_s)
        end = stopped(peer, clock, f"test {len(run.tests)}" if defined else "importing and defining")
        if end is not None:
            return finish(*end)
        if defined and clock.overdue(started, limits.sample_s):
            return finish(Verdict.TIMEOUT, f"all tests together took longer than {limits.sample_s:g} s")


# --- whole samples ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Admission:
    """What a reference solution says of test code: its own result, and the tests with what may be made false."""

    result: SampleResult
    tests: Tests


SlotFor = Callable[[Role], Slot]
"""`slot_for(role)`: a running slot of a place, started when it is first asked for. Raises SlotError, IsolationError."""


def judge_sample(slot_for: SlotFor, job: Job, limits: Limits, isolation: str) -> tuple[SampleResult, bool]:
    """Run one sample to its verdict; also return whether load may be to blame for a timeout. Raises SlotError."""
    tests = job.tests
    refused = _refused(job, isolation)
    if refused is not None:
        return refused, False
    if isinstance(tests, ProgramTests):
        return _judge_program(slot_for("values"), job, tests, limits, isolation)
    if isinstance(tests, FunctionTests):
        result, starved = _judge_values(slot_for("values"), job, tests, limits, isolation)
        if result.verdict is not Verdict.BADVALUE or tests.code is None or job.judging == "values":
            return result, starved
        job = replace(job, tests=tests.code)
    elif job.judging == "values":
        detail = "test code cannot be judged by value; leave out --judging values, or write cases"
        return infra_result(job, detail, isolation, Verdict.UNSUPPORTED), False
    return judge_together(slot_for, job, limits, isolation)


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
    return _concluded(job, run, replace(evidence, judging="values"), isolation)


def judge_together(slot_for: SlotFor, job: Job, limits: Limits, isolation: str) -> tuple[SampleResult, bool]:
    """Run test code beside a program, and again under guard if it passes. Raises SlotError."""
    started = time.monotonic()
    assert isinstance(job.tests, CodeTests | PytestTests)
    try:
        harness = together.harness_of(job.tests, job.entry)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return infra_result(job, f"the test code is not Python: {error}", isolation), False
    if not harness.least and not harness.plan.sites:
        return infra_result(job, "the test code holds no test", isolation), False
    run, peer = together.run_tests(slot_for("straight"), job, harness, harness.plan.straight, limits, None)
    guard = together.Guard(Verdict.PASS)
    if run.missing and not run.passed and run.ended_by in (None, Verdict.WRONG):
        names = ", ".join(run.missing)
        run.ended_by, run.detail = Verdict.UNSUPPORTED, f"runs a program that is not here: {names} ({run.detail})"
    elif run.tests_broken or (run.ended_by is Verdict.TIMEOUT and len(run.tests) <= 1):
        run = _blamed(slot_for, job, harness, limits, run)
    elif run.passed:
        guard = together.guard(run, harness.plan, _rerun(slot_for, job, harness, limits), job.tests.admitted)
        if guard.verdict is not Verdict.PASS:
            run.ended_by, run.detail = guard.verdict, guard.detail
    evidence = Evidence(time.monotonic() - started, peer.peak_bytes, peer.stdout.text(), peer.stderr.text())
    return _concluded(job, run, replace(evidence, judging="together", unguarded=guard.unguarded), isolation)


def _rerun(slot_for: SlotFor, job: Job, harness: together.Harness, limits: Limits) -> together.Rerun:
    """Return the function that runs a sample's tests again, guarded."""
    again, generous = replace(job, stop_at_first_failure=False), together.generous(limits)

    def rerun(draw: Draw, order: int | None) -> together.TestRun:
        return together.run_tests(slot_for("guarded"), again, harness, draw.sources, generous, order)[0]

    return rerun


def admit_reference(slot_for: SlotFor, job: Job, limits: Limits, isolation: str) -> Admission:
    """Run a reference solution on test code, and find out which checks it fails when they are made false.

    Raises SlotError.
    """
    result, _ = judge_sample(slot_for, replace(job, tests=_admitting(job.tests, frozenset())), limits, isolation)
    if result.verdict is not Verdict.PASS:
        return Admission(result, job.tests)
    assert isinstance(job.tests, CodeTests | PytestTests)
    harness = together.harness_of(job.tests, job.entry)
    run, _ = together.run_tests(slot_for("straight"), job, harness, harness.plan.straight, limits, None)
    admitted = together.admit(run, harness.plan, _rerun(slot_for, job, harness, limits))
    return Admission(result, _admitting(job.tests, admitted))


def _admitting(tests: Tests, admitted: frozenset[int]) -> CodeTests | PytestTests:
    if not isinstance(tests, CodeTests | PytestTests):
        raise TypeError(f"{type(tests).__name__} are data: nothing in them is to be made false")
    return replace(tests, admitted=admitted)


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
        missing = "ModuleNotFoundError" in run.tests_broken
        run.ended_by = Verdict.UNSUPPORTED if missing else Verdict.INFRA
        run.detail = f"the test code itself failed: {run.tests_broken or run.detail}"
        run.tests.clear()
    return run


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample used and printed."""

    wall_s: float
    peak_bytes: int
    stdout: str
    stderr: str
    judging: str = ""
    unguarded: bool = False


def _concluded(job: Job, run: SampleRun, evidence: Evidence, isolation: str) -> tuple[SampleResult, bool]:
    failed = tuple(i for i, test in enumerate(run.tests) if test.verdict is not Verdict.PASS)
    verdict = run.ended_by or (run.tests[failed[0]].verdict if failed else Verdict.PASS)
    if failed and run.ended_by not in (Verdict.TAMPER, Verdict.INFRA, Verdict.UNSUPPORTED):
        verdict = run.tests[failed[0]].verdict
    result = SampleResult(
        verdict=verdict,
        tests=tuple(run.tests),
        failed=failed,
        wall_s=evidence.wall_s,
        peak_memory_bytes=evidence.peak_bytes,
        stdout=evidence.stdout,
        stderr=evidence.stderr,
        detail=clean(run.detail),
        code_sha256=code_sha256(job.code),
        isolation=isolation,
        judging=evidence.judging,
        unguarded=evidence.unguarded,
    )
    return result, run.starved and verdict is Verdict.TIMEOUT


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
    return _concluded(job, run, Evidence(time.monotonic() - started, peak, stdout, stderr, "output"), isolation)


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


def infra_result(job: Job, detail: str, isolation: str, verdict: Verdict = Verdict.INFRA) -> SampleResult:
    """Return the result of a sample that could not be run."""
    return SampleResult(verdict, (), (), 0.0, 0, "", "", clean(detail), code_sha256(job.code), isolation)


def code_sha256(code: str) -> str:
    """Return the sha256 of a program text (lone surrogates allowed)."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
