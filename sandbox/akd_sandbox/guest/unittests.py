"""unittest's classes, run by unittest, each outcome reported as it comes."""

from __future__ import annotations

import builtins
import random
import unittest
from typing import Any

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]


class _Result(unittest.TestResult):
    """Hands every outcome on. A test that fails in several ways, or in sub-tests, is told once, by the first."""

    def __init__(self, reporter: Any) -> None:
        super().__init__()
        self.reporter = reporter
        self.problem: Any = None
        self.told = False

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.problem, self.told = None, False

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        if self.problem is None:
            self.reporter.passed()
        else:
            self.reporter.failed(_name(test), self.problem)

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        if isinstance(test, unittest.TestCase):
            self._note(err[1])
        else:  # the set-up or end of a class or module
            self.reporter.failed(str(test), err[1])

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._note(err[1])

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(err[1])

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        if isinstance(test, unittest.TestCase):
            self._note(f"skipped: {reason}")
        else:
            self.reporter.failed(str(test), f"skipped: {reason}")

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self._note("passed where it was expected to fail")

    def _note(self, problem: Any) -> None:
        if self.problem is None:
            self.problem = problem


def _name(test: unittest.TestCase) -> str:
    return f"{type(test).__name__}.{getattr(test, '_testMethodName', '?')}"


def run(reporter: Any, classes: list[type], order: random.Random | None) -> None:
    """Run the tests of those classes that are test cases, in unittest's order or in another one."""
    loader = unittest.TestLoader()
    cases = [case for case in dict.fromkeys(classes) if issubclass(case, unittest.TestCase)]
    suites = [list(loader.loadTestsFromTestCase(case)) for case in sorted(cases, key=lambda case: case.__name__)]
    if order is not None:
        order.shuffle(suites)
        for tests in suites:
            order.shuffle(tests)
    reporter.collected(sum(map(len, suites)))
    unittest.TestSuite(test for tests in suites for test in tests).run(_Result(reporter))
    reporter.finished()
