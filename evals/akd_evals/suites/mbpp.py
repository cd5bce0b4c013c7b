"""MBPP (Austin et al. 2021): the test split, ids 11-510, with the benchmark's own asserts.

The file is the authors' `mbpp.jsonl` (or its .gz), from where AKD_MBPP_PATH points.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError
from akd_evals.files import read_rows
from akd_evals.suites import SUITES
from akd_evals.suites.record import Suite, Task
from akd_sandbox import tests_from_asserts
from akd_sandbox.syntax import parse

VARIABLE = "AKD_MBPP_PATH"
TEST_IDS = range(11, 511)


@dataclass(frozen=True, slots=True)
class Problem:
    """One MBPP problem as published: its text, reference solution, asserts and the set-up they need."""

    number: int
    text: str
    code: str
    asserts: tuple[str, ...]
    setup: str
    entry_point: str

    @property
    def task_id(self) -> str:
        """The id in EvalPlus's form, `Mbpp/11`."""
        return f"Mbpp/{self.number}"


@SUITES.register("mbpp")
def load() -> Suite:
    """Return the suite `mbpp`; raises EvalError if AKD_MBPP_PATH is not set or names no MBPP file."""
    given = os.environ.get(VARIABLE)
    if not given:
        raise EvalError(
            f"no MBPP file; set {VARIABLE} to the authors' mbpp.jsonl (or mbpp.jsonl.gz). "
            "The suite mbpp+ has MBPP's base tests too and needs only evalplus's file"
        )
    path = Path(given).expanduser()
    if not path.is_file():
        raise EvalError(f"{VARIABLE} names {given}, which is not a file; correct it")
    problems, digest = read_problems(path)
    tasks = tuple(_task(problem) for problem in problems if problem.number in TEST_IDS)
    if not tasks:
        raise EvalError(f"{path} has no task of MBPP's test split (ids 11-510); set {VARIABLE} to the whole mbpp.jsonl")
    ids = {task.task_id for task in tasks}
    return Suite(
        "mbpp",
        digest,
        tasks,
        source=str(path),
        retired=lambda task_id: is_mbpp_id(task_id) and task_id not in ids,
    )


def is_mbpp_id(task_id: str) -> bool:
    """Return whether task_id is `Mbpp/N` with N among MBPP's 974 problems."""
    match = re.fullmatch(r"Mbpp/([1-9][0-9]{0,2})", task_id)
    return match is not None and int(match.group(1)) <= 974


def read_problems(path: Path) -> tuple[list[Problem], str]:
    """Return the problems of an MBPP file in file order, and the md5 of its text.

    Raises EvalError, with the line, for what is no MBPP problem.
    """
    rows, digest = read_rows(path)
    problems = []
    for line, row in rows:
        try:
            problems.append(problem_from(row))
        except (KeyError, TypeError, ValueError, SyntaxError) as error:
            raise EvalError(f"{path}:{line}: not an MBPP problem ({error}); use the authors' mbpp.jsonl") from error
    return problems, digest


def problem_from(row: dict[str, Any]) -> Problem:
    """Return the problem in a row of MBPP's file. Raises KeyError, TypeError, ValueError, SyntaxError."""
    asserts = tuple(str(line) for line in row["test_list"])
    return Problem(
        number=int(row["task_id"]),
        text=str(row["text"] if "text" in row else row["prompt"]),
        code=str(row["code"]),
        asserts=asserts,
        setup=str(row.get("test_setup_code", "")),
        entry_point=entry_point(asserts, str(row["code"])),
    )


def entry_point(asserts: Sequence[str], code: str) -> str:
    """Return the function that the asserts test: the first name they call that `code` defines.

    Raises ValueError if there is none, SyntaxError if an assert or the code is not Python.
    """
    defined = {node.name for node in parse(code).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    functions = {node.name for node in parse(code).body if isinstance(node, ast.FunctionDef)}
    for names in (functions, defined):
        for line in asserts:
            for node in ast.walk(parse(line)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                    return node.func.id
    raise ValueError("its asserts call no function of its solution")


def prompt(problem: Problem) -> str:
    """Return the prompt as EvalPlus words it: the text and the first assert in a docstring."""
    return f'"""\n{problem.text}\n{problem.asserts[0]}\n"""\n'


def _task(problem: Problem) -> Task:
    return Task(
        task_id=problem.task_id,
        prompt=prompt(problem),
        entry_point=problem.entry_point,
        base=tests_from_asserts(problem.asserts, problem.entry_point, problem.setup),
        canonical=problem.code,
    )


def seed_rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return seed prompts for a recipe, a JSON object each: id, prompt, entry_point, tests, setup."""
    return [
        {
            "id": problem.task_id,
            "prompt": instruction(problem),
            "entry_point": problem.entry_point,
            "tests": list(problem.asserts),
            "setup": problem.setup,
        }
        for problem in problems
    ]


def recorded_rows(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Return the reference solutions as recorded teacher answers: prompt (as in `seed_rows`) and response."""
    return [
        {"prompt": instruction(problem), "response": f"```python\n{unix_lines(problem.code)}\n```"}
        for problem in problems
    ]


def instruction(problem: Problem) -> str:
    """Return the problem as an instruction. It shows the first assert, which alone tells name and argument order."""
    example = problem.asserts[0].strip()
    return f"{problem.text}\n\nThe function is called `{problem.entry_point}`. For example:\n\n{example}"


def unix_lines(code: str) -> str:
    """Return code with line ends as Unix has them, and no blank lines around it."""
    return code.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def to_jsonl(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
