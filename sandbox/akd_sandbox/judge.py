"""The judge: holds the expected values, compares, keeps the clock, decides. Trusted; runs no untrusted code."""

from __future__ import annotations

import hashlib
import reprlib
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from akd_sandbox import codec
from akd_sandbox.errors import SlotError
from akd_sandbox.guest import wire
from akd_sandbox.job import Case, CodeTests, FunctionTests, Job
from akd_sandbox.limits import Limits
from akd_sandbox.peer import DIGEST_OVER, Clock, Frame, Peer
from akd_sandbox.slot import Slot, WorkerExit
from akd_sandbox.verdict import CallOutcome, Digest, SampleResult, TestResult, Verdict

JUDGE_NODES = 2_000_000
"""How many values one returned value may hold for the judge to read it (a million rows of two are fine)."""
_WORDS_BYTES = 1 << 16  # an honest worker's description of an exception or a type is far shorter
_SHOW_BYTES = 1 << 16  # a value is shown in full detail only if it was this short on the wire
_CODE_CHARS = 8 << 20
_MALFORMED = (codec.CodecError, ValueError, TypeError)


class _Repr(reprlib.Repr):
    """Short reprs that take no longer for a number of millions of digits."""

    def repr_int(self, x: int, level: int) -> str:
        return f"<an int of {x.bit_length()} bits>" if x.bit_length() > 1 << 13 else super().repr_int(x, level)


_REPR = _Repr()
_REPR.maxstring = _REPR.maxother = 120


@dataclass(slots=True)
class Course:
    """How a sample went so far: the tests that ran, and what ended it early."""

    tests: list[TestResult]
    ended_by: Verdict | None = None
    detail: str = ""
    starved: bool = False


Decide = Callable[[int, Frame], tuple[Verdict, str]]
"""Judge one reply to one case: `(index, frame) -> (verdict, detail)`. Raises ValueError if it is no reply."""


def show(value: Any) -> str:
    """Return a short repr of a plain decoded value, without trusting its size."""
    try:
        return _REPR.repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: {type(error).__name__}>"


def _words(body: bytes) -> tuple[str, ...]:
    """Return the texts of a worker's description of something. Raises CodecError if it is none, or too long for one."""
    words = codec.decode(body) if len(body) <= _WORDS_BYTES else None
    if type(words) is str:
        return (words,)
    if type(words) is not tuple or not all(type(word) is str for word in words):
        raise codec.CodecError("no description")
    return words


def _explain(body: bytes) -> tuple[str, str]:
    """Return (exception type, one line) of a worker's description of an exception. Raises CodecError or ValueError."""
    name, message, frames, *_ = _words(body)
    line = " ".join(f"{name}: {message}".split()) if message else name
    return name, f"{line} ({frames})" if frames else line


def _raised(body: bytes) -> tuple[Verdict, str]:
    name, detail = _explain(body)
    return (Verdict.MEMORY if name == "MemoryError" else Verdict.RAISED), detail


def _common(frame: Frame) -> tuple[Verdict, str] | None:
    """Judge a reply whose meaning does not depend on what was expected."""
    if frame.kind == wire.RAISED:
        return _raised(frame.body)
    if frame.kind == wire.BAD_VALUE:
        return Verdict.BADVALUE, f"returned {_words(frame.body)[0]}, which does not travel by value"
    if frame.kind == wire.TOO_LARGE:
        return Verdict.OUTPUT, "returned a value larger than the limit"
    return None


def comparer(tests: FunctionTests) -> Decide:
    """Return the function that judges replies to tests by comparing with their expected values."""
    cases, answers = tests.cases, tests.answers

    def decide(index: int, frame: Frame) -> tuple[Verdict, str]:
        if frame.kind == wire.VALUE and frame.body == answers[index]:
            return Verdict.PASS, ""
        common = _common(frame)
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


