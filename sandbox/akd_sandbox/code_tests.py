"""Test code against a program, each in a worker of its own, with the judge between them."""

from __future__ import annotations

import time
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.job import CodeTests, Job, PytestTests
from akd_sandbox.peer import Clock, Peer, WorkerFrame
from akd_sandbox.sample_run import EARLY, MALFORMED, SampleRun, clean, common_outcome, early, explain, stopped
from akd_sandbox.verdict import TestResult, Verdict


def run_code_tests(candidate: Peer, tester: Peer, job: Job, tests: CodeTests | PytestTests) -> SampleRun:
    """Run test code in `tester` against a program in `candidate`, passing every call between them. Raises SlotError.

    The candidate never sees the tests, the tests never run the candidate's code: both only exchange plain data and
    object numbers through here. Test code that fails before it asked the candidate anything is a bad task (INFRA);
    afterwards the failure counts against the candidate, which could otherwise choose to have no verdict. (A suite is
    known to be good by its reference solution.)
    """
    limits = candidate.limits
    run = SampleRun([])
    clock = Clock((candidate, tester))
    clock.begin(limits.import_s)
    module = tests.module if isinstance(tests, PytestTests) else ""
    work = {"mode": "serve", "code": job.code, "entry": job.entry, "files": dict(job.files), "module": module}
    candidate.send_job(work)
    first = _reply(candidate, clock, run)
    if first is None:
        return run
    if first.kind in EARLY:
        try:
            run.ended_by, run.detail = early(first, job.entry)
        except MALFORMED as error:
            run.ended_by, run.detail = Verdict.TAMPER, f"sent something that is not a description: {error}"
        return run
    if first.kind != wire.DEFINED:
        run.ended_by, run.detail = Verdict.TAMPER, "replied before its program was defined"
        return run
    tester.send_job(_tester_job(job, tests))
    clock.begin(limits.import_s)
    started = time.monotonic()
    asked, last_problem = 0, ""
    collected: int | None = None
    while True:
        for frame in tester.pump(clock.pause_s()):
            if frame.kind == wire.CALL:
                asked += 1
                candidate.request(frame.body)
                reply = _reply(candidate, clock, run)
                if reply is None:
                    return run
                if reply.index != asked or reply.kind not in (wire.VALUE, wire.RAISED, wire.BAD_VALUE, wire.TOO_LARGE):
                    return _end(run, Verdict.TAMPER, "replied out of order", clock)
                try:
                    if reply.kind in (wire.BAD_VALUE, wire.TOO_LARGE):
                        verdict, detail = common_outcome(reply) or (Verdict.BADVALUE, "")
                        return _end(run, verdict, detail, clock)
                    if reply.kind == wire.RAISED:
                        last_problem = explain(reply.body)[1]
                except MALFORMED as error:
                    return _end(run, Verdict.TAMPER, f"sent something that is not a description: {error}", clock)
                tester.request(reply.kind + reply.body)
                continue
            if frame.kind == wire.DEFINED:
                if isinstance(tests, PytestTests):
                    collected = frame.index
                    if wrong := _miscounted(tests, collected):
                        return _end(run, Verdict.WRONG if asked else Verdict.INFRA, wrong, clock)
                clock.begin(limits.test_s)
                continue
            if frame.kind == wire.FINISHED:
                if isinstance(tests, PytestTests) and not frame.index == len(run.tests) == collected:
                    detail = f"{len(run.tests)} of {collected} collected tests ran"
                    return _end(run, Verdict.WRONG if asked else Verdict.INFRA, detail, clock)
                if frame.index != len(run.tests) or not run.tests:
                    return _end(run, Verdict.INFRA, "the test code holds no test", clock)
                return run
            if frame.kind == wire.IMPORT_RAISED:
                name, detail = explain(frame.body)
                if last_problem and name in last_problem:
                    return _end(run, Verdict.RAISED, last_problem, clock)
                if asked:
                    return _end(run, Verdict.WRONG, f"the test code failed on what it got: {detail}", clock)
                return _end(run, Verdict.INFRA, f"the test code failed: {detail}", clock)
            verdict, detail = _test_outcome(frame)
            run.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
            if verdict is not Verdict.PASS:
                run.detail = run.detail or detail
                if job.stop_at_first_failure:
                    return run
            clock.begin(limits.test_s)
        if clock.overdue(started, limits.sample_s):
            return _end(run, Verdict.TIMEOUT, f"all tests together took longer than {limits.sample_s:g} s", clock)
        end = stopped(tester, clock, "a test")
        if end is not None:
            verdict, why = end
            if verdict is Verdict.TAMPER:  # its values broke the test code: nothing of the program is in that worker
                verdict = Verdict.BADVALUE
            return _end(run, verdict if asked else Verdict.INFRA, f"the test code, on what it got: {why}", clock)


def _tester_job(job: Job, tests: CodeTests | PytestTests) -> dict[str, Any]:
    if isinstance(tests, CodeTests):
        return {"mode": "tests", "code": tests.code, "style": tests.style, "entry": job.entry}
    paths = [path[: -len(".py")].replace("/", ".") for path in job.files if path.endswith(".py")]
    modules = [name.removesuffix(".__init__") for name in paths]
    return {"mode": "pytest", "files": dict(tests.files), "module": tests.module, "modules": modules}


def _miscounted(tests: PytestTests, collected: int) -> str:
    """Return what is wrong with how many tests were collected, or nothing."""
    if collected == 0:
        return "no test was collected"
    if tests.count is not None and collected != tests.count:
        return f"{collected} tests were collected and not {tests.count}"
    return ""


def _end(run: SampleRun, verdict: Verdict, detail: str, clock: Clock) -> SampleRun:
    run.ended_by, run.detail, run.starved = verdict, detail, clock.starved
    run.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
    return run


def _reply(peer: Peer, clock: Clock, run: SampleRun) -> WorkerFrame | None:
    """Wait for the candidate's one reply; None when there is none, and run says why."""
    while True:
        frames = peer.pump(clock.pause_s())
        if len(frames) == 1 and not peer.tampered:
            return frames[0]
        end = (Verdict.TAMPER, "replied twice") if len(frames) > 1 else stopped(peer, clock, "the test")
        if end is not None:
            _end(run, *end, clock)
            return None


def _test_outcome(frame: WorkerFrame) -> tuple[Verdict, str]:
    if frame.kind == wire.TEST_PASSED:
        return Verdict.PASS, ""
    if frame.kind == wire.TEST_WRONG:
        return Verdict.WRONG, str(codec.decode(frame.body))
    if frame.kind == wire.RAISED:
        name, message, _, source, from_candidate = (str(part) for part in codec.decode(frame.body))
        detail = from_candidate or f"{name}: {message}"
        verdict = Verdict.RAISED if from_candidate else Verdict.WRONG
        return verdict, " ".join(f"{detail}  in {source}".split())
    return Verdict.INFRA, "the test code sent nonsense"
