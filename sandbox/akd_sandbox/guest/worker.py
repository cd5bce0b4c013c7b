"""One sample, in a forked and jailed process: execute the program, call it, send back values.

Nothing here knows an expected value or decides a verdict. The program shares this interpreter and may do to it
what it likes: all it can reach is its own data socket, whose other end takes it for an untrusted peer.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import types
from collections.abc import Callable
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

CANDIDATE = "<candidate>"
EXCEPTION = "an exception class of the program"
_MESSAGE_CHARS = 400


class CandidateError(Exception):
    """Raised in test code when the candidate raised something that is no builtin exception."""


class _Channel:
    """The worker's end of the data socket."""

    def __init__(self, sock: socket.socket, job: dict[str, Any]) -> None:
        self.sock = sock
        self.nonce: bytes = job["nonce"]
        self.digest_over: int = job["digest_over"]
        self.value_bytes: int = job["value_bytes"]

    def send(self, kind: bytes, index: int, body: bytes = b"") -> None:
        self.sock.sendall(wire.pack(self.nonce, kind, index, body))

    def send_error(self, kind: bytes, index: int, error: BaseException) -> None:
        self.send(kind, index, codec.encode(describe(error)))

    def send_value(self, index: int, value: Any, may_digest: bool) -> None:
        """Send a value whole, or as its digest where the judge compares exactly and it is large."""
        try:
            body = codec.encode(value, self.digest_over if may_digest else self.value_bytes)
        except codec.BadValueError as error:
            self.send(wire.BAD_VALUE, index, codec.encode(str(error)))
        except codec.ValueTooLargeError:
            if not may_digest:
                self.send(wire.TOO_LARGE, index)
                return
            try:
                self.send(wire.DIGEST, index, codec.encode(codec.digest(value)))
            except codec.BadValueError as error:
                self.send(wire.BAD_VALUE, index, codec.encode(str(error)))
        else:
            self.send(wire.VALUE, index, body)


def describe(error: BaseException) -> tuple[str, str, str]:
    """Return (type name, message, the candidate's own innermost frames) of an exception, all shortened."""
    try:
        message = str(error)[:_MESSAGE_CHARS]
    except BaseException:
        message = "(its message could not be read)"
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == CANDIDATE:
            frames.append(f"line {trace.tb_lineno} in {code.co_name[:100]}")
            del frames[:-3]
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and not frames:
        frames.append(f"line {error.lineno}")
    return type(error).__name__[:100], message, ", ".join(frames)


