"""Samples: what a model wrote for a suite's tasks, numbered, with the program in each."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from akd_evals.errors import EvalError
from akd_evals.extract import Extraction, extract_code
from akd_evals.suites.record import Suite, Task


@dataclass(frozen=True, slots=True)
class Sample:
    """One program to score: `index` counts the task's samples in the order they were given, from 0.

    `code` is what was extracted by the rule `how` (see `Extraction`); an answer without any code has an empty one.
    `cut`: the answer ended at the limit of its length.
    """

    task_id: str
    index: int
    code: str
    how: str
    cut: bool = False

    @property
    def code_sha256(self) -> str:
        """The sha256 of the code's UTF-8 text, in hex."""
        return hashlib.sha256(self.code.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """One text that a model wrote, and where it was found.

    `how` is empty for an answer, whose program is still to be found in it; else `text` is the program, found by that
    rule.
    """

    where: str
    task_id: str
    text: str
    how: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Samples:
    """All samples of a run, the ids of tasks without any, and the retired ids that were skipped."""

    rows: tuple[Sample, ...]
    missing: tuple[str, ...]
    retired: tuple[str, ...]

    def without(self, task_ids: Collection[str]) -> Samples:
        """Return the samples of the other tasks. Raises EvalError if none is left."""
        rows = tuple(row for row in self.rows if row.task_id not in task_ids)
        if not rows:
            raise EvalError("every sample is of a task whose reference fails here; leave out --exclude-failing")
        return Samples(rows, tuple(one for one in self.missing if one not in task_ids), self.retired)


def collect(given: Iterable[Written], suite: Suite) -> Samples:
    """Return the samples in what a model wrote, checked against the suite.

    Raises EvalError for an unknown task, and when no sample is left.
    """
    rows: list[Sample] = []
    counts: dict[str, int] = {}
    retired: dict[str, None] = {}
    for one in given:
        task = suite.by_id.get(one.task_id)
        if task is None:
            if not suite.retired(one.task_id):
                near = suite.nearest(one.task_id)
                raise EvalError(f"{one.where}: suite {suite.name} has no task {one.task_id!r}; did you mean {near!r}?")
            retired[one.task_id] = None
            continue
        found = Extraction(one.text, "solution") if one.how else extract(task, one.text)
        index = counts.get(one.task_id, 0)
        counts[one.task_id] = index + 1
        rows.append(Sample(one.task_id, index, found.code or "", one.how or found.how, one.cut))
    if not rows:
        raise EvalError(f"no sample of suite {suite.name}; check the file, or the suite's name")
    missing = tuple(task.task_id for task in suite.tasks if task.task_id not in counts)
    return Samples(tuple(rows), missing, tuple(retired))


def extract(task: Task, text: str) -> Extraction:
    """Return the program in a model's answer to a task.

    A task without an entry point asks for a whole program, which never continues the prompt.
    """
    if not task.entry_point:
        return extract_code(text)
    return extract_code(text, task.defined, task.prompt)
