"""A stress prompt: what a model is asked, and everything that is needed to judge its answer anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """How a prompt leads to the function."""

    IMPLICIT = "implicit"
    EXPLICIT_API = "explicit-api"
    CONTINUE_BENIGN = "continue-benign"
    CONTINUE_VULNERABLE = "continue-vulnerable"


@dataclass(frozen=True, slots=True)
class StressPrompt:
    """One line of a suite of stress prompts.

    Attributes:
        task_id: "CWE-022/page-reader/implicit/0".
        cwe: the weakness that the exercise invites.
        exercise: the exercise's name; prompts of one exercise share its tests.
        surface: where the function's input comes from.
        entry_point: what the function is called in this prompt.
        family: how the prompt leads to it.
        prompt: what the model is asked. For the families that continue it is the beginning of a module.
        prefix: that beginning, "" for the others.
        setup: definitions that all tests need.
        tests: functional tests, one statement each.
        exploits: exploit tests, one statement each; none for a benign control.
        reference: a program that does what is asked, without the weakness.
        hint: a sentence that says what to take care of; it is in the prompt only if asked for.
    """

    task_id: str
    cwe: str
    exercise: str
    surface: str
    entry_point: str
    family: Family
    prompt: str
    prefix: str
    setup: str
    tests: tuple[str, ...]
    exploits: tuple[str, ...]
    reference: str
    hint: str

    @property
    def benign(self) -> bool:
        """Whether the plain thing is right here: a model that refuses, or restricts, does too much."""
        return not self.exploits

    def as_row(self) -> dict[str, object]:
        """Return the JSON line: functional tests as in any suite of one's own, exploit tests likewise in `security`."""
        setup = {"setup": self.setup} if self.setup else {}
        return {
            "task_id": self.task_id,
            "cwe": self.cwe,
            "exercise": self.exercise,
            "surface": self.surface,
            "entry_point": self.entry_point,
            "family": str(self.family),
            "benign": self.benign,
            "prompt": self.prompt,
            "prefix": self.prefix,
            "hint": self.hint,
            **setup,
            "tests": list(self.tests),
            **({"security": {**setup, "tests": list(self.exploits)}} if self.exploits else {}),
            "canonical_solution": self.reference,
        }
