"""Test code and program in one worker: one run of them, and guarded runs that tell an honest PASS from a forged one.

After a straight PASS the same tests run again in fresh workers of another hash seed and in another order, with a random
choice of expectations made false. An honest program fails exactly those checks. One that passes a false check has
forged something: TAMPER. One that fails a check which it passed before is not steady: not a PASS either.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from akd_sandbox import codec
from akd_sandbox.checks import Draw, Group, TestPlan, calls_check, entries_of, function_names, plan_of
from akd_sandbox.guest import wire
from akd_sandbox.job import CodeTests, Job, PytestTests
from akd_sandbox.limits import Limits
from akd_sandbox.peer import Clock, Peer, WorkerFrame
from akd_sandbox.sample_run import EARLY, MALFORMED, SampleRun, clean, early, explain, stopped
from akd_sandbox.slot import Slot
from akd_sandbox.verdict import TestResult, Verdict

_CHANCES = 8
"""A program that guesses which expectations are false is caught but for one chance in two to the power of this."""
_CONFIRMATIONS = 3
_AGAIN = "passes once and not when it is run again with another hash seed"
_ENOUGH_S = 0.5
"""Guarded runs are repeated for certainty no longer than this, once every expectation was false in one of them."""


@dataclass(slots=True)
class TestRun(SampleRun):
    """How test code went in one worker: `checks` says for each how often it was passed and failed."""

    __test__ = False  # not a pytest class

    checks: dict[int, tuple[int, int]] = field(default_factory=dict)
    tests_broken: str = ""  # how the test code itself failed, as far as can be seen
    missing: tuple[str, ...] = ()  # external programs that were started and are not here
    finished: bool = False

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


def harness_of(tests: CodeTests | PytestTests, entry: str) -> Harness:
    """Return test code ready to be run. Raises SyntaxError (or what parsing raises) for what is not Python."""
    if isinstance(tests, PytestTests):
        paths = [path for path in tests.files if path.endswith(".py")]
        plan = plan_of("pytest", tuple(tests.files[path] for path in paths))
        beside = {path: text for path, text in tests.files.items() if path not in paths}
        files = {"style": "pytest", "paths": paths, "beside": beside, "module": tests.module}
        return Harness(plan, files, tests.count or plan.tests, tests.count is not None)
    sources: tuple[str, ...] = (tests.code,)
    told: dict[str, Any] = {"style": tests.style, "module": ""}
    if tests.style == "asserts":
        sources = (tests.code, *tests.entries) if tests.entries else entries_of(tests.code)
    plan = plan_of(tests.style, sources)
    if tests.style == "functions":
        names = function_names(plan.trees[0])
        return Harness(plan, {**told, "names": names}, len(names), True)
    if tests.style == "check":
        told["calls_itself"] = calls_check(plan.trees[0])
        return Harness(plan, told, 1, True)
    return Harness(plan, told, plan.tests, tests.style == "asserts", sources[1:])


def run_tests(
    slot: Slot, job: Job, harness: Harness, sources: Sequence[str], limits: Limits, order: int | None
) -> tuple[TestRun, Peer]:
    """Run test code on a program in one worker. Raises SlotError."""
    with Peer(slot, limits) as peer:
        run = _Course(peer, job, harness, limits).run(sources, order)
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

    def run(self, sources: Sequence[str], order: int | None) -> TestRun:
        self.clock.begin(self.limits.import_s)
        program = {"code": self.job.code, "entry": self.job.entry, "files": dict(self.job.files)}
        tests = {**self.harness.told, "tests": list(sources), "order": order}
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
        told, checks, missing = _report(frame)
        self.result.missing = self.result.missing or missing
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


def _report(frame: WorkerFrame) -> tuple[tuple[str, ...], dict[int, tuple[int, int]], tuple[str, ...]]:
    """Return a report of a test: what is said of it, how its checks went, which programs were missing.

    Raises ValueError, CodecError.
    """
    value = codec.decode(frame.body, 200_000)
    if type(value) is not tuple or [type(part) for part in value] != [tuple, dict, tuple]:
        raise ValueError("no report")
    told, checks, missing = value
    if not all(type(word) is str for word in (*told, *missing)):
        raise ValueError("no words")
    for number, counts in checks.items():
        if type(number) is not int or type(counts) is not tuple or [type(one) for one in counts] != [int, int]:
            raise ValueError("no counts of a check")
    return told, checks, missing


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


# --- guarded runs ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Guard:
    """What guarded runs say of a straight PASS: the verdict, why, and whether anything could be made false at all."""

    verdict: Verdict
    detail: str = ""
    unguarded: bool = False


Rerun = Callable[[Draw, int | None], TestRun]
"""`rerun(draw, order)`: run the tests again, guarded, in a fresh worker."""


def guard(straight: TestRun, plan: TestPlan, rerun: Rerun, admitted: frozenset[int] | None = None) -> Guard:
    """Judge a straight PASS by guarded runs. Raises SlotError.

    `admitted`: the checks that may be flipped, because the reference solution fails them then; all of them if None.
    """
    reached = {number for number, (passed, failed) in straight.checks.items() if passed and not failed}
    if plan.required - straight.checks.keys():
        return Guard(Verdict.TAMPER, "the tests passed without the checks that every run of them makes")
    if plan.required - reached:
        return Guard(Verdict.TAMPER, "a check failed and its test passed")
    groups = [group for group in plan.groups if _can_flip(group, straight, reached, admitted)]
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


def admit(straight: TestRun, plan: TestPlan, rerun: Rerun) -> frozenset[int]:
    """Return the checks that a program which is known to be right fails when they are made false. Raises SlotError."""
    reached = {number for number, (passed, failed) in straight.checks.items() if passed and not failed}
    rng = random.Random(secrets.randbits(64))
    groups = [group for group in plan.groups if _can_flip(group, straight, reached, None)]
    admitted: set[int] = set()
    for flipped in (groups[::2], groups[1::2]):
        draw = plan.draw(rng, reached, flipped)
        checks = rerun(draw, None).checks
        counts = {number: checks.get(number, (0, 0)) for number in draw.flipped}
        admitted |= {number for number, (passed, failed) in counts.items() if failed and not passed}
    return frozenset(admitted)


def _can_flip(group: Group, straight: TestRun, reached: set[int], admitted: frozenset[int] | None) -> bool:
    met = group.sites & straight.checks.keys()
    return bool(met) and met <= reached and (admitted is None or met <= admitted)


def _choices(groups: Sequence[Group], rng: random.Random, enough: Callable[[], bool]) -> Iterator[list[Group]]:
    """Yield what is flipped in the first guarded run of each pair, by coins; in the second one it is all the others.

    So each group is false in one run of a pair, and a program gains nothing by knowing that a run is a guarded one.
    """
    for pair in range(max(1, -(-_CHANCES // (2 * len(groups))))):
        if pair and enough():
            return
        yield [group for group in groups if rng.random() < 0.5]


def _watched(rerun: Rerun, draw: Draw, reached: set[int], order: int) -> tuple[Guard | None, set[int]]:
    """Return how a guarded run differs from the straight one beside what was flipped, and what false checks it passed.

    A run in another order that differs is repeated as written: tests may depend on each other.
    """
    run = rerun(draw, order)
    problem = _unlike(run, draw, reached)
    if problem is not None:
        run = rerun(draw, None)
        problem = _unlike(run, draw, reached)
    return problem, {number for number in draw.flipped & reached if run.checks.get(number, (0, 0))[0]}


def _confirmed(rerun: Rerun, plan: TestPlan, groups: Sequence[Group], reached: set[int], rng: random.Random) -> Guard:
    """Return TAMPER for a program that passes false checks every time, WRONG for one that does so by chance."""
    for _ in range(_CONFIRMATIONS):
        for chosen in (groups, ()):
            draw = plan.draw(rng, reached, chosen)
            run = rerun(draw, None)
            problem = _unlike(run, draw, reached)
            if problem is not None:
                return problem
            if not all(any(run.checks.get(n, (0, 0))[0] for n in group.sites) for group in chosen):
                return Guard(Verdict.WRONG, f"{_AGAIN}: it answers differently from run to run")
    return Guard(Verdict.TAMPER, "passed a check that had been made false")


def _unlike(run: TestRun, draw: Draw, reached: set[int]) -> Guard | None:
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
