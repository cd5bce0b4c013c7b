"""External programs, and other things of the host's, that a sample wanted and that the jail does not have."""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import Channel
from akd_sandbox.guest.shell import commands

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_access = os.access  # tests of programs have os.path.exists and its like say what they want
_AT_MOST = 20
_PTY = re.compile(r"\b(pty|openpty|forkpty)\b")
_STARTING = ("subprocess", "system", "popen", "Popen", "exec", "spawn")
_SHELLS = ("sh", "ash", "bash", "dash", "zsh")
_TERMINAL = "a pseudo-terminal"
_ANEW = "the program's own file, which multiprocessing's spawn and forkserver start anew"


class Missing:
    """What was started or looked for and not found, as the interpreter's own events tell.

    Listening costs every event a call, so only code that names a way to start programs is listened to.
    """

    def __init__(self, channel: Channel, *sources: str) -> None:
        """Listen for what the sources name ways to."""
        self._channel = channel
        self._names: list[str] = []
        self._told = 0
        self._pid = os.getpid()
        if _any_named(sources, _STARTING):
            sys.addaudithook(self._hear)
        if _any_named(sources, ("which",)):
            _after(shutil, "which", self._looked_up)
        if any(_PTY.search(source) for source in sources):
            for name in ("openpty", "forkpty"):
                _after(os, name, lambda *_: None, failed=lambda: self._note(_TERMINAL))
        if _any_named(sources, ("multiprocessing", "ProcessPool")):
            _after(importlib.import_module("multiprocessing.util"), "spawnv_passfds", self._started_anew)

    def tell(self) -> None:
        """Tell the judge of those that it does not know yet."""
        while self._told < len(self._names):
            self._channel.send(wire.MISSING, self._told, codec.encode(self._names[self._told]))
            self._told += 1

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "os.system":
            self._start("/bin/sh", ["sh", "-c", args[0]])
        elif event == "subprocess.Popen":
            executable, words, folder, environment = args
            self._start(executable, words, folder, environment)
        elif event == "os.posix_spawn":
            self._start(args[0], args[1], environment=args[2])
        elif event == "os.exec":  # os.execvp tries one folder of the PATH after the other
            folder, name = os.path.split(_text(args[0]))
            self._start(name if folder in os.get_exec_path() else args[0], args[1], environment=args[2])

    def _start(self, executable: Any, words: Any, folder: Any = None, environment: Any = None) -> None:
        """Note what starting a program needs that is not here: itself, and what a shell is told to start."""
        texts = [_text(word) for word in ([words] if isinstance(words, str | bytes | os.PathLike) else words or ())]
        name = _text(executable) or (texts[0] if texts else "")
        place = _text(environment.get("PATH")) if isinstance(environment, Mapping) else ""
        wanted = [name]
        if os.path.basename(name) in _SHELLS and texts[1:2] == ["-c"]:  # noqa: PTH119
            wanted += commands(" ".join(texts[2:3]))
        for one in wanted:
            self._note(_wanting(one, _text(folder), place or None))

    def _looked_up(self, found: Any, name: Any, *_: Any, **__: Any) -> None:
        if found is None:
            self._note(_text(name))

    def _started_anew(self, _: Any, __: Any, words: Any, *___: Any) -> None:
        if any(mark in _text(word) for word in words for mark in ("spawn_main", "multiprocessing.forkserver")):
            self._note(_ANEW)

    def _note(self, name: str) -> None:
        if not name or name in self._names or len(self._names) >= _AT_MOST:
            return
        self._names.append(name[:100])
        if os.getpid() != self._pid:  # a forked child, about to become what is not here
            with contextlib.suppress(OSError):  # it may have closed all that it does not need
                self.tell()


def _any_named(sources: Sequence[str], words: Sequence[str]) -> bool:
    return any(word in source for source in sources for word in words)


def _text(word: Any) -> str:
    """Return a word that a program was started with as text, nothing for what is none."""
    return os.fsdecode(word) if isinstance(word, str | bytes | os.PathLike) else ""


def _wanting(name: str, folder: str, place: str | None) -> str:
    """Return what is not here for a program to be started by its name: itself, what its first line names, or nothing.

    It may be started in a folder and with a PATH of its own.
    """
    if "/" in name:
        path = folder + "/" + name if folder and not name.startswith("/") else name
    else:
        folders = place.split(":") if place else os.get_exec_path()
        path = next((f"{one}/{name}" for one in folders if _access(f"{one}/{name}", os.X_OK)), "")
    if not _access(path, os.F_OK):
        return name
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            line = os.fsdecode(file.readline(256))
    except OSError:
        return ""
    interpreter, *words = line.removeprefix("#!").split() if line.startswith("#!") else [""]
    if interpreter and not _access(interpreter, os.F_OK):
        return interpreter
    return _wanting(words[0], "", place) if words and interpreter.endswith("/env") else ""


def _after(module: Any, name: str, then: Callable[..., None], failed: Callable[[], None] | None = None) -> None:
    """Have a function of a module call `then` with its result and its arguments, or `failed` on an OSError."""
    real = getattr(module, name)

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            result = real(*args, **kwargs)
        except OSError:
            if failed is not None:
                failed()
            raise
        then(result, *args, **kwargs)
        return result

    setattr(module, name, call)
