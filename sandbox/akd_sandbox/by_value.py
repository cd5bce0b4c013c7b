"""Tests that are data: each reply of the program compared here, where nothing of the program is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.job import Case, FunctionTests
from akd_sandbox.peer import DIGEST_OVER, Clock, Peer, WorkerFrame
from akd_sandbox.sample_run import EARLY, MALFORMED, SampleRun, clean, common_outcome, early, show, stopped
from akd_sandbox.verdict import CallOutcome, Digest, TestResult, Verdict

JUDGE_NODES = 2_000_000
"""How many values one returned value may hold for the judge to read it (a million rows of two are fine)."""
_SHOW_BYTES = 1 << 16  # a value is shown in full detail only if it was this short on the wire


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
        except codec.CollidingKeysError:
            return Verdict.BADVALUE, "returned a set or dict whose keys all have one hash"

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
            try:
                if run.heard_of_missing(frame):
                    continue
            except MALFORMED as error:
                return finish(Verdict.TAMPER, f"sent something that is not a name: {error}")
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
