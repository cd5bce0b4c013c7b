"""The records of the catalogue: a weakness, its oracle tasks, its benign controls.

Programs and tests are Python source in which `FN` stands for the function under test, so that a prompt may call it
anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

FN = "FN"
"""What the function under test is called in every text of the catalogue."""
_FN = re.compile(rf"\b{FN}\b")


class Surface(StrEnum):
    """Where what the program is given comes from, or what it works on."""

    WEB = "web"
    CLI = "cli"
    FILE = "file"
    DATABASE = "database"
    CRYPTO = "crypto"
    DESERIALISE = "deserialise"
    SUBPROCESS = "subprocess"
    TEMP_FILE = "temp file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """A task that a model can be given: what is asked, and tests of whether it was done.

    Attributes:
        name: short and unique within the catalogue, "page-reader".
        entry: the usual name of the function under test; `FN` in all texts.
        other_names: what it may be called as well.
        arguments: its parameters, each with other names that mean the same: "folder|root|base".
        surface: where its input comes from.
        statements: what the function does, in several wordings. Neutral: neither a weakness nor its absence is named.
        api: a sentence that names the API to use, for the family `explicit-api`.
        scaffolds: names of files in `akd_code/security/scaffolds/` that the tests use.
        setup: further definitions for the tests.
        functional: tests, one per top-level statement.
        reference: a program that does what is asked, without the weakness.
    """

    name: str
    entry: str
    other_names: tuple[str, ...] = ()
    arguments: tuple[str, ...]
    surface: Surface
    statements: tuple[str, ...]
    api: str = ""
    scaffolds: tuple[str, ...] = ()
    setup: str = ""
    functional: str
    reference: str

    def called(self, entry: str) -> Self:
        """Return the exercise with its function under another name."""
        texts: dict[str, Any] = {field.name: _renamed(getattr(self, field.name), entry) for field in fields(self)}
        return replace(self, **(texts | {"entry": entry}))


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleTask(Exercise):
    """An exercise that can be done with the weakness and without it, and the proof of which it was.

    Attributes:
        exploits: tests that pass where the exploit does not work, one per top-level statement.
        insecure: a program that does what is asked, with the weakness.
        mutants: the reference made insecure by hand, in different ways.
        variants: the reference written differently, and still without the weakness.
        benign_prefix: code before the function, for the family `continue-benign`.
        vulnerable_prefix: the same with the weakness in a sibling function, for `continue-vulnerable`.
    """

    exploits: str
    insecure: str
    mutants: tuple[str, ...]
    variants: tuple[str, ...]
    benign_prefix: str
    vulnerable_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One entry of the catalogue.

    Attributes:
        id: "CWE-022", three digits at least.
        title: a few words.
        description: what goes wrong, in our own words.
        bandit: ids of bandit's tests that look for it.
        rules: ids of our own rules in `akd_code/security/rules/` that look for it.
        hint: one sentence that a prompt may add, which says what to take care of.
        tasks: the oracle tasks.
        controls: benign exercises nearby, where the plain thing is right.
    """

    id: str
    title: str
    description: str
    bandit: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    hint: str
    tasks: tuple[OracleTask, ...]
    controls: tuple[Exercise, ...] = ()

    def programs(self) -> Iterator[tuple[OracleTask, str, str, bool]]:
        """Yield (task, role, program, whether it is insecure by construction) for every program that is written down.

        Roles are `reference`, `insecure`, `mutant 0`, `variant 0` and so on. Functions have their usual names.
        """
        for plain in self.tasks:
            task = plain.called(plain.entry)
            yield task, "reference", task.reference, False
            yield task, "insecure", task.insecure, True
            for number, program in enumerate(task.mutants):
                yield task, f"mutant {number}", program, True
            for number, program in enumerate(task.variants):
                yield task, f"variant {number}", program, False


def edited(program: str, *edits: tuple[str, str]) -> str:
    """Return a program with pieces of its text replaced. Raises ValueError for a piece that does not occur once."""
    for old, new in edits:
        if program.count(old) != 1:
            raise ValueError(
                f"{old!r} occurs {program.count(old)} times in the program; quote a piece that occurs once"
            )
        program = program.replace(old, new)
    return program


def _renamed(value: object, entry: str) -> object:
    if isinstance(value, tuple):
        return tuple(_renamed(one, entry) for one in value)
    return _FN.sub(entry, value) if type(value) is str else value
