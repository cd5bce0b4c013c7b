"""One row of somebody's data set, in the terms that seeds and recorded answers are written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from akd_code.errors import AkdError


class IntakeError(AkdError):
    """Data that cannot be imported, or an import that is asked for wrongly; the message says what to do about it."""


class UnusableError(AkdError):
    """A row that cannot become an exercise. `reason` is one of a few, to be counted; `detail` tells more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Exercise:
    """What a row asks, what it answers, and the tests that its answer must pass.

    `answer` is what a student would be trained to write: prose with a fenced program, or a program alone. `context` is
    code that the data set puts before every program: what of it a program or test uses is added to it, so that each
    stands alone. `generator` is code that defines `generate_input(rng)`, of which tests are made where there are none.
    `statement` is the task in words alone, for another form of asking; the prompt, where it is empty.

    Line ends are Unix's, whatever the file has: CPython reads them so, and a student would learn to write the others.
    """

    prompt: str
    answer: str
    name: str = ""
    entry_point: str | None = None
    tests: tuple[str, ...] = ()
    setup: str = ""
    context: str = ""
    generator: str = ""
    statement: str = ""

    def __post_init__(self) -> None:
        """Turn the line ends of Windows and of old Macs into Unix's."""
        for name in ("prompt", "answer", "setup", "context", "generator", "statement"):
            object.__setattr__(self, name, _unix(getattr(self, name)))
        object.__setattr__(self, "tests", tuple(map(_unix, self.tests)))

    def seed(self) -> dict[str, Any]:
        """Return the line of a recipe's seeds.

        A function is only named where there are tests: for one without, a run would ask the teacher to write some,
        which recorded answers cannot.
        """
        tests = {"entry_point": self.entry_point, "tests": list(self.tests), "setup": self.setup} if self.tests else {}
        return {"id": self.name, "prompt": self.prompt} | tests


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
