"""Files of samples: JSON lines, and what evalplus, bigcode's harness, lm-evaluation-harness and `akd eval` write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError
from akd_evals.files import Row, read_bytes, read_rows
from akd_evals.results import PROGRAMS, RESULTS
from akd_evals.samples import Samples, Written, collect
from akd_evals.suites.record import Suite
from akd_sandbox.syntax import source_text

STORED, SAMPLING = "samples.jsonl", "sampling.json"
"""Where `akd eval` keeps the answers, and how they were asked for."""
CUT = "length"
"""The `finish_reason` of an answer that ended at the limit of its length."""


def read_samples(path: Path, suite: Suite) -> Samples:
    """Return the samples in a file, or in a directory `HumanEval_0/0.py` as evalplus writes it.

    A .jsonl (or .jsonl.gz) line is `{"task_id", "completion"}` - a model's answer, from which the program is extracted
    - or `{"task_id", "solution"}`, a whole program that is taken as it is; or lm-evaluation-harness wrote it
    (`samples_*.jsonl`). A .json file is bigcode's `generations.json`: for each task of the suite, in order, a list of
    answers. Raises EvalError, with the line, for one that is broken and for a task that the suite does not know (with
    the nearest id).
    """
    if path.is_dir():
        return collect(_directory(path), suite)
    if path.name.endswith((".json", ".json.gz")):
        return collect(_generations(path, suite), suite)
    return collect(_lines(path, suite), suite)


def read_answers(folder: Path, suite: Suite) -> Samples:
    """Return the answers that a directory of `akd eval` keeps, their programs extracted anew.

    From a directory of `akd score`, which keeps no answers, the programs as they were extracted. Raises EvalError.
    """
    if (folder / STORED).is_file():
        return collect(_answers(folder, suite), suite)
    if (folder / RESULTS).is_file() and (folder / PROGRAMS).is_file():
        return collect(_programs(folder), suite)
    raise EvalError(f"{folder} has no {STORED} and no {PROGRAMS}; give a directory that akd eval or akd score wrote")


def _lines(path: Path, suite: Suite) -> Iterator[Written]:
    seen: dict[str, Any] = {}
    for number, row in read_rows(path)[0]:
        where = f"{path}:{number}"
        if "resps" in row:
            yield from _harness_row(row, where, suite, seen)
            continue
        whole = row.get("solution") is not None
        text = row["solution"] if whole else row.get("completion")
        if text is None:
            raise EvalError(f'{where}: no "completion" and no "solution"; a sample needs one of them')
        if not isinstance(text, str):
            name = "solution" if whole else "completion"
            raise EvalError(f'{where}: "{name}" must be a text, not {type(text).__name__}; one line per sample')
        yield Written(where, _task_id(row, where), text, "solution" if whole else "", row.get("finish_reason") == CUT)


def _task_id(row: Row, where: str) -> str:
    task_id = row.get("task_id")
    if not isinstance(task_id, str):
        found = "missing" if task_id is None else f"{task_id!r}"
        raise EvalError(f'{where}: "task_id" must be a text such as "HumanEval/0", not {found}')
    return task_id


def _harness_row(row: Row, where: str, suite: Suite, seen: dict[str, Any]) -> Iterator[Written]:
    """Yield the answers in one line of lm-evaluation-harness. It writes a task once for each of its filters."""
    doc, replies = row.get("doc"), row["resps"]
    if not isinstance(doc, dict) or not isinstance(replies, list):
        raise EvalError(f'{where}: not a line of lm-evaluation-harness ("doc" and "resps" are missing or odd)')
    task_id = _harness_task(doc, row.get("doc_id"), where, suite)
    if seen.setdefault(task_id, row.get("filter")) != row.get("filter"):
        return
    texts = [text for group in replies for text in (group if isinstance(group, list) else [group])]
    for text in texts:
        if not isinstance(text, str):
            raise EvalError(f'{where}: "resps" holds {type(text).__name__}, not text; this task was not generated')
        yield Written(where, task_id, text)


def _harness_task(doc: Row, doc_id: object, where: str, suite: Suite) -> str:
    """Return the suite's id of a document: its own, MBPP's number, or its place in the suite."""
    own = doc.get("task_id", doc.get("question_id"))
    if isinstance(own, str) and (own in suite.by_id or suite.retired(own)):
        return own
    if isinstance(own, int) or (isinstance(own, str) and own.isdecimal()):
        return f"Mbpp/{own}"
    if isinstance(own, str):
        return own
    if isinstance(doc_id, int) and 0 <= doc_id < len(suite.order):
        return suite.order[doc_id]
    raise EvalError(f"{where}: which task of {suite.name} it is for cannot be told; give a line with a task_id")


def _generations(path: Path, suite: Suite) -> Iterator[Written]:
    try:
        given = json.loads(read_bytes(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EvalError(f"cannot read {path} ({error}); check the file") from error
    if not isinstance(given, list) or not all(isinstance(answers, list) for answers in given):
        raise EvalError(f"{path} is not a list of lists of answers, as bigcode's generations.json is; give a .jsonl")
    if len(given) > len(suite.order):
        raise EvalError(
            f"{path} has answers to {len(given)} tasks and {suite.name} has {len(suite.order)}; name the right suite"
        )
    for place, answers in enumerate(given):
        for answer in answers:
            where = f"{path}: task {place}"
            if not isinstance(answer, str):
                raise EvalError(f"{where}: an answer is {type(answer).__name__}, not text; correct it")
            yield Written(where, suite.order[place], answer)


def _directory(path: Path) -> Iterator[Written]:
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir())
    for folder in folders:
        programs = [file for file in folder.iterdir() if file.suffix == ".py"]
        for file in sorted(programs, key=lambda file: (len(file.stem), file.stem)):
            try:
                text = source_text(file.read_bytes())
            except OSError as error:
                raise EvalError(f"cannot read {file} ({error}); correct or delete it") from error
            yield Written(str(file), folder.name.replace("_", "/", 1), text, "solution")
    if not folders:
        raise EvalError(f"{path} has no folders such as HumanEval_0; give a .jsonl file or evalplus's directory")


def _answers(folder: Path, suite: Suite) -> Iterator[Written]:
    continued = _sampling(folder).get("style") == "completion"
    for number, row in read_rows(folder / STORED)[0]:
        where = f"{folder / STORED}:{number}"
        task_id, answer = _task_id(row, where), row.get("answer")
        if not isinstance(answer, str):
            raise EvalError(f'{where}: "answer" is missing; only what akd eval wrote can be judged anew')
        task, cut = suite.by_id.get(task_id), row.get("finish_reason") == CUT
        if continued and task is not None:
            yield Written(where, task_id, task.opening + answer, "prompt+completion", cut)
        else:
            yield Written(where, task_id, answer, "", cut)


def _programs(folder: Path) -> Iterator[Written]:
    codes = {row.get("code_sha256"): row.get("code") for _, row in read_rows(folder / PROGRAMS)[0]}
    for number, row in read_rows(folder / RESULTS)[0]:
        where = f"{folder / RESULTS}:{number}"
        code, how = codes.get(row.get("code_sha256")), row.get("extraction")
        if not isinstance(code, str):
            raise EvalError(f"{where}: its program is not in {PROGRAMS}; score the samples again")
        cut = row.get("cut") is True
        yield Written(where, _task_id(row, where), code, how if isinstance(how, str) and how else "solution", cut)


def _sampling(folder: Path) -> Row:
    """Return what sampling.json holds; nothing where there is none that can be read."""
    try:
        given = json.loads((folder / SAMPLING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return given if isinstance(given, dict) else {}


def suite_of(folder: Path) -> str | None:
    """Return the name of the suite that a directory of `akd eval` or `akd score` is of, None where it does not tell."""
    for name in (SAMPLING, "settings.json"):
        try:
            suite = json.loads((folder / name).read_text(encoding="utf-8")).get("suite")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(suite, str):
            return suite
    return None


def tasks_in(folder: Path) -> list[str]:
    """Return the ids of the tasks that a directory of `akd eval` or `akd score` has samples of. Raises EvalError."""
    file = folder / STORED if (folder / STORED).is_file() else folder / RESULTS
    return list(dict.fromkeys(_task_id(row, f"{file}:{number}") for number, row in read_rows(file)[0]))
