"""HumanEvalFix (Muennighoff et al. 2023, OctoPack): HumanEval's functions with a bug in each, to be repaired.

The file is HumanEvalPack's Python part, from where AKD_HUMANEVALFIX_PATH points. The model is shown the faulty function
and its tests.
"""

from __future__ import annotations

import ast

from akd_evals.files import Row
from akd_evals.suites import SUITES
from akd_evals.suites.given import Given, commented, text
from akd_evals.suites.humaneval import check_tests
from akd_evals.suites.record import Suite, Task
from akd_sandbox.syntax import parse

GIVEN = Given("humanevalfix", "AKD_HUMANEVALFIX_PATH", "HumanEvalPack's Python file (humanevalpack.jsonl, or .gz)")


@SUITES.register("humanevalfix")
def load() -> Suite:
    """Return the suite `humanevalfix`. Raises EvalError if its file is absent or broken."""
    return GIVEN.load(_task)


def _task(row: Row) -> Task:
    entry, declaration, test = text(row, "entry_point"), text(row, "declaration"), text(row, "test")
    faulty = f"{declaration}{text(row, 'buggy_solution')}\n{test.strip()}\n"
    canonical = declaration + text(row, "canonical_solution")
    return Task(
        task_id=text(row, "task_id"),
        prompt=declaration,
        entry_point=entry,
        base=check_tests(_without_own_call(test), entry, scope=canonical),
        canonical=canonical,
        lead=f"{faulty}\n{commented(f'Fix bugs in {entry}.')}",
        instruction=f"{faulty}\nFix bugs in {entry}. Answer with the whole program in one fenced block, without tests.",
    )


def _without_own_call(test: str) -> str:
    """Return the tests without the `check(f)` that they end with: beside the reference it would check that."""
    module = parse(test)
    module.body = [
        node for node in module.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
    ]
    return ast.unparse(module)