def _compare_digest(case: Case, frame: Frame) -> tuple[Verdict, str]:
    if not case.may_digest:
        raise ValueError("a digest where the value itself is compared")
    got = _digest_of(frame.body)
    try:
        wanted = case.expected.sha256 if isinstance(case.expected, Digest) else codec.digest(case.expected)[0]
    except codec.BadValueError:  # expected is nothing that a program could return
        return Verdict.WRONG, f"returned a large value ({got.size} bytes)"
    if got.sha256 == wanted:
        return Verdict.PASS, ""
    return Verdict.WRONG, f"returned another large value ({got.size} bytes)"


def _compare_value(case: Case, body: bytes) -> tuple[Verdict, str]:
    if case.may_digest and len(body) > DIGEST_OVER:
        raise ValueError("a large value where its digest was due")
    got = codec.decode(body, JUDGE_NODES)
    shown = show(got) if len(body) <= _SHOW_BYTES else f"a {type(got).__name__} of {len(body)} bytes"
    if isinstance(case.expected, Digest):
        if codec.digest(got)[0] == case.expected.sha256:
            return Verdict.PASS, ""
        return Verdict.WRONG, f"got {shown}, expected a value of {case.expected.size} bytes"
    try:
        same = case.compare(case.expected, got, codec.decode(codec.encode(tuple(case.args))))
    except Exception as error:  # a comparison that cannot be made is a difference, not a fault of ours
        return Verdict.WRONG, f"got {shown}, which cannot be compared ({type(error).__name__})"
    if same:
        return Verdict.PASS, ""
    return Verdict.WRONG, f"got {shown}, expected {show(case.expected)}"


def collector(outcomes: list[CallOutcome]) -> Decide:
    """Return a function that accepts any value and appends it to outcomes (for a reference program)."""

    def decide(index: int, frame: Frame) -> tuple[Verdict, str]:
        common = _common(frame)
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


# --- the course of a sample ---------------------------------------------------------------------------------


def _ended(peer: Peer, exit_: WorkerExit, limits: Limits) -> tuple[Verdict, str]:
    """Class a death by the kernel's evidence."""
    if exit_.out_of_memory:
        return Verdict.MEMORY, "the kernel killed it for lack of memory"
    if exit_.signal is not None:
        if exit_.signal in (signal.SIGKILL, signal.SIGXCPU) and exit_.cpu_s >= limits.sample_s:
            return Verdict.TIMEOUT, f"used {exit_.cpu_s:.1f} s of processor time"
        return Verdict.CRASHED, f"killed by signal {exit_.signal} ({_signal_name(exit_.signal)})"
    if exit_.code in (70, 71):
        return Verdict.EXITED, f"ended with code {exit_.code} before its tests did (broken from inside)"
    return Verdict.EXITED, f"ended with code {exit_.code} before its tests did"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "?"


_EARLY = {wire.SYNTAX: Verdict.SYNTAX, wire.IMPORT_RAISED: Verdict.RAISED, wire.NO_ENTRY: Verdict.NOENTRY}


def _early(frame: Frame, entry: str) -> tuple[Verdict, str]:
    """Judge a program that never got as far as its tests."""
    if frame.kind == wire.NO_ENTRY:
        return Verdict.NOENTRY, f"defines no function {entry!r}"
    name, detail = _explain(frame.body)
    if name == "MemoryError":
        return Verdict.MEMORY, detail
    return _EARLY[frame.kind], detail if frame.kind == wire.SYNTAX else f"at import: {detail}"


