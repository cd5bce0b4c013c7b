"""A data set whose columns the user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.intake.checks import asserts_from
from akd_code.intake.conversation import text_of
from akd_code.intake.exercise import Exercise, IntakeError, UnusableError
from akd_code.intake.fields import has, name_in, optional, value_in
from akd_code.intake.tables import Numbered


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what: a name, or a path such as `a.b`; prompt and answer may be lists of messages.

    Without `entry` the function is the first one of the answer that a test calls.
    """

    prompt: str
    answer: str
    tests: str = ""
    entry: str = ""
    setup: str = ""
    name: str = ""

    def check(self, rows: Sequence[Numbered]) -> None:
        """Raise IntakeError for a column that no row has."""
        for field in filter(None, (self.prompt, self.answer, self.tests, self.entry, self.setup, self.name)):
            if not any(has(fields, field) for _, fields in rows):
                there = {name for _, fields in rows for name in fields}
                raise IntakeError(f"no row has a column {field!r}; there are {', '.join(sorted(there)) or 'none'}")

    def __call__(self, row: Mapping[str, Any]) -> Exercise:
        """Return a row's exercise. Raises UnusableError."""
        entry = (optional(row, self.entry).strip() or None) if self.entry else None
        tests = asserts_from(value_in(row, self.tests), entry) if self.tests else ()
        setup = optional(row, self.setup) if self.setup else ""
        names = (self.name,) if self.name else ("id", "task_id", "name")
        prompt, answer = text_of(row, self.prompt, "user"), text_of(row, self.answer, "assistant")
        if setup and not tests:
            raise UnusableError("set-up without tests")
        return Exercise(prompt, answer, name_in(row, *names), entry, tests, setup)
