"""Functions with doctests in a folder of Python code, in HumanEval's form. Nothing is imported and nothing is run."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from akd_code.intake.closure import needed
from akd_code.intake.examples import asserts_of_examples
from akd_code.intake.exercise import Exercise, IntakeError
from akd_code.intake.fields import fenced
from akd_sandbox.syntax import parse

_LONGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Documented:
    """A function at the top of a file, whose docstring shows calls; `name` is `FILE:FUNCTION`, relative to the folder.

    `module` is the file without the function, `head` the function up to the end of its docstring, `body` all of it.
    """

    name: str
    function: str
    module: str
    head: str
    body: str
    docstring: str

    def exercise(self) -> Exercise:
        """Return the function as a task: what it needs of its file, its head, and its examples as tests.

        Raises UnusableError, for one without an example whose result is a value among others.
        """
        around = needed(self.body, self.module)
        before = f"{around}\n\n\n" if around else ""
        tests = asserts_of_examples(self.docstring)
        setup = needed("\n".join(tests), self.module)
        return Exercise(
            f"{before}{self.head}\n",
            fenced(f"{before}{self.body}"),
            self.name,
            self.function,
            tests,
            setup,
            statement=_statement(self.docstring),
        )


def documented_functions(folder: Path) -> list[Documented]:
    """Return the functions with doctests in a folder's Python files, in the order of the paths.

    A file that is not Python, or too large, has none. Raises IntakeError where there is no folder or no such function.
    """
    if not folder.is_dir():
        raise IntakeError(f"no folder {folder}; give one with Python code")
    found = [one for path in sorted(folder.rglob("*.py")) for one in _in_file(path, str(path.relative_to(folder)))]
    if not found:
        raise IntakeError(f"no function in {folder} has doctests (`>>>` in its docstring); give another folder")
    return found


def _in_file(path: Path, name: str) -> Iterator[Documented]:
    try:
        source = path.read_text(encoding="utf-8-sig") if path.stat().st_size <= _LONGEST_FILE else ""
        tree = parse(source)
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError, MemoryError, RecursionError):
        return
    lines = source.splitlines()
    for node in tree.body:
        docstring = ast.get_docstring(node, clean=False) if isinstance(node, ast.FunctionDef) else None
        if not isinstance(node, ast.FunctionDef) or docstring is None or ">>>" not in docstring:
            continue
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
        last = node.end_lineno or node.lineno
        documented = node.body[0].end_lineno or last
        yield Documented(
            f"{name}:{node.name}",
            node.name,
            "\n".join([*lines[:first], *lines[last:]]),
            "\n".join(lines[first:documented]),
            "\n".join(lines[first:last]),
            docstring,
        )


def _statement(docstring: str) -> str:
    """Return the words before the first example, without the heading of the examples."""
    lines = inspect.cleandoc(docstring).partition(">>>")[0].split("\n")
    while lines and (not (last := lines[-1].strip()) or last.endswith(":") or not last.strip("=-~")):
        underline = bool(last) and not last.strip("=-~")
        lines.pop()
        if underline and lines:
            lines.pop()
    return "\n".join(lines)
