"""Suites in a JSONL file: a line a task, as a recipe's seeds, with the programs that its tests are held to."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from akd_code.curriculum.suite_score import FACTS, score_facts, with_score
from akd_code.errors import AkdError
from akd_code.records import PromptTests
from akd_code.referee.tests_in_code import parts_of_tests
from akd_code.storage import json_line, write_whole
from akd_evals.extract import extract_code
from akd_sandbox.syntax import NOT_PYTHON, parse

_TESTS = ("tests", "test", "test_list")
_TRUSTED = ("answer", "canonical_solution")
_FORM = '{"prompt": ..., "entry_point": "f", "tests": ["assert f(1) == 2"], "canonical_solution": "def f(x): ..."}'


class SuiteFileError(AkdError):
    """A file of suites or solutions that cannot be used."""


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """One task of a file: its tests, a program that is right, if there is one, and programs nobody vouches for.

    `fields` is the line as it was read: whatever else it holds is passed on.
    """

    fields: Mapping[str, Any]
    number: int
    tests: PromptTests
    entry_point: str
    text: str
    trusted: str | None
    solutions: tuple[str, ...]

    @property
    def name(self) -> str:
        """The task's id, or the number of its line."""
        return _name_in(self.fields) or f"line {self.number}"

    def written(self, tests: PromptTests | None, facts: Mapping[str, Any]) -> str:
        """Return the line with other tests (None: without) and with what was found out."""
        fields = {**self.fields, "tests": None if tests is None else list(tests.asserts), FACTS: dict(facts)}
        if tests is not None:
            fields[FACTS] |= score_facts(tests)
            fields |= {"setup": tests.setup} if tests.setup else {}
        return json_line(fields)


def read_suites(path: Path, solutions: Path | None = None) -> list[SuiteRow]:
    """Return the tasks of a JSONL file (.gz too).

    `solutions`: a file with further programs, a line each: `id` as in the first file, and `solution`, a text, or
    `solutions`, a list. Raises SuiteFileError with file and line.
    """
    rows = [_suite(fields, number, f"{path}:{number}") for number, fields in _objects(path)]
    if not rows:
        raise SuiteFileError(f"{path} holds no task; a line is {_FORM}")
    if solutions is None:
        return rows
    more: dict[str, list[str]] = {row.name: [] for row in rows}
    if len(more) < len(rows):
        raise SuiteFileError(f"{path}: two lines have one id, so solutions cannot be told apart; give each its own")
    for number, fields in _objects(solutions):
        where = f"{solutions}:{number}"
        name = _name_in(fields)
        if name not in more:
            raise SuiteFileError(f"{where}: no task of {path} has the id {name!r}; correct `id`")
        more[name] += _programs(fields, where)
    return [replace(row, solutions=(*row.solutions, *_all_programs(row, more[row.name]))) for row in rows]


def _all_programs(row: SuiteRow, texts: Sequence[str]) -> list[str]:
    return [_program(text, row.entry_point, row.text) for text in texts]


def write_suites(path: Path, lines: Sequence[str]) -> None:
    """Write lines to a file, whole or not at all. Raises DiskError."""
    write_whole(path, "".join(f"{line}\n" for line in lines))


def _suite(fields: dict[str, Any], number: int, where: str) -> SuiteRow:
    entry, needed = fields.get("entry_point"), ""
    tests = fields.get(next((name for name in _TESTS if name in fields), ""))
    if tests is None and isinstance(fields.get(FACTS), dict):
        tests = []  # it was validated before, and none could be trusted
    if not isinstance(entry, str) or not entry:
        raise SuiteFileError(f"{where}: lacks `entry_point`, the name of the function; a line is {_FORM}")
    if isinstance(tests, str):
        try:
            parts = parts_of_tests(tests, entry)
        except ValueError as error:
            raise SuiteFileError(f"{where}: {error}") from None
        tests, needed = list(parts.tests), parts.setup
    if not (isinstance(tests, list) and all(isinstance(line, str) for line in tests) and (tests or FACTS in fields)):
        raise SuiteFileError(
            f"{where}: `tests` must be a list of assert lines, or code with asserts or check(candidate)"
        )
    setup, text = fields.get("setup") or "", fields.get("prompt") or ""
    if not isinstance(setup, str) or not isinstance(text, str):
        raise SuiteFileError(f"{where}: `setup` and `prompt` must be texts")
    trusted = next((fields[name] for name in _TRUSTED if fields.get(name) is not None), None)
    if not isinstance(trusted, str | None):
        raise SuiteFileError(f"{where}: `{_TRUSTED[0]}` or `{_TRUSTED[1]}` must be the text of a program")
    programs = tuple(_programs(fields, where)) if fields.get("solutions") is not None else ()
    suite = with_score(PromptTests(tuple(tests), "given", "\n".join(filter(None, (setup, needed)))), fields)
    found = [None if one is None else _program(one, entry, text) for one in (trusted, *programs)]
    return SuiteRow(fields, number, suite, entry, text, found[0], tuple(one for one in found[1:] if one is not None))


def _name_in(fields: Mapping[str, Any]) -> str:
    """Return the id that a line brings, "" for none."""
    return next((str(fields[name]) for name in ("id", "task_id") if fields.get(name) is not None), "")


def _program(text: str, entry: str, prompt: str) -> str:
    """Return the program in a text: that itself, what continues the prompt, or what stands in the fences of an answer.

    A text in which there is none stays as it is, and fails.
    """
    try:
        parse(text)
    except NOT_PYTHON:
        name = entry if entry.isidentifier() else None
        return extract_code(text, name, prompt if prompt.strip() else None).code or text
    return text


def _programs(fields: Mapping[str, Any], where: str) -> list[str]:
    found = fields.get("solutions", fields.get("solution"))
    programs = [found] if isinstance(found, str) else found
    if not (isinstance(programs, list) and all(isinstance(one, str) for one in programs)):
        raise SuiteFileError(f"{where}: `solution` must be a program's text, `solutions` a list of such")
    return programs


def _objects(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SuiteFileError(f"cannot read {path} ({error}); give a JSONL file in UTF-8") from None
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SuiteFileError(f"{path}:{number}: not JSON ({error}); correct or delete the line") from None
        if not isinstance(fields, dict):
            raise SuiteFileError(f"{path}:{number}: not a JSON object; a line is {_FORM}")
        found.append((number, fields))
    return found
