"""A data set whose columns the user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.intake.checks import asserts_from
from akd_code.intake.exercise import Exercise, IntakeError, UnusableError
from akd_code.intake.fields import name_in, optional, required
from akd_code.intake.tables import Numbered


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what. Without `entry` the function is the first one of the answer that a test calls."""

    prompt: str
    answer: str
    tests: str = ""
    entry: str = ""
    setup: str = ""
    name: str = ""

    def check(self, rows: Sequence[Numbered]) -> None:
        """Raise IntakeError for a column that no row has."""
        there = {field for _, fields in rows for field in fields}
        for field in filter(None, (self.prompt, self.answer, self.tests, self.entry, self.setup, self.name)):
            if field not in there:
                raise IntakeError(f"no row has a column {field!r}; there are {', '.join(sorted(there)) or 'none'}")

    def __call__(self, row: Mapping[str, Any]) -> Exercise:
        """Return a row's exercise. Raises UnusableError."""
        entry = required(row, self.entry) if self.entry and row.get(self.entry) is not None else None
        tests = asserts_from(row.get(self.tests), entry) if self.tests else ()
        setup = optional(row, self.setup) if self.setup else ""
        names = (self.name,) if self.name else ("id", "task_id", "name")
        prompt, answer = required(row, self.prompt), required(row, self.answer)
        if setup and not tests:
            raise UnusableError("set-up without tests")
        return Exercise(prompt, answer, name_in(row, *names), entry, tests, setup)
