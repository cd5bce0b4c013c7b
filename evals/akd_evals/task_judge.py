"""One program against one task: base tests, then plus tests, and security tests beside them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, get_args

from akd_evals.errors import EvalInfraError
from akd_evals.expected import References
from akd_evals.exploits import worked
from akd_evals.results import Judged
from akd_evals.settings import ScoreSettings
from akd_evals.suites.record import JudgedKind, ReferenceTests, Task, TaskTests
from akd_sandbox import (
    Admission,
    CallOutcome,
    Case,
    CodeTests,
    FunctionTests,
    Job,
    Limits,
    PytestTests,
    SampleResult,
    SandboxError,
    Verdict,
)


class Box(Protocol):
    """The part of `akd_sandbox.Sandbox` that scoring needs. Thread-safe."""

    isolation: str
    """The isolation level obtained."""

    def run(self, job: Job) -> SampleResult:
        """TaskJudge one sample."""
        ...

    def call(
        self, code: str, entry: str, inputs: Sequence[tuple[Any, ...]], limits: Limits | None = None
    ) -> list[CallOutcome]:
        """Run a reference solution."""
        ...

    def admit(self, job: Job) -> Admission:
        """Run a reference solution on test code."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """TaskTests with their expected outputs, and the seconds that the reference took on all of them."""

    tests: FunctionTests
    reference_s: float


class TaskJudge:
    """Judges programs on a suite's tasks. Thread-safe."""

    def __init__(self, box: Box, references: References, settings: ScoreSettings) -> None:
        self._box = box
        self._references = references
        self._settings = settings
        self._guard = threading.Lock()
        self._ready: dict[tuple[str, JudgedKind], _Once] = {}
        self._admitted: dict[tuple[str, JudgedKind], _OnceAdmitted] = {}

    def judge(self, task: Task, code: str) -> Judged:
        """Return the verdicts of one program on a task.

        Plus tests are run only for a program that passes base, unless the settings ask for details; security tests for
        every program, and all of them. A benchmark whose own solution fails gives INFRA, never a verdict on the
        program.
        """
        if self._settings.context == "prompt":
            code = task.in_context(code)
        judged = self._functional(task, code)
        return judged if task.security is None else self._with_security(task, task.security, code, judged)

    def _with_security(self, task: Task, tests: TaskTests, code: str, judged: Judged) -> Judged:
        """Return the verdicts with that over the security tests, whose detail is told where nothing else is wrong."""
        result = self._run("security", task, tests, code)
        return replace(
            judged,
            security=result.verdict,
            security_failed=result.failed,
            exploited=worked(result),
            detail=judged.detail or _detail("security", result),
            wall_s=judged.wall_s + result.wall_s,
        )

    def _functional(self, task: Task, code: str) -> Judged:
        base = self._run("base", task, task.base, code)
        if task.plus is None:
            return _judged(base, None, base.failed, (), _detail("base", base), base.wall_s)
        if base.verdict is not Verdict.PASS and not self._settings.details:
            return _judged(base, base.verdict, base.failed, (), _detail("base", base), base.wall_s)
        plus = self._run("plus", task, task.plus, code)
        wall_s = base.wall_s + plus.wall_s
        if base.verdict is not Verdict.PASS:
            return _judged(base, base.verdict, base.failed, plus.failed, _detail("base", base), wall_s)
        return _judged(base, plus.verdict, base.failed, plus.failed, _detail("plus", plus), wall_s)

    def forget(self, task: Task) -> None:
        """Drop the task's prepared tests: no program is left to judge on it."""
        with self._guard:
            for kind in get_args(JudgedKind):
                self._ready.pop((task.task_id, kind), None)
                self._admitted.pop((task.task_id, kind), None)

    def _run(self, kind: JudgedKind, task: Task, tests: TaskTests, code: str) -> SampleResult:
        limits = self._settings.limits()
        if isinstance(tests, ReferenceTests):
            if not tests.inputs:
                return self._unrun(Verdict.PASS, "no tests")  # Mbpp/793 has no plus input: base alone decides
            try:
                prepared = self.prepared(kind, task, tests)
            except (EvalInfraError, SandboxError) as error:
                return self._unrun(Verdict.INFRA, str(error))
            tests, limits = prepared.tests, self._settings.limits(prepared.reference_s)
        elif self._settings.judging == "auto" and isinstance(tests, CodeTests | PytestTests) and task.canonical:
            admission = self.admission(kind, task, tests)
            if admission.result.verdict is not Verdict.PASS:
                return self._unrun(*_reference_failed(task, admission.result))
            tests = admission.tests
        job = Job(
            code=task.program(code),
            entry=task.call,
            tests=tests,
            limits=limits,
            stop_at_first_failure=not self._settings.details and kind != "security",
            judging=self._settings.judging,
        )
        return self._box.run(job)

    def prepared(self, kind: JudgedKind, task: Task, tests: ReferenceTests) -> Prepared:
        """Return tests with their expected outputs, made once however many threads ask.

        Raises EvalInfraError if the canonical solution does not give an output for every input.
        """
        with self._guard:
            once = self._ready.setdefault((task.task_id, kind), _Once())
        with once.lock:
            if once.prepared is None:
                once.prepared = self._prepare(kind, task, tests)
            return once.prepared

    def admission(self, kind: JudgedKind, task: Task, tests: CodeTests | PytestTests) -> Admission:
        """Return what the task's canonical solution says of its test code, asked once however many threads ask."""
        with self._guard:
            once = self._admitted.setdefault((task.task_id, kind), _OnceAdmitted())
        with once.lock:
            if once.admission is None:
                code = task.program(task.canonical or "")
                job = Job(code, task.call, tests, self._settings.limits(), stop_at_first_failure=False)
                once.admission = self._box.admit(job)
            return once.admission

    def _prepare(self, kind: JudgedKind, task: Task, tests: ReferenceTests) -> Prepared:
        known = self._references.get(task, kind, tests)
        settings = self._settings
        compares = tests.oracle.comparisons((one.output for one in known), sticky=settings.sticky_atol)
        cases = tuple(
            Case(args=args, expected=one.value, compare=compare, limit_s=settings.limit_s(one.wall_s))
            for args, one, compare in zip(tests.inputs, known, compares, strict=True)
        )
        return Prepared(FunctionTests(cases), sum(one.wall_s for one in known))

    def _unrun(self, verdict: Verdict, detail: str) -> SampleResult:
        return SampleResult(verdict, (), (), 0.0, 0, "", "", detail, "", self._box.isolation)


