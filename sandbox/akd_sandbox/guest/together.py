"""Test code and program in one interpreter, as CPython runs them; each test is reported, with how its checks went.

Nothing said here is believed by itself: the judge runs the same tests again with expectations made false, which a
program that forges reports cannot tell from the right ones (docs/threat-model.md).
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import random
import sys
import types
from collections.abc import Callable
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import Channel, describe
from akd_sandbox.guest.execution import execute, flush, lay_out, resolve
from akd_sandbox.guest.externals import Missing
from akd_sandbox.guest.looking import LOOKING, BuiltIns
from akd_sandbox.guest.notes import Notes
from akd_sandbox.guest.recorder import Recorder

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

TESTS = "<tests>"


class Names(dict[str, Any]):
    """The global names of test code: its own, and behind them the program's.

    What the tests bring stands before what the program defines under the same name, and so does what they look with:
    a program that defines an `any` of its own keeps it to itself, unless it is what is under test. An exception of its
    own under a built-in name is what its tests mean, too.
    """

    def __init__(self, program: dict[str, Any], code: str, entry: str) -> None:
        """Take over the program's names, but for those it may set anew: these are looked up when they are used."""
        self._hidden = LOOKING - {entry.replace("()", "").partition(".")[0]}
        super().__init__({name: value for name, value in program.items() if self._is_given(name, value)})
        super().__setitem__("__builtins__", BuiltIns())
        self._program = program
        self._its_own = frozenset(program)
        for name in _set_by_functions(code):
            self.pop(name, None)

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a name of the tests; where the program has none of its own, it may count on theirs (an import)."""
        super().__setitem__(name, value)
        if name not in self._its_own:
            self._program[name] = value

    def __missing__(self, name: str) -> Any:
        value = self._program[name]
        if not self._is_given(name, value):
            raise KeyError(name)
        return value

    def _is_given(self, name: str, value: Any) -> bool:
        own_exception = type(value) is type and issubclass(value, BaseException) and value.__module__ == "candidate"
        return name not in self._hidden or own_exception


def _set_by_functions(code: str) -> set[str]:
    """Return the global names that functions of a program may set."""
    if "global" not in code:
        return set()
    found = (node.names for node in ast.walk(ast.parse(code.removeprefix("\ufeff"))) if isinstance(node, ast.Global))
    return {name for names in found for name in names}


class Reporter:
    """Tells the judge how many tests there are, how each went, and how its checks did."""

    def __init__(self, channel: Channel, recorder: Recorder, notes: Notes, missing: Missing) -> None:
        self.channel = channel
        self.recorder = recorder
        self.notes = notes
        self.missing = missing
        self.count = 0

    def collected(self, count: int) -> None:
        """Say how many tests there are."""
        self.channel.send(wire.COLLECTED, count)

    def broken(self, error: BaseException) -> None:
        """Say that the tests cannot be run."""
        self.missing.tell()
        self.channel.send(wire.TESTS_RAISED, self.count, codec.encode(describe(error)))

    def passed(self) -> None:
        """Say that a test passed."""
        self._send(wire.TEST_PASSED, ())

    def failed(self, name: str, error: BaseException | str) -> None:
        """Say that a test failed by a check (an AssertionError, a word of the runner) or by another exception."""
        if isinstance(error, str):
            self._send(wire.TEST_WRONG, (name[:200], "", error[:400], ""))
            return
        kind, message, frames = describe(error)
        is_check = isinstance(error, AssertionError) or type(error).__module__ == "_pytest.outcomes"
        self._send(wire.TEST_WRONG if is_check else wire.RAISED, (name[:200], kind, message, frames))

    def _send(self, kind: bytes, told: tuple[str, ...]) -> None:
        flush()
        self.missing.tell()
        self.channel.send(kind, self.count, codec.encode((told, self.recorder.take())))
        self.count += 1

    def finished(self) -> None:
        """Say that all tests ran, and what the program gave where that was noted."""
        flush()
        if self.notes.seen:
            seen = {number: tuple(outcomes) for number, outcomes in self.notes.seen.items()}
            self.channel.send(wire.SEEN, self.count, codec.encode(seen))
        self.channel.send(wire.FINISHED, self.count, codec.encode(((), self.recorder.take())))


def run_together(channel: Channel, job: dict[str, Any]) -> None:
    """Execute the program, then run test code of any style on it."""
    lay_out(job["files"])
    recorder = Recorder()
    recorder.install()
    notes = Notes(job["given"])
    notes.install()
    missing = Missing(channel, job["code"], *job["tests"], *job["files"].values())
    program = execute(job["code"], channel, missing, job["module"])
    if program is None:
        return
    if job["entry"] and not callable(resolve(program, job["entry"])):
        channel.send(wire.NO_ENTRY, 0)
        return
    channel.send(wire.DEFINED, 0)
    reporter = Reporter(channel, recorder, notes, missing)
    order = random.Random(job["order"]) if job["order"] is not None else None
    STYLES[job["style"]](reporter, program, job, order)


Test = tuple[str, Callable[[], Any]]


def _run(reporter: Reporter, tests: list[Test], order: random.Random | None) -> None:
    if order is not None:
        order.shuffle(tests)
    reporter.collected(len(tests))
    for name, run in tests:
        try:
            run()
        except BaseException as error:
            reporter.failed(name, error)
        else:
            reporter.passed()
    reporter.finished()


def _defined(reporter: Reporter, source: str, names: Names) -> bool:
    """Execute test code that defines things; tell the judge where that fails."""
    try:
        exec(compile(source, TESTS, "exec", dont_inherit=True), names)  # noqa: S102 - in the jail
    except BaseException as error:
        reporter.broken(error)
        return False
    return True


def _entries(reporter: Reporter, program: dict[str, Any], job: dict[str, Any], order: random.Random | None) -> None:
    """Run set-up and then entries, each a test that may use what those before it defined: never in another order."""
    names = Names(program, job["code"], job["entry"])
    setup, *entries = job["tests"]
    if "pytest" not in names and any("pytest." in entry for entry in entries):
        with contextlib.suppress(ImportError):
            names["pytest"] = importlib.import_module("pytest")
    if not _defined(reporter, setup, names):
        return
    tests: list[Test] = []
    for number, source in enumerate(entries):
        code = compile(source, TESTS, "exec", dont_inherit=True)
        tests.append((f"test {number}", lambda code=code: exec(code, names)))  # type: ignore[misc]  # noqa: S102
    _run(reporter, tests, None)


def _check(reporter: Reporter, program: dict[str, Any], job: dict[str, Any], order: random.Random | None) -> None:
    """Run `check(candidate)`, or the module itself where it calls it."""
    names = Names(program, job["code"], job["entry"])
    source = job["tests"][0]
    if job["calls_itself"]:
        code = compile(source, TESTS, "exec", dont_inherit=True)
        _run(reporter, [("check(candidate)", lambda: exec(code, names))], None)  # noqa: S102
    elif _defined(reporter, source, names):
        candidate = resolve(program, job["entry"])
        if job["entry"].isidentifier():
            names[job["entry"]] = candidate  # a stub of the same name in the test code does not stand in for it
        check = names["check"]
        _run(reporter, [("check(candidate)", lambda: check(candidate))], None)


def _functions(reporter: Reporter, program: dict[str, Any], job: dict[str, Any], order: random.Random | None) -> None:
    names = Names(program, job["code"], job["entry"])
    if _defined(reporter, job["tests"][0], names):
        if job["entry"].isidentifier():
            names[job["entry"]] = resolve(program, job["entry"])
        _run(reporter, [(f"{name}()", names[name]) for name in job["names"]], order)


def _unittest(reporter: Reporter, program: dict[str, Any], job: dict[str, Any], order: random.Random | None) -> None:
    names = Names(program, job["code"], job["entry"])
    before = set(map(id, names.values()))
    if not _defined(reporter, job["tests"][0], names):
        return
    module = sys.modules.get(names["__name__"])
    for fixture in ("setUpModule", "tearDownModule"):
        if fixture in names and isinstance(module, types.ModuleType):
            setattr(module, fixture, names[fixture])
    found = [value for value in names.values() if isinstance(value, type) and id(value) not in before]
    RUNNERS["unittest"](reporter, found, order)


def _pytest(reporter: Reporter, program: dict[str, Any], job: dict[str, Any], order: random.Random | None) -> None:
    files = dict(zip(job["paths"], job["tests"], strict=True)) | job["beside"]
    RUNNERS["pytest"](reporter, (files, job["run"]), order)


RUNNERS: dict[str, Callable[[Reporter, Any, random.Random | None], None]] = {}
"""unittest's and pytest's, put here by a zygote that has imported them."""
STYLES: dict[str, Callable[[Reporter, dict[str, Any], dict[str, Any], random.Random | None], None]] = {
    "asserts": _entries,
    "check": _check,
    "functions": _functions,
    "unittest": _unittest,
    "pytest": _pytest,
}
