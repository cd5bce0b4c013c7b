"""Test files in pytest's style, run by pytest itself, in a worker that holds no line of the program under test.

What a test file imports of the program is a stand-in: every call goes through the judge to the worker that has it. So
nothing the program does to its own interpreter (patched asserts, hooks, a conftest.py) is here to be met.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import describe
from akd_sandbox.guest.execution import lay_out
from akd_sandbox.guest.serving import EXCEPTION
from akd_sandbox.guest.testing import EXPECTED, make_operate

_OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--rootdir=.", "--capture=sys", "--tb=no"]


class _StandIn(types.ModuleType):
    """A module of the program, as test files see it."""

    def __init__(self, name: str, remote_name: str, operate: Callable[..., Any]) -> None:
        super().__init__(name)
        self.__dict__.update(__path__=[], _akd_name=remote_name, _akd_operate=operate)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        wanted = "*" if name == "__all__" else name
        value = self._akd_operate("module", None, self._akd_name, (wanted,), {})
        if type(value) is tuple and len(value) == 2 and value[0] == EXCEPTION:
            value = _expected(name, value[1])
        self.__dict__[name] = value
        return value


def _expected(name: str, bases: list[str]) -> type[Exception]:
    """Return a local class for an exception class of the program: with its nearest builtin base."""
    known = (getattr(builtins, base, None) for base in bases)
    builtin = next((found for found in known if isinstance(found, type)), Exception)
    base = builtin if issubclass(builtin, Exception) and builtin is not AssertionError else Exception
    made: type[Exception] = type(name, (base,), {})
    EXPECTED[name] = made
    return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules of the program."""

    def __init__(self, main: str, modules: Sequence[str], operate: Callable[..., Any]) -> None:
        self.main, self.modules, self.operate = main, list(modules), operate

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        known = any(module == name or module.startswith(f"{name}.") for module in self.modules)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name, "" if spec.name == self.main else spec.name, self.operate)

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing: it has run, elsewhere."""


def _imported(sources: Iterable[str]) -> set[str]:
    """Return the names of the modules that test files import."""
    found: set[str] = set()
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError):  # pytest says so
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found.update(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module)
                    found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


class _Reporter:
    """A plugin that tells the judge what was collected and how each test went."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.count = 0
        self.problems: dict[str, BaseException | str] = {}
        self.broken: list[str] = []

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            self.broken.append(lines[-1] if lines else "a test file could not be collected")

    def pytest_collection_finish(self, session: Any) -> None:
        if not self.broken:
            self.channel.send(wire.DEFINED, len(session.items))

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        if call.excinfo is not None:
            self.problems.setdefault(item.nodeid, call.excinfo.value)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome != "passed" or hasattr(report, "wasxfail"):
            self.problems.setdefault(report.nodeid, report.outcome)
        if report.when != "teardown":
            return
        problem = self.problems.get(report.nodeid)
        name = report.nodeid[:200]
        if problem is None:
            self.channel.send(wire.TEST_PASSED, self.count)
        elif isinstance(problem, str | AssertionError) or _is_outcome(problem):
            self.channel.send(wire.TEST_WRONG, self.count, codec.encode(f"{name}  {problem}"[:400]))
        else:
            said = (*describe(problem), name, getattr(problem, "_akd_detail", None) or "")
            self.channel.send(wire.RAISED, self.count, codec.encode(said))
        self.count += 1


def _is_outcome(problem: BaseException) -> bool:
    """Return whether it is one of pytest's own: skipped, failed, expected to fail."""
    return type(problem).__module__ == "_pytest.outcomes"


def run_pytest(channel: Any, job: dict[str, Any]) -> None:
    """Run test files and report how many tests were collected, how each went, and how many that were."""
    lay_out(job["files"])
    operate = make_operate(channel)
    main = job["module"]
    imported = _imported(job["files"].values())
    # Only the task names the main module. The rest is named by the sample: it may be what the tests import by that name
    # and nothing else provides, never a module that pytest or a library looks for.
    others = [name for name in job["modules"] if any(name == one or one.startswith(f"{name}.") for one in imported)]
    sys.meta_path.insert(0, _Finder(main, [main], operate))
    sys.meta_path.append(_Finder(main, others, operate))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        import pytest
    except ImportError as error:
        channel.send_error(wire.IMPORT_RAISED, 0, error)
        return
    reporter = _Reporter(channel)
    files = [path for path in job["files"] if path.rpartition("/")[2] not in ("conftest.py", "__init__.py")]
    tests = [path for path in files if path.endswith(".py") and "test" in path.rpartition("/")[2]]
    try:
        status = pytest.main([*_OPTIONS, *tests], plugins=[reporter])
        if reporter.broken:
            raise RuntimeError(reporter.broken[0])
        if int(status) not in (0, 1, 5):
            raise RuntimeError(f"pytest ended with {status!r}")
    except BaseException as error:
        channel.send_error(wire.IMPORT_RAISED, reporter.count, error)
        return
    channel.send(wire.FINISHED, reporter.count)
