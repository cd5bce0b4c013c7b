"""What a control is: an honest program, and tests that it passes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from akd_sandbox import Case, CodeTests, FunctionTests, Job, Limits, ProgramTests, PytestTests, StdinCase, Tests
from attack_programs.record import DOUBLES, QUICK

PATIENT = replace(QUICK, test_s=10.0, import_s=30.0, sample_s=60.0)  # no control is about time


@dataclass(frozen=True, slots=True)
class Control:
    """An honest program and tests that it passes."""

    id: str
    title: str
    code: str
    tests: Tests = DOUBLES
    limits: Limits = PATIENT
    files: Mapping[str, str] = field(default_factory=dict)

    def job(self, *, flipped: bool = False) -> Job:
        """Return it as a job, its last expectation replaced by what no control returns if flipped."""
        entry = "f" if isinstance(self.tests, FunctionTests | CodeTests) else ""
        return Job(self.code, entry, self._flipped() if flipped else self.tests, self.limits, files=self.files)

    def _flipped(self) -> Tests:
        if isinstance(self.tests, CodeTests):
            return replace(self.tests, code=self.tests.code.replace("== 6", "== 'flipped'"))
        if isinstance(self.tests, PytestTests):
            return replace(
                self.tests,
                files={name: text.replace("== 6", "== 'flipped'") for name, text in self.tests.files.items()},
            )
        if isinstance(self.tests, ProgramTests):
            *before, end = self.tests.cases
            return replace(self.tests, cases=(*before, replace(end, expected="flipped")))
        *first, last = self.tests.cases
        return FunctionTests((*first, replace(last, expected="flipped")))


def control(identity: str, title: str, code: str, tests: Tests = DOUBLES, **options: Any) -> Control:
    """Return a control."""
    return Control(identity, title, code.strip("\n") + "\n", tests, **options)


def of(expected: Any, *args: Any, **kwargs: Any) -> FunctionTests:
    """One call with arguments, twice, so that state between calls would show."""
    return FunctionTests((Case(args=args, kwargs=kwargs, expected=expected),) * 2)


def reads(*pairs: tuple[str, str]) -> ProgramTests:
    """Return tests of a whole program: what it reads and what it prints."""
    return ProgramTests(tuple(StdinCase(stdin, expected) for stdin, expected in pairs))