def run_cases(
    peer: Peer, code: str, entry: str, inputs: bytes, limits_s: Sequence[float], decide: Decide, stop_early: bool
) -> Course:
    """Run a program on cases and judge each reply as it arrives. Raises SlotError."""
    course = Course([])
    limits = peer.limits
    clock = Clock((peer,))
    clock.begin(limits.import_s)
    peer.send_job({"mode": "cases", "code": code, "entry": entry})
    defined = False
    started = time.monotonic()

    def finish(verdict: Verdict, detail: str) -> Course:
        course.ended_by, course.detail, course.starved = verdict, detail, clock.starved
        if defined:
            course.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
        return course

    while True:
        frames = peer.pump(clock.pause_s())
        for frame in frames:
            if not defined:
                if frame.kind in _EARLY:
                    try:
                        return finish(*_early(frame, entry))
                    except _MALFORMED as error:
                        return finish(Verdict.TAMPER, f"sent what is no description: {error}")
                if frame.kind != wire.DEFINED:
                    return finish(Verdict.TAMPER, "replied before its program was defined")
                defined = True
                started = time.monotonic()
                peer.request(inputs)
            else:
                index = len(course.tests)
                if frame.kind == wire.FINISHED and index == len(limits_s) == frame.index:
                    return course
                if frame.index != index or index >= len(limits_s):
                    return finish(Verdict.TAMPER, "replied out of order")
                try:
                    verdict, detail = decide(index, frame)
                except _MALFORMED as error:
                    return finish(Verdict.TAMPER, f"sent what is no value: {error}")
                course.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
                if verdict is not Verdict.PASS and course.ended_by is None:
                    course.detail = detail
                if stop_early and verdict is not Verdict.PASS:
                    return course
            clock.begin(limits_s[len(course.tests)] if len(course.tests) < len(limits_s) else limits.test_s)
        if peer.tampered:
            return finish(Verdict.TAMPER, peer.tampered)
        if peer.flooded:
            return finish(Verdict.OUTPUT, f"printed more than {limits.output_bytes} bytes")
        if peer.exit is not None:
            return finish(*_ended(peer, peer.exit, limits))
        if defined and time.monotonic() - started > limits.sample_s:
            clock.starved = True
            return finish(Verdict.TIMEOUT, f"all tests together took longer than {limits.sample_s:g} s")
        if clock.expired():
            step = f"test {len(course.tests)}" if defined else "importing and defining"
            return finish(Verdict.TIMEOUT, f"{step} took longer than {clock.limit_s:g} s")


def run_code_tests(candidate: Peer, tester: Peer, job: Job, tests: CodeTests) -> Course:
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
    candidate.send_job({"mode": "serve", "code": job.code, "entry": job.entry})
    first = _reply(candidate, clock, limits, course)
    if first is None:
        return course
    if first.kind in _EARLY:
        try:
            course.ended_by, course.detail = _early(first, job.entry)
        except _MALFORMED as error:
            course.ended_by, course.detail = Verdict.TAMPER, f"sent what is no description: {error}"
        return course
    if first.kind != wire.DEFINED:
        course.ended_by, course.detail = Verdict.TAMPER, "replied before its program was defined"
        return course
    tester.send_job({"mode": "tests", "code": tests.code, "style": tests.style, "entry": job.entry})
    clock.begin(limits.import_s)
    started = time.monotonic()
    asked, last_problem = 0, ""
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
                        verdict, detail = _common(reply) or (Verdict.BADVALUE, "")
                        return _end(course, verdict, detail, clock)
                    if reply.kind == wire.RAISED:
                        last_problem = _explain(reply.body)[1]
                except _MALFORMED as error:
                    return _end(course, Verdict.TAMPER, f"sent what is no description: {error}", clock)
                tester.request(reply.kind + reply.body)
                continue
            if frame.kind == wire.DEFINED:
                clock.begin(limits.test_s)
                continue
            if frame.kind == wire.FINISHED:
                if frame.index != len(course.tests) or not course.tests:
                    return _end(course, Verdict.INFRA, "the test code holds no test", clock)
                return course
            if frame.kind == wire.IMPORT_RAISED:
                name, detail = _explain(frame.body)
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
                verdict, why = _ended(tester, tester.exit, limits)
            return _end(course, verdict, f"the test code, on what it got: {why}", clock)
        if time.monotonic() - started > limits.sample_s:
            clock.starved = True
            return _end(course, Verdict.TIMEOUT, f"all tests together took longer than {limits.sample_s:g} s", clock)
        if clock.expired():
            verdict = Verdict.TIMEOUT if asked else Verdict.INFRA
            return _end(course, verdict, "the test code itself did not finish", clock)


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
            _end(course, *_ended(peer, peer.exit, limits), clock)
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


