"""Test code in a worker of its own: what it sees of the program are stand-ins, and the judge stands between."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from akd_sandbox import codec
from akd_sandbox.codec import kinds as codec_kinds
from akd_sandbox.codec.scalars import SCALARS
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import MESSAGE_CHARS, Channel, describe

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]


class CandidateError(Exception):
    """Raised in test code when the candidate raised something that is no builtin exception."""


class _Proxy:
    """A candidate's object as test code sees it: by number. Equal to nothing but itself, and never a truth value."""

    __slots__ = ("_akd_number", "_akd_operate")
    _akd_number: int
    _akd_operate: Callable[..., Any]

    def __init__(self, number: int, operate: Callable[..., Any]) -> None:
        object.__setattr__(self, "_akd_number", number)
        object.__setattr__(self, "_akd_operate", operate)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._akd_operate("callref", self, "", args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return self._akd_operate("getattr", self, name, (), {})

    def __setattr__(self, name: str, value: Any) -> None:
        self._akd_operate("setattr", self, name, (value,), {})

    def __iter__(self) -> Any:
        return iter(self._akd_operate("list", self, "", (), {}))

    def __bool__(self) -> bool:
        raise TypeError("the candidate returned an object that has no truth value here")


EXPECTED: dict[str, type[Exception]] = {}
"""Stand-ins for the program's own exception classes that test code has asked for."""


def make_operate(channel: Channel) -> Callable[..., Any]:
    """Return the function that asks the program, through the judge, for one operation; and make it the proxies'."""

    def operate(verb: str, target: Any, name: str, args: Any, kwargs: Any) -> Any:
        request = codec.encode((verb, target, name, tuple(args), dict(kwargs)), channel.value_bytes)
        channel.send(wire.CALL, 0, request)
        reply = wire.receive(channel.sock)
        if reply[:1] == wire.VALUE:
            return codec.decode(reply[1:])
        type_name, message, frames = codec.decode(reply[1:])
        kind = EXPECTED.get(type_name) or getattr(builtins, type_name, None)
        if not (isinstance(kind, type) and issubclass(kind, Exception)) or kind is AssertionError:
            kind = CandidateError
        error: Exception = CandidateError(message)
        try:
            error = kind(message)
        except TypeError:  # UnicodeDecodeError and the like want more arguments
            error = CandidateError(message)
        error._akd_detail = f"{type_name}: {message} ({frames})" if frames else f"{type_name}: {message}"  # type: ignore[attr-defined]
        raise error

    SCALARS[_Proxy] = lambda value: SCALARS[codec.Ref](codec.Ref(value._akd_number, ""))
    codec_kinds.ref_hook = lambda number, name: _Proxy(number, operate)
    return operate


def run_tests(channel: Channel, job: dict[str, Any]) -> None:
    """Run test code against proxies of the candidate's names; report each test, then how many there were."""
    operate = make_operate(channel)

    def remote(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return operate("call", None, name, args, kwargs)

        call.__name__ = name
        return call

    entry: str = job["entry"]
    try:
        tree = ast.parse(job["code"])
        namespace = _test_namespace(tree, entry, remote, operate)
        tests = _collect(tree, job, namespace, remote(entry))
    except BaseException as error:
        channel.send_error(wire.IMPORT_RAISED, 0, error)
        return
    channel.send(wire.DEFINED, 0)
    count = 0
    for source, run in tests:
        try:
            run()
        except AssertionError as error:
            channel.send(wire.TEST_WRONG, count, codec.encode(f"{source}  {error}".strip()[:MESSAGE_CHARS]))
        except BaseException as error:
            if source is None:  # set-up between the asserts
                channel.send_error(wire.IMPORT_RAISED, count, error)
                return
            detail = getattr(error, "_akd_detail", None)
            said = (*describe(error), source, detail or "")
            channel.send(wire.RAISED, count, codec.encode(said))
        else:
            if source is None:
                continue
            channel.send(wire.TEST_PASSED, count)
        count += 1
    channel.send(wire.FINISHED, count)


def _test_namespace(
    tree: ast.Module, entry: str, remote: Callable[[str], Any], operate: Callable[..., Any]
) -> dict[str, Any]:
    """Return globals for the test code: the entry point, and every free name that the candidate defines."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
    free = sorted(used - bound - set(dir(builtins)) - {entry})
    answer = operate("names", None, "", free, {}) if free else []
    known = [name for name in free if type(answer) is list and name in answer]
    namespace: dict[str, Any] = {"__name__": "tests", "__builtins__": builtins, entry: remote(entry)}
    namespace.update((name, remote(name)) for name in known)
    return namespace


def _collect(
    tree: ast.Module, job: dict[str, Any], namespace: dict[str, Any], candidate: Any
) -> list[tuple[str | None, Callable[[], Any]]]:
    """Return (source line, run) of every test; a source of None marks set-up that runs between them."""
    if job["style"] == "asserts":
        steps: list[tuple[str | None, Callable[[], Any]]] = []
        for statement in tree.body:
            program = compile(ast.Module([statement], []), "<tests>", "exec")
            source = ast.unparse(statement)[:MESSAGE_CHARS] if isinstance(statement, ast.Assert) else None
            steps.append((source, lambda program=program: exec(program, namespace)))  # type: ignore[misc]  # noqa: S102
        return steps
    entry_proxy = namespace.pop(job["entry"], candidate)
    exec(compile(tree, "<tests>", "exec"), namespace)  # noqa: S102
    namespace[job["entry"]] = entry_proxy  # a stub of the same name in the test code must not stand in for it
    if job["style"] == "check":
        check = namespace["check"]
        return [("check(candidate)", lambda: check(candidate))]
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
    return [(f"{name}()", namespace[name]) for name in dict.fromkeys(names)]
