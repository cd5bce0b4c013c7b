"""Test code and program in one worker: what is told to it, and how one run of them goes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from akd_sandbox import codec
from akd_sandbox.checks import (
    TestPlan,
    calls_check,
    entries_of,
    function_names,
    holds_tests,
    imported_of,
    plan_of,
    rows_in,
    subjects_of,
    without_main,
)
from akd_sandbox.guest import wire
from akd_sandbox.job import CodeTests, Job, PytestTests
from akd_sandbox.limits import Limits
from akd_sandbox.peer import Clock, Peer, WorkerFrame
from akd_sandbox.sample_run import EARLY, MALFORMED, SampleRun, clean, early, explain, stopped
from akd_sandbox.slot import Slot
from akd_sandbox.verdict import TestResult, Verdict

_NOTES_BYTES = 4 << 20  # an honest worker notes far less


@dataclass(slots=True)
class TestRun(SampleRun):
    """How test code went in one worker: `checks` says for each how often it was passed and failed."""

    __test__ = False  # not a pytest class

    checks: dict[int, tuple[int, int]] = field(default_factory=dict)
    seen: dict[int, tuple[bytes | None, ...]] = field(default_factory=dict)
    """What the program gave where tests called it, by the call's number, encoded; None for what does not travel."""
    tests_broken: str = ""  # how the test code itself failed, as far as can be seen
    finished: bool = False
    wall_s: float = 0.0
    """How long all of it took: program and tests defined, every test run."""

    @property
    def passed(self) -> bool:
        """Whether every test ran and passed."""
        return self.finished and self.ended_by is None and all(one.verdict is Verdict.PASS for one in self.tests)


@dataclass(frozen=True, slots=True)
class Harness:
    """Test code ready to be run: its plan, and what the worker is told of it beside the sources."""

    plan: TestPlan
    told: Mapping[str, Any]
    least: int
    """How many tests there must be."""
    exact: bool
    """Whether there must be just as many."""
    names: tuple[str, ...] = ()
    """The tests' own text, where they have no names: never sent along, for it tells the right expectations."""
    subjects: frozenset[str] = frozenset()
    """The names by which the tests call what is under test; none where they import it."""
    called: frozenset[str] = frozenset()
    """The same, with methods of a fresh object whole (`Solution().add`), and with what the tests import."""


def harness_of(tests: CodeTests | PytestTests, entry: str) -> Harness:
    """Return test code ready to be run. Raises SyntaxError (or what parsing raises) for what is not Python."""
    if isinstance(tests, PytestTests):
        paths = [path for path in tests.files if path.endswith(".py")]
        helpers = frozenset(place for place, path in enumerate(paths) if not holds_tests(path))
        plan = plan_of("pytest", tuple(tests.files[path] for path in paths), helpers)
        beside = {path: text for path, text in tests.files.items() if path not in paths}
        run = [path for place, path in enumerate(paths) if place not in helpers]
        files = {"style": "pytest", "paths": paths, "beside": beside, "module": tests.module, "run": run}
        called = frozenset().union(*(imported_of(tree, tests.module) for tree in plan.trees))
        least = plan.tests + sum(rows_in(tree) for place, tree in enumerate(plan.trees) if place not in helpers)
        return Harness(plan, files, tests.count or least, tests.count is not None, called=called)
    sources: tuple[str, ...] = (tests.code,)
    told: dict[str, Any] = {"style": tests.style, "module": ""}
    if tests.style == "asserts":
        sources = (tests.code, *tests.entries) if tests.entries else entries_of(tests.code)
    if tests.style == "unittest":
        sources = (without_main(tests.code),)
    plan = plan_of(tests.style, sources)
    subjects = frozenset().union(*(subjects_of(tree, entry) for tree in plan.trees))
    called = subjects | {entry}
    if tests.style == "functions":
        names = function_names(plan.trees[0])
        return Harness(plan, {**told, "names": names}, len(names), True, subjects=subjects, called=called)
    if tests.style == "check":
        told["calls_itself"] = calls_check(plan.trees[0])
        return Harness(plan, told, 1, True, subjects=subjects, called=called)
    return Harness(plan, told, plan.tests, tests.style == "asserts", sources[1:], subjects, called)


def run_tests(
    slot: Slot,
    job: Job,
    harness: Harness,
    sources: Sequence[str],
    limits: Limits,
    order: int | None,
    given: Mapping[int, tuple[bytes | None, ...]] = MappingProxyType({}),
) -> tuple[TestRun, Peer]:
    """Run test code on a program in one worker; `given` is what it calls instead of it. Raises SlotError."""
    with Peer(slot, limits) as peer:
        started = time.monotonic()
        run = _Course(peer, job, harness, limits).run(sources, order, given)
        run.wall_s = time.monotonic() - started
        peer.end()
    return run, peer


