"""Whole programs: what they read, what they print, and how they end."""

from __future__ import annotations

import math

from akd_sandbox.guest import wire
from akd_sandbox.job import Job, ProgramTests, StdinCase
from akd_sandbox.peer import Clock, Peer
from akd_sandbox.sample_run import MALFORMED, SampleRun, clean, early, explain, stopped
from akd_sandbox.verdict import TestResult, Verdict

_NUMBER_BYTES = 400  # no float is longer than this when written out


def run_once(peer: Peer, job: Job, tests: ProgramTests, case: StdinCase, run: SampleRun) -> tuple[Verdict, str]:
    """Run a program to its end on one case, add the test to run, and return its verdict. Raises SlotError.

    It passes by what it printed and by ending with code 0, which is what such programs are asked for: knowing what to
    print is the whole task. What it says of itself on the channel to the judge is only ever a reason for not passing.
    """
    limit_s = peer.limits.test_s if case.limit_s is None else case.limit_s
    clock = Clock((peer,))
    clock.begin(peer.limits.import_s)
    peer.send_job({"mode": "program", "code": job.code, "files": dict(job.files)})
    verdict, detail = _outcome(peer, tests, case, clock, limit_s, run)
    run.tests.append(TestResult(verdict, clock.wall_s(), clean(detail)))
    run.starved = run.starved or (clock.starved and verdict is Verdict.TIMEOUT)
    return verdict, detail


def _outcome(
    peer: Peer, tests: ProgramTests, case: StdinCase, clock: Clock, limit_s: float, run: SampleRun
) -> tuple[Verdict, str]:
    compiled = False
    raised: tuple[Verdict, str] | None = None
    while True:
        for frame in peer.pump(clock.pause_s()):
            try:
                if compiled and run.heard_of_missing(frame):
                    continue
                if frame.kind == wire.SYNTAX and not compiled:
                    return early(frame, "")
                if frame.kind == wire.RAISED and compiled and raised is None:
                    name, what = explain(frame.body)
                    raised = (Verdict.MEMORY if name == "MemoryError" else Verdict.RAISED), what
                    continue
            except MALFORMED as error:
                return Verdict.TAMPER, f"sent something that is not a description: {error}"
            if frame.kind != wire.DEFINED or compiled:
                return Verdict.TAMPER, "replied where a program has nothing to say"
            compiled = True
            clock.begin(limit_s)
        found = stopped(peer, clock, "the program" if compiled else "compiling")
        if found is None:
            continue
        if peer.exit is None or found[0] in (Verdict.TAMPER, Verdict.OUTPUT):
            return found
        if raised is None and compiled and peer.exit.signal is None and peer.exit.code == 0:
            return _compare(bytes(peer.stdout.head), case.expected, tests)
        return raised or found


def _compare(printed: bytes, expected: str, tests: ProgramTests) -> tuple[Verdict, str]:
    wanted = expected.encode("utf-8", "surrogatepass")
    if tests.compare == "exact":
        if printed == wanted:
            return Verdict.PASS, ""
        at = next((i for i, (a, b) in enumerate(zip(printed, wanted, strict=False)) if a != b), None)
        if at is None:
            at = min(len(printed), len(wanted))
        return Verdict.WRONG, f"printed {len(printed)} bytes, the first difference at byte {at} of {len(wanted)}"
    got, right = printed.split(), wanted.split()
    if got == right:
        return Verdict.PASS, ""
    for number, (one, other) in enumerate(zip(got, right, strict=False)):
        if one != other and not _close(one, other, tests.tolerance):
            return Verdict.WRONG, f"word {number} is {_short(one)}, expected {_short(other)}"
    if len(got) == len(right):
        return Verdict.PASS, ""
    return Verdict.WRONG, f"printed {len(got)} words, expected {len(right)}"


def _close(got: bytes, expected: bytes, tolerance: float) -> bool:
    """Return whether both words are finite numbers that differ by no more than the tolerance."""
    if not tolerance or max(len(got), len(expected)) > _NUMBER_BYTES:
        return False
    try:
        one, other = float(got), float(expected)
    except ValueError:
        return False
    return math.isfinite(one) and math.isfinite(other) and abs(one - other) <= tolerance * max(1.0, abs(other))


def _short(word: bytes) -> str:
    return repr(word[:60].decode("utf-8", "replace"))