@dataclass(slots=True)
class _Once:
    lock: threading.Lock = field(default_factory=threading.Lock)
    prepared: Prepared | None = None


@dataclass(slots=True)
class _OnceAdmitted:
    lock: threading.Lock = field(default_factory=threading.Lock)
    admission: Admission | None = None


def _judged(
    base: SampleResult,
    plus: Verdict | None,
    base_failed: tuple[int, ...],
    plus_failed: tuple[int, ...],
    detail: str,
    wall_s: float,
) -> Judged:
    return Judged(base.verdict, plus, base_failed, plus_failed, detail, wall_s, base.judging, base.unguarded)


def _reference_failed(task: Task, result: SampleResult) -> tuple[Verdict, str]:
    """Return the verdict on every program of a task whose own solution does not pass its tests, and the reason."""
    why = f"the canonical solution of {task.task_id} gave {result.verdict} on its own tests ({result.detail})"
    if "No module named '" in result.detail:
        return Verdict.UNSUPPORTED, f"{why}; install it and name it in --packages, or give --exclude-failing"
    if result.missing:
        return Verdict.UNSUPPORTED, f"{why}; name it in --programs, or give --exclude-failing"
    if result.verdict.decided:
        return Verdict.INFRA, f"{why}; correct the suite, or give --exclude-failing"
    return result.verdict, why


def _detail(kind: JudgedKind, result: SampleResult) -> str:
    if result.verdict is Verdict.PASS:
        return ""
    where = f"{kind} test {result.failed[0]}: " if result.failed else f"{kind}: "
    return where + result.detail