def _lay_out(files: dict[str, str]) -> None:
    """Write a sample's further files into its directory, and let it import from there."""
    for path, text in files.items():
        folder = os.path.dirname(path)  # noqa: PTH120
        if folder:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(path, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:  # noqa: PTH123
            file.write(text)
    if files:
        sys.path.insert(0, os.getcwd())  # noqa: PTH109


def _execute(code: str, channel: _Channel, name: str = "") -> dict[str, Any] | None:
    """Run the program's top level as module `candidate`; None when it could not be (and the judge was told).

    Its own further files may import it under another name.
    """
    module = types.ModuleType(name or "candidate")
    module.__dict__["__builtins__"] = builtins  # not the copy that this module's own functions keep
    sys.modules["candidate"] = sys.modules[name or "candidate"] = module
    try:
        program = compile(code, CANDIDATE, "exec", dont_inherit=True)
    except BaseException as error:  # SyntaxError, ValueError (NUL), RecursionError, MemoryError
        channel.send_error(wire.SYNTAX, 0, error)
        return None
    try:
        exec(program, module.__dict__)  # noqa: S102 - in the jail, which is what it is for
    except SystemExit as error:
        _flush()
        os._exit(error.code & 0xFF if type(error.code) is int else 0 if error.code is None else 1)
    except BaseException as error:
        channel.send_error(wire.IMPORT_RAISED, 0, error)
        return None
    return module.__dict__


def run_cases(channel: _Channel, job: dict[str, Any]) -> None:
    """Call the entry point on every case in turn and send each value as it comes.

    The inputs come when the program is defined: what it does with them is on the tests' time, not on the import's.
    """
    _lay_out(job["files"])
    namespace = _execute(job["code"], channel)
    if namespace is None:
        return
    function = namespace.get(job["entry"])
    if not callable(function):
        channel.send(wire.NO_ENTRY, 0)
        return
    channel.send(wire.DEFINED, 0)
    blob = wire.receive(channel.sock)
    view, position, index = memoryview(blob), 0, 0
    unpack, send_value = codec.unpack_trusted, channel.send_value
    while position < len(blob):
        may_digest = blob[position] == 1
        length = int.from_bytes(view[position + 1 : position + 5], "little")
        args, kwargs = unpack(bytes(view[position + 5 : position + 5 + length]))
        position += 5 + length
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            channel.send_error(wire.RAISED, index, error)
        else:
            send_value(index, value, may_digest)
            value = None
        index += 1
    _flush()
    channel.send(wire.FINISHED, index)


def run_program(channel: _Channel, job: dict[str, Any]) -> None:
    """Run a whole program as `__main__` and end as the interpreter would: threads, exit functions, output, code."""
    _lay_out(job["files"])
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __file__="candidate.py")
    sys.modules["__main__"] = module
    try:
        program = compile(job["code"], CANDIDATE, "exec", dont_inherit=True)
    except BaseException as error:
        channel.send_error(wire.SYNTAX, 0, error)
        return
    channel.send(wire.DEFINED, 0)
    code = 0
    try:
        exec(program, module.__dict__)  # noqa: S102 - in the jail, which is what it is for
    except SystemExit as error:
        code = error.code & 0xFF if type(error.code) is int else 0 if error.code is None else 1
        if code == 1 and type(error.code) is not int:
            with contextlib.suppress(Exception):
                print(error.code, file=sys.stderr)
    except BaseException as error:
        channel.send_error(wire.RAISED, 0, error)
        code = 1
    for end in (getattr(sys.modules.get("threading"), "_shutdown", None), getattr(atexit, "_run_exitfuncs", None)):
        with contextlib.suppress(BaseException):
            if end is not None:
                end()
    try:
        sys.stdout.flush()
    except Exception:
        code = code or 120  # the interpreter's own code for output that could not be written
    os._exit(code)


