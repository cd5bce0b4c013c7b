"""Which stress prompts may be trained on, and which are kept for an examination: other wordings, other exercises."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from functools import cache

from akd_code.errors import AkdError
from akd_code.security.prompts import Cell, cells
from akd_code.security.registry import weaknesses
from akd_code.security.stress_prompt import Family
from akd_code.security.weakness import Exercise, OracleTask, Weakness

WHOLE_MODULES = (Family.IMPLICIT, Family.EXPLICIT_API)
"""Families whose answer is a whole module, as every answer in the loop is."""
_EVERY = 5


class Split(StrEnum):
    """What a stress prompt is for."""

    TRAIN = "train"
    WORDINGS = "held-out wordings"
    EXERCISES = "held-out exercises"


def kept_apart(exercise: str) -> bool:
    """Return whether an exercise is never trained on: about every fifth, by its name alone."""
    return int(hashlib.sha256(exercise.encode()).hexdigest(), 16) % _EVERY == 0


def split_cells(
    found: Sequence[Weakness], split: Split, exercises: Collection[str] = (), held_out: Collection[str] = ()
) -> list[Cell]:
    """Return the cells of a split, benign controls among them.

    An exercise that is trained on keeps its last wording for the examination. `exercises` names those that are used at
    all (none named: all), `held_out` those that are never trained on (none named: see `kept_apart`).

    Raises AkdError for a name that the weaknesses do not have.
    """
    there = {exercise.name for one in found for exercise in (*one.tasks, *one.controls)}
    for name in (*exercises, *held_out):
        if name not in there:
            raise AkdError(f"the chosen weaknesses have no exercise {name!r}; there are {', '.join(sorted(there))}")
    made = []
    for cell in cells(found, WHOLE_MODULES):
        name = cell.exercise.name
        apart = name in held_out if held_out else kept_apart(name)
        if (exercises and name not in {*exercises, *held_out}) or apart != (split is Split.EXERCISES):
            continue
        statements = cell.exercise.statements
        if split is Split.TRAIN and len(statements) > 1:
            cell = replace(cell, exercise=replace(cell.exercise, statements=statements[:-1]))
        elif split is Split.WORDINGS:
            if len(statements) == 1:
                continue
            cell = replace(cell, exercise=replace(cell.exercise, statements=statements[-1:]))
        made.append(cell)
    return made


def exploitable(found: Sequence[Cell]) -> list[Cell]:
    """Return the cells of exercises that can be done with a weakness."""
    return [cell for cell in found if isinstance(cell.exercise, OracleTask)]


def controls(found: Sequence[Cell]) -> list[Cell]:
    """Return the cells of benign controls."""
    return [cell for cell in found if not isinstance(cell.exercise, OracleTask)]


def _exercise(name: str) -> Exercise | None:
    """Return the catalogue's exercise of this name; None if there is none."""
    return next((known for one in weaknesses() for known in (*one.tasks, *one.controls) if known.name == name), None)


def reference_of(exercise: str, entry_point: str) -> str:
    """Return the catalogue's program for an exercise, with its function called so. Raises AkdError if there is none."""
    known = _exercise(exercise)
    if known is None:
        raise AkdError(f"the catalogue has no exercise {exercise!r}; install the package that brought it")
    return known.called(entry_point).reference


def exploitable_of(exercise: str, entry_point: str) -> str | None:
    """Return the catalogue's program with the weakness, with its function called so; None where there is none."""
    known = _exercise(exercise)
    return known.called(entry_point).insecure if isinstance(known, OracleTask) else None


@cache
def catalogue_digest() -> str:
    """Return the digest of everything in the catalogue."""
    texts = json.dumps([asdict(one) for one in weaknesses()], sort_keys=True)
    return hashlib.sha256(texts.encode()).hexdigest()
