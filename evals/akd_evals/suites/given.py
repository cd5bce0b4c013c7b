"""Benchmarks that are read from a file which the user names in an environment variable."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError
from akd_evals.files import Row, read_bytes, read_rows
from akd_evals.suites.record import Suite, Task


@dataclass(frozen=True, slots=True)
class Given:
    """Where a benchmark's file is named, and what it is called where it is published."""

    suite: str
    variable: str
    published: str

    def path(self) -> Path:
        """Return the file. Raises EvalError, naming the variable, where there is none."""
        given = os.environ.get(self.variable)
        if not given:
            raise EvalError(f"no file of {self.suite}; set {self.variable} to {self.published}")
        path = Path(given).expanduser()
        if not path.is_file():
            raise EvalError(f"{self.variable} names {given}, which is not a file; correct it")
        return path

    def load(self, task: Callable[[Row], Task], slowest: Sequence[str] = ()) -> Suite:
        """Return the suite whose tasks `task` makes of the file's records. Raises EvalError with the one at fault."""
        path = self.path()
        records, digest = read_records(path)
        tasks = []
        for where, row in records:
            try:
                tasks.append(task(row))
            except (KeyError, TypeError, ValueError, SyntaxError, IndexError) as error:
                raise EvalError(
                    f"{where}: not a task of {self.suite} ({error!r}); set {self.variable} to {self.published}"
                ) from error
        return Suite(self.suite, digest, tuple(tasks), source=str(path), slowest=tuple(slowest))


def read_records(path: Path) -> tuple[list[tuple[str, Row]], str]:
    """Return (where, object) for every entry of a JSON array or of JSON lines, gzipped or not, and the text's md5.

    Raises EvalError for what cannot be read.
    """
    raw = read_bytes(path)
    if raw.lstrip()[:1] != b"[":
        rows, digest = read_rows(path)
        return [(f"{path}:{number}", row) for number, row in rows], digest
    try:
        given = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EvalError(f"cannot read {path} ({error}); fetch the file again") from error
    for place, row in enumerate(given):
        if not isinstance(row, dict):
            raise EvalError(
                f"{path}: entry {place} is a JSON {type(row).__name__}, not an object; fetch the file again"
            )
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return [(f"{path}: entry {place}", row) for place, row in enumerate(given)], digest


def text(row: Row, name: str) -> str:
    """Return a field that must be a text. Raises KeyError, TypeError."""
    value: Any = row[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value


def commented(words: str) -> str:
    """Return words as comment lines."""
    return "".join(f"# {line}".rstrip() + "\n" for line in words.strip().splitlines())