def _flush() -> None:
    """Send on what the program has printed; it may have closed or replaced its stdout, which is its own affair."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()


# --- a candidate that serves test code ----------------------------------------------------------------------


def serve(channel: _Channel, job: dict[str, Any]) -> None:
    """Answer operations on the program, one at a time, until the judge ends it.

    An operation is (verb, target, name, args, kwargs): call a name or a kept object, read or write an attribute,
    list what an object yields, or tell which of some names exist. Values that do not travel are kept here and
    answered by number.
    """
    _lay_out(job["files"])
    namespace = _execute(job["code"], channel, job["module"])
    if namespace is None:
        return
    if job["entry"] and not callable(namespace.get(job["entry"])):
        channel.send(wire.NO_ENTRY, 0)
        return
    kept: list[Any] = []

    def keep(value: Any) -> codec.Ref:
        kept.append(value)
        return codec.Ref(len(kept) - 1, type(value).__name__[:100])

    codec.unknown_hook = keep
    codec.ref_hook = lambda number, name: kept[number]
    channel.send(wire.DEFINED, 0)
    index = 0
    while True:
        request = wire.receive(channel.sock)
        index += 1
        try:
            verb, target, name, args, kwargs = codec.decode(request)
            value = _operate(namespace, verb, target, name, args, kwargs)
        except BaseException as error:
            _flush()
            channel.send_error(wire.RAISED, index, error)
        else:
            _flush()
            channel.send_value(index, value, may_digest=False)


def _operate(namespace: dict[str, Any], verb: str, target: Any, name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
    if verb == "call":
        return namespace[name](*args, **kwargs)
    if verb == "callref":
        return target(*args, **kwargs)
    if verb == "getattr":
        value = getattr(target, name)
        return codec.unknown_hook(value) if callable(value) and codec.unknown_hook else value
    if verb == "setattr":
        setattr(target, name, args[0])
        return None
    if verb == "list":
        return [item for item, _ in zip(target, range(1_000_000), strict=False)]
    if verb == "names":
        return [known for known in args if known in namespace]
    if verb == "module":
        return _member(namespace if name == "" else vars(importlib.import_module(name)), args[0])
    raise ValueError(verb)


def _member(names: dict[str, Any], wanted: str) -> Any:
    """Return what a module holds under a name, for a test file that imports it: data by value, the rest by number.

    An exception class is answered by its bases' names too, so that test code can expect it.
    """
    if wanted == "*":
        return [name for name in names.get("__all__", names) if not name.startswith("_")]
    if wanted not in names:
        raise AttributeError(wanted)
    value = names[wanted]
    if isinstance(value, type) and issubclass(value, BaseException):
        return (EXCEPTION, [base.__name__ for base in value.__mro__])
    return codec.unknown_hook(value) if callable(value) and codec.unknown_hook else value


# --- test code in a worker of its own ------------------------------------------------------------------------


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


def make_operate(channel: _Channel) -> Callable[..., Any]:
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

    codec._SCALARS[_Proxy] = lambda value: codec._SCALARS[codec.Ref](codec.Ref(value._akd_number, ""))
    codec.ref_hook = lambda number, name: _Proxy(number, operate)
    return operate


def run_tests(channel: _Channel, job: dict[str, Any]) -> None:
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
            channel.send(wire.TEST_WRONG, count, codec.encode(f"{source}  {error}".strip()[:_MESSAGE_CHARS]))
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
            source = ast.unparse(statement)[:_MESSAGE_CHARS] if isinstance(statement, ast.Assert) else None
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


MODES: dict[str, Callable[[_Channel, dict[str, Any]], None]] = {
    "cases": run_cases,
    "serve": serve,
    "tests": run_tests,
    "program": run_program,
}


def open_streams() -> None:
    """Make sys.stdin, stdout and stderr for descriptors 0 to 2, whatever they are by the time they are used.

    Called once in the zygote: making them anew costs every worker half a millisecond.
    """
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(  # type: ignore[misc]  # noqa: SIM115
        1, "w", encoding="utf-8", errors="surrogateescape", closefd=False
    )
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
    )


def rehearse() -> None:
    """Run a small job of our own a few times, in the zygote, so that no worker has to warm up.

    The interpreter specialises what runs often by writing into the code itself. Done before the fork, it is done once,
    and workers need not copy the pages for it.
    """
    ours, theirs = socket.socketpair()
    job = {"mode": "cases", "code": "def f(x):\n    return x\n", "entry": "f", "files": {}}
    head = codec.pack_trusted({**job, "nonce": bytes(wire.NONCE_BYTES), "digest_over": 1 << 20, "value_bytes": 1 << 20})
    packed = codec.pack_trusted(((1,), {}))
    inputs = (b"\1" + len(packed).to_bytes(4, "little") + packed) * 10
    with ours, theirs:
        for _ in range(10):
            for body in (head, inputs):
                theirs.sendall(len(body).to_bytes(4, "little") + body)
            received = codec.unpack_trusted(wire.receive(ours))
            run_cases(_Channel(ours, received), received)
            theirs.recv(1 << 16)
    del sys.modules["candidate"]


def main(fds: tuple[int, ...], kept: tuple[int, ...], confine: Callable[[], None]) -> None:
    """Become the worker: take the descriptors, confine, read the job, run it. Never returns.

    Args:
        fds: data socket, stdout, stderr and, for a program that reads, stdin.
        kept: descriptors that confine finds from number 4 on, and closes. All others are closed here.
        confine: drops every privilege; called before any untrusted byte is read.
    """
    try:
        data, out, err, *given = fds
        null = given[0] if given else os.open("/dev/null", os.O_RDONLY)
        moved = [os.dup(fd) for fd in (null, out, err, data, *kept)]
        for target, fd in enumerate(moved):
            os.dup2(fd, target)
        os.closerange(len(moved), 4096)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        confine()
        sock = socket.socket(fileno=3)
        job = codec.unpack_trusted(wire.receive(sock))
        gc.enable()
        MODES[job["mode"]](_Channel(sock, job), job)
        _flush()
        while True:  # the judge ends us; exiting here would run the program's atexit hooks
            wire.receive(sock)
    except EOFError:
        os._exit(0)
    except BaseException:
        os._exit(70)
    finally:
        os._exit(71)