# --- whole samples ------------------------------------------------------------------------------------------


def judge_sample(
    slot: Slot, tester_slot: Slot | None, job: Job, limits: Limits, isolation: str
) -> tuple[SampleResult, bool]:
    """Run one sample to its verdict; also return whether load may be to blame for a timeout. Raises SlotError."""
    started = time.monotonic()
    tests = job.tests
    if isinstance(tests, FunctionTests):
        if not tests.cases:
            return infra_result(job, "the task has no tests", isolation), False
        try:
            _ = tests.inputs
        except (codec.BadValueError, codec.ValueTooLargeError, ValueError) as error:
            return infra_result(job, f"an input of the task does not travel: {error}", isolation), False
    if len(job.code) > _CODE_CHARS:
        return infra_result(job, f"a program of {len(job.code)} characters", isolation, Verdict.SYNTAX), False
    with Peer(slot, limits) as peer:
        if isinstance(tests, FunctionTests):
            limits_s = [limits.test_s if case.limit_s is None else case.limit_s for case in tests.cases]
            decide = comparer(tests)
            course = run_cases(peer, job.code, job.entry, tests.inputs, limits_s, decide, job.stop_at_first_failure)
        else:
            if tester_slot is None:
                raise SlotError("test code needs a second zygote")
            with Peer(tester_slot, limits) as tester:
                course = run_code_tests(peer, tester, job, tests)
        exit_ = peer.end()
    failed = tuple(i for i, test in enumerate(course.tests) if test.verdict is not Verdict.PASS)
    verdict = course.ended_by or (course.tests[failed[0]].verdict if failed else Verdict.PASS)
    if failed and course.ended_by is not Verdict.TAMPER and course.ended_by is not Verdict.INFRA:
        verdict = course.tests[failed[0]].verdict
    result = SampleResult(
        verdict=verdict,
        tests=tuple(course.tests),
        failed=failed,
        wall_s=time.monotonic() - started,
        peak_memory_bytes=exit_.peak_bytes,
        stdout=peer.stdout.text(),
        stderr=peer.stderr.text(),
        detail=clean(course.detail),
        code_sha256=code_sha256(job.code),
        isolation=isolation,
    )
    return result, course.starved and verdict is Verdict.TIMEOUT


def call_all(slot: Slot, code: str, entry: str, inputs: FunctionTests, limits: Limits) -> list[CallOutcome]:
    """Call a reference program on every input; the list ends early where the program did. Raises SlotError."""
    outcomes: list[CallOutcome] = []
    with Peer(slot, limits) as peer:
        limits_s = [limits.test_s] * len(inputs.cases)
        course = run_cases(peer, code, entry, inputs.inputs, limits_s, collector(outcomes), stop_early=False)
    timed = [
        CallOutcome(outcome.verdict, outcome.value, test.wall_s, outcome.detail)
        for outcome, test in zip(outcomes, course.tests, strict=False)
    ]
    if course.ended_by is not None:
        wall_s = course.tests[-1].wall_s if course.tests else 0.0
        missing = len(inputs.cases) - len(timed)
        timed += [CallOutcome(course.ended_by, None, wall_s, clean(course.detail))] * missing
    return timed


def infra_result(job: Job, detail: str, isolation: str, verdict: Verdict = Verdict.INFRA) -> SampleResult:
    """Return the result of a sample that could not be run."""
    return SampleResult(verdict, (), (), 0.0, 0, "", "", clean(detail), code_sha256(job.code), isolation)


def code_sha256(code: str) -> str:
    """Return the sha256 of a program text (lone surrogates allowed)."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def clean(text: str) -> str:
    """Return text that any file or terminal can take: no lone surrogates, no control characters."""
    safe = text[:600].encode("utf-8", "replace").decode()
    return "".join(ch if ch.isprintable() or ch == " " else "?" for ch in safe)
