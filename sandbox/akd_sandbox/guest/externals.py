"""External programs that a sample wanted to run and that are not here: none are in the jail."""

from __future__ import annotations

import builtins
import os
import shutil
import sys
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import Channel

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_AT_MOST = 20
_WORDS = ("subprocess", "system", "popen", "exec", "spawn", "Popen")


class Missing:
    """Names of programs that were started and not found, as the interpreter's own events tell.

    Listening costs every event a call, so only code that could start a program is listened to.
    """

    def __init__(self, channel: Channel, *sources: str) -> None:
        """Listen if the sources name a way to start programs."""
        self._channel = channel
        self._names: list[str] = []
        self._told = 0
        if any(word in source for source in sources for word in _WORDS):
            sys.addaudithook(self._hear)

    def tell(self) -> None:
        """Tell the judge of those that it does not know yet."""
        while self._told < len(self._names):
            self._channel.send(wire.MISSING, self._told, codec.encode(self._names[self._told]))
            self._told += 1

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "os.system":
            self._note("/bin/sh")
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn") and args:
            given = args[0]
            if given is None and len(args) > 1 and args[1]:
                given = args[1][0] if isinstance(args[1], (list, tuple)) else args[1]
            if isinstance(given, str | bytes | os.PathLike):
                self._note(os.fsdecode(given))

    def _note(self, name: str) -> None:
        found = os.path.exists(name) if "/" in name else shutil.which(name) is not None  # noqa: PTH110
        if not found and name not in self._names and len(self._names) < _AT_MOST:
            self._names.append(name[:100])
