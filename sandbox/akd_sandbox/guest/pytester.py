"""Test files in pytest's style, run by pytest beside the program they import."""

from __future__ import annotations

import builtins
import os
import random
from typing import Any

from akd_sandbox.guest.execution import lay_out
from akd_sandbox.guest.looking import BuiltIns

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_LEFT_OUT = ("cacheprovider", "faulthandler", "unraisableexception", "threadexception", "pastebin", "junitxml",
             "setuponly", "setupplan", "stepwise")  # fmt: skip
"""Plugins that report to people or files, or collect garbage to do so: no test's outcome hangs on them."""
_OPTIONS = ("-q", "--rootdir=.", "-c", "/dev/null", "--capture=sys", "--tb=no",
            *(option for name in _LEFT_OUT for option in ("-p", f"no:{name}")))  # fmt: skip


class _Plugin:
    """Tells the judge what was collected and how each test went."""

    def __init__(self, reporter: Any, order: random.Random | None) -> None:
        self.reporter = reporter
        self.order = order
        self.problems: dict[str, BaseException | str] = {}
        self.broken: list[str] = []

    def pytest_configure(self, config: Any) -> None:
        """Give test modules built-in names that the program cannot replace."""
        from _pytest.assertion.rewrite import AssertionRewritingHook

        execute = AssertionRewritingHook.exec_module

        def exec_module(hook: Any, module: Any) -> None:
            module.__dict__["__builtins__"] = BuiltIns()
            execute(hook, module)

        AssertionRewritingHook.exec_module = exec_module  # type: ignore[method-assign, assignment]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            self.broken.append(lines[-1] if lines else "a test file could not be collected")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.order is not None:
            places: dict[Any, float] = {}
            for item in items:  # tests of a class or file stay together, as their fixtures want it
                places.setdefault(item.parent, self.order.random())
            self.order.shuffle(items)
            items.sort(key=lambda item: places[item.parent])

    def pytest_collection_finish(self, session: Any) -> None:
        if not self.broken:
            self.reporter.collected(len(session.items))

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        if call.excinfo is not None:
            self.problems.setdefault(item.nodeid, call.excinfo.value)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome != "passed" or hasattr(report, "wasxfail"):
            self.problems.setdefault(report.nodeid, report.outcome)
        if report.when == "teardown":
            problem = self.problems.get(report.nodeid)
            if problem is None:
                self.reporter.passed()
            else:
                self.reporter.failed(report.nodeid, problem)


def run(reporter: Any, given: tuple[dict[str, str], list[str]], order: random.Random | None) -> None:
    """Lay out test files over the program's and have pytest run those of them that hold tests."""
    files, tests = given
    lay_out(files)
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]  # options that the program would add
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugin = _Plugin(reporter, order)
    try:
        import pytest

        status = pytest.main([*_OPTIONS, *tests], plugins=[plugin])
        if plugin.broken:
            raise RuntimeError(plugin.broken[0])
        if int(status) not in (0, 1, 5):
            raise RuntimeError(f"pytest ended with {status!r}")
    except BaseException as error:
        reporter.broken(error)
        return
    reporter.finished()
