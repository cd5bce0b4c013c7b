"""Test code against a program, each in a worker of its own, with the judge between them."""

from __future__ import annotations

import time
from typing import Any

from akd_sandbox import codec
from akd_sandbox.course import EARLY, MALFORMED, Course, clean, common_outcome, early, ended, explain
from akd_sandbox.guest import wire
from akd_sandbox.job import CodeTests, Job, PytestTests
from akd_sandbox.limits import Limits
from akd_sandbox.peer import Clock, Frame, Peer
from akd_sandbox.verdict import TestResult, Verdict


def run_code_tests(candidate: Peer, tester: Peer, job: Job, tests: CodeTests | PytestTests) -> Course:
    """Run test code in `tester` against a program in `candidate`, passing every call between them. Raises SlotError.

    The candidate never sees the tests, the tests never run the candidate's code: both only exchange plain data and
    object numbers through here. Test code that fails before it asked the candidate anything is a bad task (INFRA);
    afterwards the failure counts against the candidate, which could otherwise choose to have no verdict. (A suite is
    known to be good by its reference solution.)
    """
    limits = candidate.limits
    course = Course([])
    clock = Clock((candidate, tester))
    clock.begin(limits.import_s)
    module = tests.module if isinstance(tests, PytestTests) else ""
    work = {"mode": "serve", "code": job.code, "entry": job.entry, "files": dict(job.files), "module": module}
    candidate.send_job(work)
    first = _reply(candidate, clock, limits, course)
    if first is None:
        return course
    if first.kind in EARLY:
        try:
            course.ended_by, course.detail = early(first, job.entry)
        except MALFORMED as error:
            course.ended_by, course.detail = Verdict.TAMPER, f"sent what is no description: {error}"
        return course
    if first.kind != wire.DEFINED:
        course.ended_by, course.detail = Verdict.TAMPER, "replied before its program was defined"
        return course
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
                reply = _reply(candidate, clock, limits, course)
                if reply is None:
                    return course
                if reply.index != asked or reply.kind not in (wire.VALUE, wire.RAISED, wire.BAD_VALUE, wire.TOO_LARGE):
                    return _end(course, Verdict.TAMPER, "replied out of order", clock)
                try:
                    if reply.kind in (wire.BAD_VALUE, wire.TOO_LARGE):
                        verdict, detail = common_outcome(reply) or (Verdict.BADVALUE, "")
                        return _end(course, verdict, detail, clock)
                    if reply.kind == wire.RAISED:
                        last_problem = explain(reply.body)[1]
                except MALFORMED as error:
                    return _end(course, Verdict.TAMPER, f"sent what is no description: {error}", clock)
                tester.request(reply.kind + reply.body)
                continue
            if frame.kind == wire.DEFINED:
                if isinstance(tests, PytestTests):
                    collected = frame.index
                    if wrong := _miscounted(tests, collected):
                        return _end(course, Verdict.WRONG if asked else Verdict.INFRA, wrong, clock)
                clock.begin(limits.test_s)
                continue
            if frame.kind == wire.FINISHED:
                if isinstance(tests, PytestTests) and not frame.index == len(course.tests) == collected:
                    detail = f"{len(course.tests)} of {collected} collected tests ran"
                    return _end(course, Verdict.WRONG if asked else Verdict.INFRA, detail, clock)
                if frame.index != len(course.tests) or not course.tests:
                    return _end(course, Verdict.INFRA, "the test code holds no test", clock)
                return course
            if frame.kind == wire.IMPORT_RAISED:
                name, detail = explain(frame.body)
                if last_problem and name in last_problem:
                    return _end(course, Verdict.RAISED, last_problem, clock)
                if asked:
                    return _end(course, Verdict.WRONG, f"the test code failed on what it got: {detail}", clock)
                return _end(course, Verdict.INFRA, f"the test code failed: {detail}", clock)
            verdict, detail = _test_outcome(frame)
            course.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
            if verdict is not Verdict.PASS:
                course.detail = course.detail or detail
                if job.stop_at_first_failure:
                    return course
            clock.begin(limits.test_s)
        if tester.exit is not None or tester.tampered or tester.flooded:
            why = tester.tampered or ("printed too much" if tester.flooded else "ended early")
            if not asked:
                return _end(course, Verdict.INFRA, f"the test code {why}", clock)
            verdict = Verdict.OUTPUT if tester.flooded else Verdict.BADVALUE
            if tester.exit is not None and not tester.flooded:
                verdict, why = ended(tester.exit, limits)
            return _end(course, verdict, f"the test code, on what it got: {why}", clock)
        if clock.overdue(started, limits.sample_s):
            return _end(course, Verdict.TIMEOUT, f"all tests together took longer than {limits.sample_s:g} s", clock)
        if clock.expired():
            verdict = Verdict.TIMEOUT if asked else Verdict.INFRA
            return _end(course, verdict, "the test code itself did not finish", clock)


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


def _end(course: Course, verdict: Verdict, detail: str, clock: Clock) -> Course:
    course.ended_by, course.detail, course.starved = verdict, detail, clock.starved
    course.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
    return course


def _reply(peer: Peer, clock: Clock, limits: Limits, course: Course) -> Frame | None:
    """Wait for the candidate's one reply; None when there is none, and course says why."""
    while True:
        frames = peer.pump(clock.pause_s())
        if len(frames) == 1 and not peer.tampered:
            return frames[0]
        if frames or peer.tampered:
            _end(course, Verdict.TAMPER, peer.tampered or "replied twice", clock)
        elif peer.flooded:
            _end(course, Verdict.OUTPUT, f"printed more than {limits.output_bytes} bytes", clock)
        elif peer.exit is not None:
            _end(course, *ended(peer.exit, limits), clock)
        elif clock.expired():
            _end(course, Verdict.TIMEOUT, f"took longer than {clock.limit_s:g} s", clock)
        else:
            continue
        return None


def _test_outcome(frame: Frame) -> tuple[Verdict, str]:
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
