"""The names of the programs that a line for the shell starts, as far as its text shows them."""

from __future__ import annotations

import builtins
import itertools
import re
import shlex

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_MOST_CHARS = 1 << 16
_NO_COMMANDS = re.compile(r"\\\n|\$\(\(.*?\)\)")  # a line that goes on, arithmetic
_GOES_ON = frozenset(["!", "{", "do", "elif", "else", "if", "then", "until", "while"])
"""Reserved words behind which a command stands."""
_BUILT_IN = frozenset([
    ".", ":", "[", "[[", "alias", "bg", "break", "case", "cd", "chdir", "command", "continue", "done", "echo", "esac",
    "eval", "exec", "exit", "export", "false", "fg", "fi", "for", "function", "getopts", "hash", "help", "history",
    "in", "jobs", "kill", "let", "local", "printf", "pwd", "read", "readonly", "return", "select", "set", "shift",
    "source", "test", "time", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "wait", "}",
])  # fmt: skip
"""What a shell does by itself, and reserved words behind which no command stands."""


def commands(line: str) -> list[str]:
    """Return the first words of the simple commands in a line for the shell, but for what the shell does by itself.

    A word that is only known when the line runs (`$name`) is left out, and so is all of a line that is not closed.
    """
    one_line = _NO_COMMANDS.sub(" ", line[:_MOST_CHARS]).replace("\n", " ; ")
    lexer = shlex.shlex(one_line, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:  # no closing quotation
        return []
    found: list[str] = []
    own: set[str] = set()
    expected, file_name = True, False
    for word, after in itertools.pairwise([*words, ""]):
        if word and set(word) <= set("();<>|&"):
            file_name = set(word) <= set("<>&|") and bool(set(word) & set("<>"))
            expected = expected if file_name else True
        elif file_name:
            file_name = False
        elif expected and not word.isdigit():  # a digit stands before a redirection: 2>&1
            is_set = word.partition("=")[0].isidentifier() and "=" in word
            expected = is_set or word in _GOES_ON
            if after.startswith("()"):  # a function of its own
                own.add(word)
            elif not expected and word not in _BUILT_IN and not set(word) & set("$`#"):
                found.append(word)
    return [word for word in dict.fromkeys(found) if word not in own]
