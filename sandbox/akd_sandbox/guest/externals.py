"""External programs that a sample wanted to run and that are not here: none are, unless they were asked for."""

from __future__ import annotations

import builtins
import os
import shutil
import sys
from typing import Any

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_AT_MOST = 20


class Missing:
    """Names of programs that were started and not found, as the interpreter's own events tell."""

    def __init__(self) -> None:
        self.names: list[str] = []
        sys.addaudithook(self._hear)

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
        if not found and name not in self.names and len(self.names) < _AT_MOST:
            self.names.append(name[:100])
