"""All rows of a data set, several at once; what an interrupted import finished is not done again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from akd_code.intake.doctests import documented_functions
from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import name_in
from akd_code.intake.outcome import REPEATED, Outcome, lost, outcome_from
from akd_code.intake.registry import Preset
from akd_code.intake.tables import Numbered
from akd_code.intake.trial import Trial
from akd_code.records import content_id
from akd_code.storage import finished_rows, write_failure

VERSION = 2
"""Raised when equal rows would come out otherwise: what an interrupted import left is then done again."""
Given = tuple[int, Exercise | Outcome]
"""A row's number, and its exercise or why it holds none."""


def exercises_in(rows: Sequence[Numbered], preset: Preset) -> list[Given]:
    """Return the exercises of a table's rows."""
    return [(number, _made(number, name_in(row, "id", "task_id", "name"), row, preset)) for number, row in rows]


def exercises_of_folder(folder: Path) -> list[Given]:
    """Return the exercises in a folder's doctests, numbered from 1. Raises IntakeError."""
    found: list[Given] = []
    for number, one in enumerate(documented_functions(folder), 1):
        try:
            found.append((number, one.exercise()))
        except UnusableError as error:
            found.append((number, lost(number, one.name, error)))
    return found


def _made(number: int, name: str, row: Mapping[str, Any], preset: Preset) -> Exercise | Outcome:
    try:
        return preset(row)
    except UnusableError as error:
        return lost(number, name, error)


def work_through(
    given: Sequence[Given], trial: Trial, part: Path, against: str, progress: Callable[[int, int], None]
) -> list[Outcome]:
    """Return what became of every row, in order; each is kept in the file `part` as soon as it is known.

    `against` names the benchmarks and their data, as far as they decide. Of rows with one prompt the first that is kept
    stays. Raises SandboxError, DiskError.
    """
    known = _known(part)
    done: dict[int, Outcome] = {}
    left: dict[int, tuple[str, Exercise]] = {}
    for number, one in given:
        if isinstance(one, Outcome):
            done[number] = one
            continue
        key = content_id(str(VERSION), repr(one), repr(trial.limits), against)
        found = known.get(key)
        if found is None:
            left[number] = (key, one)
        else:
            done[number] = replace(found, row=number)
    try:
        with part.open("a", encoding="utf-8") as file:
            _work(left, trial, file, done, progress)
    except OSError as error:
        raise write_failure(part, error) from None
    return _first_of_each([done[number] for number, _ in given])


def _work(
    left: Mapping[int, tuple[str, Exercise]],
    trial: Trial,
    file: TextIO,
    done: dict[int, Outcome],
    progress: Callable[[int, int], None],
) -> None:
    with ThreadPoolExecutor(trial.box.workers, thread_name_prefix="akd-import") as pool:
        waiting: dict[Future[Outcome], str] = {}
        try:
            for number, (key, exercise) in left.items():
                waiting[pool.submit(trial, number, exercise)] = key
            for count, future in enumerate(as_completed(waiting), 1):
                outcome = future.result()
                done[outcome.row] = outcome
                if outcome.settled:
                    line = json.dumps({"key": waiting[future], **outcome.as_json()})
                    file.write(line + "\n")
                    file.flush()
                progress(count, len(waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            trial.box.close()  # ends what runs, so that leaving the pool does not wait for it
            raise


def _known(part: Path) -> dict[str, Outcome]:
    """Return what an interrupted import left."""
    found = {}
    for key, fields in finished_rows(part).items():
        with contextlib.suppress(KeyError, TypeError):  # of another release
            found[key] = outcome_from(fields)
    return found


def _first_of_each(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with those lost whose prompt an earlier row has that is kept."""
    seen: dict[str, int] = {}
    found = []
    for one in outcomes:
        prompt = one.seed.get("prompt", "")
        if one.kept and prompt in seen:
            one = Outcome(one.row, one.name, reason=REPEATED, detail=f"row {seen[prompt]}")
        elif one.kept:
            seen[prompt] = one.row
        found.append(one)
    return found
