"""A stand-in for external programs and for the shell that starts them: words are parsed, nothing is started.

What a shell would start is found by its rules of quoting; a program is a function here, of its words to its output.
"""

import os as _os
import subprocess as _subprocess
from collections.abc import Callable as _Callable
from collections.abc import Iterator as _Iterator
from typing import Any as _Any

PROGRAMS: dict[str, _Callable[[list[str]], str | None]] = {}
"""What there is to start: a function of the words, to the output, or to None where the program ends with code 1."""
STARTED: list[list[str]] = []
"""The words of everything that was started, by whatever way."""
_SHELLS = ("sh", "bash", "dash", "zsh", "/bin/sh", "/bin/bash", "/bin/dash")
_UNKNOWN = 127


def started() -> list[str]:
    """Return the names of the programs that were started, in order, and forget them."""
    names = [words[0] for words in STARTED]
    STARTED.clear()
    return names


def injected() -> str:
    """Return "injected" if `touch`, which only payloads name, was started since last asked, else "nothing"."""
    return "injected" if "touch" in started() else "nothing"


def _run(words: list[str]) -> tuple[int, str]:
    """Start one program; return its code and what it prints."""
    if words[0] in _SHELLS and "-c" in words:
        return _shell(words[words.index("-c") + 1])
    STARTED.append(words)
    program = PROGRAMS.get(words[0].rpartition("/")[2])
    if program is None:
        return _UNKNOWN, ""
    output = program(words)
    return (1, "") if output is None else (0, output)


def _shell(script: str) -> tuple[int, str]:
    """Carry out a line for the shell: every command in it, its substitutions before it."""
    code, output = 0, ""
    for words in _commands(script):
        if words:
            code, printed = _run(words)
            output += printed
    return code, output


def _commands(script: str) -> _Iterator[list[str]]:
    """Yield the words of each command of a script; what is between `$(` and `)`, or in backticks, comes first."""
    words: list[str] = []
    word, begun, redirected, quote, at = "", False, False, "", 0

    def closed() -> tuple[list[str], str, bool, bool]:
        """Return the state after a word's end: where output goes to is no word of the command."""
        return ([*words, word] if begun and not redirected else words), "", False, redirected and not begun

    while at < len(script):
        sign = script[at]
        if quote == "'":
            quote, word = ("", word) if sign == "'" else (quote, word + sign)
        elif sign == "\\":
            at += 1
            word, begun = word + script[at : at + 1], True
        elif sign == "`" or script.startswith("$(", at):
            start, closing = (at + 1, "`") if sign == "`" else (at + 2, ")")
            end = script.find(closing, start)
            end = len(script) if end < 0 else end
            yield from _commands(script[start:end])
            at, begun = end, True
        elif quote == '"':
            quote, word = ("", word) if sign == '"' else (quote, word + sign)
        elif sign in "'\"":
            quote, begun = sign, True
        elif sign in "<>":
            at += len(script[at:]) - len(script[at:].lstrip("<>&")) - 1
            words, word, begun = [*words, word] if begun and not word.isdigit() else words, "", False
            redirected = True
        elif sign in ";&|\n()" or sign.isspace():
            words, word, begun, redirected = closed()
            if not sign.isspace() or sign == "\n":
                yield words
                words = []
        else:
            word, begun = word + sign, True
        at += 1
    yield closed()[0]


def _execute_child(self: _Any, args: _Any, *rest: _Any) -> None:
    """Stand in for `Popen._execute_child`, which forks: run the stand-in, leave its output in the pipe."""
    shell, *pipes = rest[8:15]
    child_out = pipes[3]
    given = [args] if isinstance(args, str | bytes | _os.PathLike) else args
    words = [_os.fsdecode(word) for word in given]
    code, output = _shell(words[0]) if shell else _run(words)
    if code == _UNKNOWN and not shell:
        raise FileNotFoundError(2, "No such file or directory", words[0])
    if child_out != -1:
        _os.write(child_out, output.encode())
    self._close_pipe_fds(*pipes)
    self._child_created, self.pid, self.returncode = True, 2, code


def _system(command: str) -> int:
    """Stand in for `os.system`."""
    return _shell(command)[0] << 8


_subprocess.Popen._execute_child = _execute_child  # type: ignore[attr-defined]
_os.system = _system  # type: ignore[assignment]
