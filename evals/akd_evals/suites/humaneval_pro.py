"""HumanEval Pro (Yu et al. 2024): each problem asks for a second function that has to call the first.

The file is the authors' `humaneval_pro.json` (or .gz), from where AKD_HUMANEVAL_PRO_PATH points.
"""

from __future__ import annotations

import ast

from akd_evals.files import Row
from akd_evals.suites import SUITES
from akd_evals.suites.given import Given, commented, text
from akd_evals.suites.record import Suite, Task
from akd_sandbox import CodeTests, FunctionTests, tests_from_asserts
from akd_sandbox.syntax import parse

GIVEN = Given("humaneval-pro", "AKD_HUMANEVAL_PRO_PATH", "the authors' humaneval_pro.json (or .gz)")
_ASKED = (
    "Write a solution of python file to the following problems, the solution of the second problem requires single or "
    "multiple calls to the first solution. Answer with the whole program in one fenced block."
)


@SUITES.register("humaneval-pro")
def load() -> Suite:
    """Return the suite `humaneval-pro`. Raises EvalError if its file is absent or broken."""
    return GIVEN.load(lambda row: self_invoking_task(row, "HumanEvalPro"))


def self_invoking_task(row: Row, name: str) -> Task:
    """Return a task of a suite of self-invoking problems, whose ids begin with `name`."""
    first, second = text(row, "raw_problem"), text(row, "new_problem")
    canonical = f"{first}{text(row, 'raw_solution')}\n\n{second}{text(row, 'new_solution')}"
    problems = f"{first.rstrip()}\n\n{second.rstrip()}\n"
    entry = _last_function(f"{second}{text(row, 'new_solution')}")
    return Task(
        task_id=f"{name}/{row['id']}",
        prompt=f"{commented(_ASKED)}{commented(problems)}",
        entry_point=entry,
        base=_tests(text(row, "test_code"), entry),
        canonical=canonical,
        instruction=f"{_ASKED}\n\n```python\n{problems}```",
        starter=first,
    )


def _last_function(code: str) -> str:
    """Return the name of the last function in code. Raises SyntaxError, IndexError."""
    return [node.name for node in parse(code).body if isinstance(node, ast.FunctionDef)][-1]


def _tests(code: str, entry: str) -> FunctionTests | CodeTests:
    """Return asserts as data where they are nothing else, else as the code they are."""
    body = parse(code).body
    if all(isinstance(statement, ast.Assert) for statement in body):
        return tests_from_asserts([ast.unparse(statement) for statement in body], entry)
    return CodeTests(code, "asserts")
