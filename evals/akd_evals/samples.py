"""Samples: what a model wrote for a suite's tasks, from a JSONL file or from evalplus's directory form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from akd_evals.errors import EvalError
from akd_evals.extract import Extraction, extract_code
from akd_evals.files import Row, read_rows
from akd_evals.suites.record import Suite, Task
from akd_sandbox.syntax import source_text


@dataclass(frozen=True, slots=True)
class Sample:
    """One program to score: `index` counts the task's samples in the order they were given, from 0.

    `code` is what was extracted by the rule `how` (see `Extraction`); an answer without any code has an empty one.
    """

    task_id: str
    index: int
    code: str
    how: str

    @property
    def code_sha256(self) -> str:
        """The sha256 of the code's UTF-8 text, in hex."""
        return hashlib.sha256(self.code.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Samples:
    """All samples of a run, the ids of tasks without any, and the retired ids that were skipped."""

    rows: tuple[Sample, ...]
    missing: tuple[str, ...]
    retired: tuple[str, ...]


def read_samples(path: Path, suite: Suite) -> Samples:
    """Return the samples in a .jsonl or .jsonl.gz file, or in a directory `HumanEval_0/0.py` as evalplus writes it.

    A line is `{"task_id", "completion"}` - a model's answer, from which the program is extracted - or
    `{"task_id", "solution"}`, a whole program that is taken as it is. Raises EvalError, with the line, for one that is
    broken and for a task that the suite does not know (with the nearest id).
    """
    given = _directory(path) if path.is_dir() else _file(path)
    return collect(given, suite)


def collect(given: Iterable[tuple[str, str, str, bool]], suite: Suite) -> Samples:
    """Return the samples of (where, task id, text, whether it is a whole program), checked against the suite.

    Raises EvalError for an unknown task, and when no sample is left.
    """
    rows: list[Sample] = []
    counts: dict[str, int] = {}
    retired: dict[str, None] = {}
    for where, task_id, text, whole in given:
        task = suite.by_id.get(task_id)
        if task is None:
            if not suite.retired(task_id):
                near = suite.nearest(task_id)
                raise EvalError(f"{where}: suite {suite.name} has no task {task_id!r}; did you mean {near!r}?")
            retired[task_id] = None
            continue
        found = Extraction(text, "solution") if whole else extract(task, text)
        index = counts.get(task_id, 0)
        counts[task_id] = index + 1
        rows.append(Sample(task_id, index, found.code or "", found.how))
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
    return extract_code(text, task.entry_point, task.prompt)


def _file(path: Path) -> Iterator[tuple[str, str, str, bool]]:
    rows, _ = read_rows(path)
    for number, row in rows:
        where = f"{path}:{number}"
        whole = row.get("solution") is not None
        text = row["solution"] if whole else row.get("completion")
        if text is None:
            raise EvalError(f'{where}: no "completion" and no "solution"; a sample needs one of them')
        if not isinstance(text, str):
            name = "solution" if whole else "completion"
            raise EvalError(f'{where}: "{name}" must be a text, not {type(text).__name__}; one line per sample')
        yield where, _task_id(row, where), text, whole


def _task_id(row: Row, where: str) -> str:
    task_id = row.get("task_id")
    if not isinstance(task_id, str):
        found = "missing" if task_id is None else f"{task_id!r}"
        raise EvalError(f'{where}: "task_id" must be a text such as "HumanEval/0", not {found}')
    return task_id


def _directory(path: Path) -> Iterator[tuple[str, str, str, bool]]:
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir())
    for folder in folders:
        programs = [file for file in folder.iterdir() if file.suffix == ".py"]
        for file in sorted(programs, key=lambda file: (len(file.stem), file.stem)):
            try:
                text = source_text(file.read_bytes())
            except OSError as error:
                raise EvalError(f"cannot read {file} ({error}); correct or delete it") from error
            yield str(file), folder.name.replace("_", "/", 1), text, True
    if not folders:
        raise EvalError(f"{path} has no folders such as HumanEval_0; give a .jsonl file or evalplus's directory")
