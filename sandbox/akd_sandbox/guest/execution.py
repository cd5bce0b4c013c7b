"""A program in the worker: its files laid out, its top level executed, its function called, or the whole of it run."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import functools
import gc
import io
import linecache
import os
import sys
import types
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import CANDIDATE, Channel
from akd_sandbox.guest.externals import Missing

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]


def lay_out(files: dict[str, str]) -> None:
    """Write a sample's further files into its directory, and let it import from there."""
    for path, text in files.items():
        folder = os.path.dirname(path)  # noqa: PTH120
        if folder:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        with open(path, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:  # noqa: PTH123
            file.write(text)
    if files:
        sys.path.insert(0, os.getcwd())  # noqa: PTH109


def execute(code: str, channel: Channel, missing: Missing, name: str = "") -> dict[str, Any] | None:
    """Run the program's top level as module `candidate`; None when it could not be (and the judge was told).

    Its own further files may import it under another name.
    """
    module = types.ModuleType(name or "candidate")
    path = f"{os.getcwd()}/{module.__name__}.py"  # noqa: PTH109
    module.__dict__.update(__builtins__=builtins, __file__=path)  # not the copy that this module's functions keep
    sys.modules["candidate"] = sys.modules[name or "candidate"] = module
    lines = code.splitlines(keepends=True)
    for place in (CANDIDATE, path):  # for inspect: functions know the one, classes the other
        linecache.cache[place] = (len(code), None, lines, place)
    try:
        program = compile(code.removeprefix("\ufeff"), CANDIDATE, "exec", dont_inherit=True)
    except BaseException as error:  # SyntaxError, ValueError (NUL), RecursionError, MemoryError
        channel.send_error(wire.SYNTAX, 0, error)
        return None
    try:
        exec(program, module.__dict__)  # noqa: S102 - in the jail, which is what it is for
    except SystemExit as error:
        flush()
        missing.tell()
        os._exit(_exit_code(error))
    except BaseException as error:
        missing.tell()
        channel.send_error(wire.IMPORT_RAISED, 0, error)
        return None
    return module.__dict__


def _exit_code(error: SystemExit) -> int:
    """Return the code with which the interpreter ends on a SystemExit: `sys.exit(False)` is 0."""
    if isinstance(error.code, int):
        return int(error.code) & 0xFF
    return 0 if error.code is None else 1


def resolve(program: dict[str, Any], entry: str) -> Any:
    """Return what an entry point names, None if nothing: a name, or a method of a fresh object of a class.

    `Solution().add` and `Solution.add` are both the method of an object that is made here.
    """
    first, *path = entry.replace("()", "").split(".")
    found = program.get(first)
    for name in path:
        try:
            found = getattr(found() if isinstance(found, type) else found, name, None)
        except BaseException:
            return None
    return found


def run_cases(channel: Channel, job: dict[str, Any]) -> None:
    """Call the entry point on every case in turn and send each value as it comes.

    The inputs come when the program is defined: what it does with them is on the tests' time, not on the import's.
    """
    lay_out(job["files"])
    missing = Missing(channel, job["code"], *job["files"].values())
    namespace = execute(job["code"], channel, missing)
    if namespace is None:
        return
    function, is_method = resolve(namespace, job["entry"]), not job["entry"].isidentifier()
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
            if is_method and index:
                function = resolve(namespace, job["entry"])
            value = function(*args, **kwargs)
        except BaseException as error:
            missing.tell()
            channel.send_error(wire.RAISED, index, error)
        else:
            missing.tell()
            try:
                send_value(index, value, may_digest)
            except MemoryError as error:
                channel.send_error(wire.RAISED, index, error)
            value = None
        index += 1
    flush()
    channel.send(wire.FINISHED, index)


def run_program(channel: Channel, job: dict[str, Any]) -> None:
    """Run a whole program as `__main__` and end as the interpreter would: threads, exit functions, output, code."""
    lay_out(job["files"])
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __file__="candidate.py")
    sys.modules["__main__"] = module
    try:
        program = compile(job["code"].removeprefix("\ufeff"), CANDIDATE, "exec", dont_inherit=True)
    except BaseException as error:
        channel.send_error(wire.SYNTAX, 0, error)
        return
    _show_streams()
    missing = Missing(channel, job["code"], *job["files"].values())
    channel.send(wire.DEFINED, 0)
    code = 0
    try:
        exec(program, module.__dict__)  # noqa: S102 - in the jail, which is what it is for
    except SystemExit as error:
        code = _exit_code(error)
        if code == 1 and not isinstance(error.code, int):
            with contextlib.suppress(Exception):
                print(error.code, file=sys.stderr)
    except BaseException as error:
        channel.send_error(wire.RAISED, 0, error)
        code = 1
    for end in (getattr(sys.modules.get("threading"), "_shutdown", None), getattr(atexit, "_run_exitfuncs", None)):
        with contextlib.suppress(BaseException):
            if end is not None:
                end()
    missing.tell()
    del module, program
    with contextlib.suppress(BaseException):
        sys.modules.pop("__main__", None)
        gc.collect()  # what is left of the program goes, and may say so
    try:
        if sys.stdout is not None and not getattr(sys.stdout, "closed", False):
            sys.stdout.flush()
    except Exception:
        code = code or 120  # the interpreter's own code for output that could not be written
    os._exit(code)


_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/0": 0, "/dev/fd/1": 1, "/dev/fd/2": 2}


def _show_streams() -> None:
    """Let a program open its own streams by their paths: the jail shows no /proc, to which these would lead."""
    real = io.open

    def open_stream(file: Any, *args: Any, **kwargs: Any) -> Any:
        number = _STREAMS.get(str(file)) if isinstance(file, str | os.PathLike) else None
        return real(file if number is None else os.dup(number), *args, **kwargs)

    builtins.open = io.open = functools.wraps(real)(open_stream)


def flush() -> None:
    """Send on what the program has printed; it may have closed or replaced its stdout, which is its own affair."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()