class _Course:
    """One worker's run through test code: program defined, tests collected, one after another, finished."""

    def __init__(self, peer: Peer, job: Job, harness: Harness, limits: Limits) -> None:
        self.peer, self.job, self.harness, self.limits = peer, job, harness, limits
        self.result = TestRun([])
        self.clock = Clock((peer,))
        self.phase = "importing and defining"
        self.collected = 0
        self.started = time.monotonic()

    def run(self, sources: Sequence[str], order: int | None, given: Mapping[int, tuple[bytes | None, ...]]) -> TestRun:
        self.clock.begin(self.limits.import_s)
        program = {"code": self.job.code, "entry": self.job.entry, "files": dict(self.job.files)}
        tests = {**self.harness.told, "tests": list(sources), "order": order, "given": dict(given)}
        self.peer.send_job({"mode": "together", **program, **tests})
        while True:
            for frame in self.peer.pump(self.clock.pause_s()):
                try:
                    if self._ended_with(frame):
                        return self.result
                except MALFORMED as error:
                    return self._end(Verdict.TAMPER, f"sent something that is not a report: {error}")
            end = stopped(self.peer, self.clock, self.phase)
            if end is not None:
                return self._end(*end)
            if self.collected and self.clock.overdue(self.started, self.limits.sample_s):
                return self._end(Verdict.TIMEOUT, f"all tests together took longer than {self.limits.sample_s:g} s")

    def _ended_with(self, frame: WorkerFrame) -> bool:
        """Take in one message; return whether it was the last one of interest. Raises what reading it raises."""
        if self.result.heard_of_missing(frame):
            return False
        if self.phase == "importing and defining":
            if frame.kind in EARLY:
                self.result.ended_by, self.result.detail = early(frame, self.job.entry)
                return True
            if frame.kind != wire.DEFINED:
                raise ValueError("a report before the program was defined")
            self.phase = "defining the tests"
            self.clock.begin(self.limits.import_s)
            return False
        if frame.kind == wire.TESTS_RAISED:
            kind, detail = explain(frame.body)
            self.result.tests_broken = detail
            self._end(Verdict.MEMORY if kind == "MemoryError" else Verdict.WRONG, f"the test code failed: {detail}")
            return True
        if self.phase == "defining the tests":
            return self._begin(frame)
        if frame.kind == wire.SEEN:
            self.result.seen = _seen(frame)
            return False
        told, checks = _report(frame)
        for number, (passed, failed) in checks.items():
            before = self.result.checks.get(number, (0, 0))
            self.result.checks[number] = (before[0] + passed, before[1] + failed)
        if frame.index != len(self.result.tests) or frame.index > self.collected:
            raise ValueError("a report out of order")
        if frame.kind == wire.FINISHED:
            if frame.index != self.collected:
                self._end(Verdict.WRONG, f"{frame.index} of {self.collected} tests ran")
            self.result.finished = True
            return True
        return self._test(frame, told)

    def _begin(self, frame: WorkerFrame) -> bool:
        if frame.kind != wire.COLLECTED:
            raise ValueError("a report before the tests were defined")
        self.collected, least = frame.index, self.harness.least
        if self.collected < least or (self.harness.exact and self.collected != least):
            self._end(Verdict.WRONG, f"{self.collected} tests were collected and not {least}")
            return True
        if not self.collected:
            self._end(Verdict.INFRA, "the test code holds no test")
            return True
        self.phase, self.started = "test 0", time.monotonic()
        self.clock.begin(self.limits.test_s)
        return False

    def _test(self, frame: WorkerFrame, told: tuple[str, ...]) -> bool:
        result, names = self.result, self.harness.names
        verdict, detail = _outcome(frame.kind, told, names[frame.index] if frame.index < len(names) else "")
        if frame.kind == wire.RAISED and verdict is Verdict.WRONG and not result.detail:
            result.tests_broken = f"{told[1]}: {told[2]}"
        result.tests.append(TestResult(verdict, self.clock.wall_s(), clean(detail)))
        if verdict is not Verdict.PASS:
            result.detail = result.detail or detail
            if self.job.stop_at_first_failure:
                return True
        self.phase = f"test {len(result.tests)}"
        self.clock.begin(self.limits.test_s)
        return False

    def _end(self, verdict: Verdict, detail: str) -> TestRun:
        result = self.result
        result.ended_by, result.starved = verdict, self.clock.starved
        result.detail = detail
        if self.phase != "importing and defining":
            result.tests.append(TestResult(verdict, self.clock.wall_s(), clean(detail)))
        return result


def _report(frame: WorkerFrame) -> tuple[tuple[str, ...], dict[int, tuple[int, int]]]:
    """Return a report of a test: what is said of it, and how its checks went. Raises ValueError, CodecError."""
    value = codec.decode(frame.body, 200_000)
    if type(value) is not tuple or [type(part) for part in value] != [tuple, dict]:
        raise ValueError("no report")
    told, checks = value
    if not all(type(word) is str for word in told):
        raise ValueError("no words")
    for number, counts in checks.items():
        if type(number) is not int or type(counts) is not tuple or [type(one) for one in counts] != [int, int]:
            raise ValueError("no counts of a check")
    return told, checks


def _seen(frame: WorkerFrame) -> dict[int, tuple[bytes | None, ...]]:
    """Return what the program gave, as it was noted. Raises ValueError, CodecError."""
    value = codec.decode(frame.body, 200_000) if len(frame.body) <= _NOTES_BYTES else None
    if type(value) is not dict:
        raise ValueError("no notes")
    for number, outcomes in value.items():
        if type(number) is not int or type(outcomes) is not tuple:
            raise ValueError("no notes of a call")
        for outcome in outcomes:
            if outcome is not None and type(codec.decode(outcome)) is not tuple:
                raise ValueError("no outcome of a call")
    return value


def _outcome(kind: bytes, told: tuple[str, ...], known_name: str) -> tuple[Verdict, str]:
    """Return the verdict on one test, and why under its name. Raises ValueError for a report that is none."""
    if kind == wire.TEST_PASSED:
        return Verdict.PASS, ""
    if kind not in (wire.TEST_WRONG, wire.RAISED):
        raise ValueError(f"unknown report {kind!r}")
    name, error, message, frames = told
    name = " ".join((known_name or name).split())[:200]
    line = " ".join(f"{error}: {message}".split()) if error and message else error or message
    detail = f"{line} ({frames})  in {name}" if frames else f"{line}  in {name}"
    if error == "MemoryError":
        return Verdict.MEMORY, detail
    return Verdict.RAISED if frames else Verdict.WRONG, detail
