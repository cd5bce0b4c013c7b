"""Tests as data sets bring them, made into asserts over the function by its name."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from akd_code.intake.closure import defined_names
from akd_code.intake.examples import asserts_of_examples
from akd_code.intake.exercise import UnusableError
from akd_code.referee.tests_in_code import parts_of_tests
from akd_evals.suites.mbpp import entry_point
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import NOT_PYTHON, parse

_NO_TESTS = "tests in no known form"
_PAIRS = frozenset({"input", "inputs", "output", "outputs", "stdin", "stdout", "expected_output"})
_WRITTEN_AS_JSON = ("[", "{", '"')
_LEAVES = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)


def asserts_from(value: Any, entry: str | None) -> tuple[str, ...]:
    """Return the tests in a field: a list of statements, or code, each perhaps written as JSON in a text.

    Code is statements, check(candidate), pytest's functions, or examples as doctest shows them. Statements that check
    nothing go with the check after them. Raises UnusableError for anything else.
    """
    value = _out_of_json(value)
    if value is None or value == "" or value == []:
        return ()
    if isinstance(value, str):
        return _from_code(value, entry)
    if _holds_pairs(value):
        raise UnusableError("tests as inputs and outputs", "only calls of a function are run; write them as asserts")
    if not (isinstance(value, Sequence) and all(isinstance(one, str) for one in value)):
        raise UnusableError(_NO_TESTS, f"a {type(value).__name__}")
    return joined([one.replace("\r\n", "\n").strip() for one in value])


def joined(statements: Sequence[str]) -> tuple[str, ...]:
    """Return statements with those that check nothing put before the next one that does. Raises UnusableError."""
    found: list[str] = []
    before: list[str] = []
    for text in statements:
        before.append(text)
        try:
            checks = any(holds_check(one) for one in parse(text).body)
        except NOT_PYTHON as error:
            raise UnusableError("tests that are not Python", str(error)) from None
        if checks:
            found.append("\n".join(before))
            before = []
    if not found:
        raise UnusableError("tests that check nothing")
    return tuple(found)


def called_function(tests: Sequence[str], code: str) -> str:
    """Return the function of a program that its tests call. Raises UnusableError."""
    try:
        return entry_point(tests, code)
    except NOT_PYTHON as error:
        raise UnusableError("no function to test", str(error)) from None


def without_imports_of(tests: Sequence[str], code: str) -> tuple[str, ...]:
    """Return tests without their imports of what the program itself defines, such as `from solution import add`.

    The module's name says nothing; one of Python's own library stays.
    """
    defined = defined_names(code)
    return tuple(_without_imports(text, defined) for text in tests)


def _without_imports(text: str, defined: set[str]) -> str:
    if "import" not in text:
        return text
    body = parse(text).body
    kept = [one for one in body if not _imports_only(one, defined)]
    return text if len(kept) == len(body) else ast.unparse(ast.Module(kept, []))


def _imports_only(statement: ast.stmt, defined: set[str]) -> bool:
    return (
        isinstance(statement, ast.ImportFrom)
        and (statement.module or "").partition(".")[0] not in sys.stdlib_module_names
        and all(one.name in defined and one.asname in (None, one.name) for one in statement.names)
    )


def _out_of_json(value: Any) -> Any:
    """Return what is written as JSON in a text, or in a text of a text; other values as they are."""
    for _ in range(2):
        if not isinstance(value, str) or not value.lstrip().startswith(_WRITTEN_AS_JSON):
            break
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            break
    return value


def _holds_pairs(value: Any) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return all(map(_holds_pairs, value))
    return isinstance(value, dict) and bool(_PAIRS & value.keys())


def _from_code(code: str, entry: str | None) -> tuple[str, ...]:
    if code.lstrip().startswith(">>>"):
        return asserts_of_examples(code)
    try:
        body = parse(code).body
    except NOT_PYTHON as error:
        raise UnusableError("tests that are not Python", str(error)) from None
    if any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in body):
        entry = entry or _given_to_check(body)
        if entry is None:
            raise UnusableError("check(candidate) without the function's name", "name its column with --entry")
        try:
            parts = parts_of_tests(code, entry)
        except ValueError as error:
            raise UnusableError(_NO_TESTS, str(error)) from None
        first, *others = parts.tests
        return (f"{parts.setup}\n{first}" if parts.setup else first, *others)
    if any(map(holds_check, body)):
        return joined([ast.unparse(node) for node in body])
    return joined(list(_unrolled(body)))


def _given_to_check(body: Sequence[ast.stmt]) -> str | None:
    """Return the function that test code itself gives to `check`."""
    for node in body:
        match node:
            case ast.Expr(ast.Call(func=ast.Name("check"), args=[ast.Name(name)])):
                return name
    return None


def _unrolled(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the statements of pytest's test functions, a text for each function, and what stands around them."""
    uses_pytest = any(isinstance(node, ast.Name) and node.id == "pytest" for one in body for node in ast.walk(one))
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield _statements(node)
        elif isinstance(node, ast.ClassDef) and any("TestCase" in ast.unparse(base) for base in node.bases):
            raise UnusableError("tests as a unittest class", "write them as asserts or as pytest's functions")
        elif uses_pytest or ast.unparse(node) != "import pytest":
            yield ast.unparse(node)


def _statements(test: ast.FunctionDef) -> str:
    """Return a test function's statements as code of their own. Raises UnusableError where they are more than that."""
    given = [*test.args.posonlyargs, *test.args.args, *test.args.kwonlyargs]
    if given or test.decorator_list or any(isinstance(node, _LEAVES) for node in ast.walk(test)):
        raise UnusableError("test functions with fixtures, parameters or returns", test.name)
    return "\n".join(ast.unparse(node) for node in test.body)
