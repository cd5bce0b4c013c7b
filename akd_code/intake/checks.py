"""Tests as data sets bring them, made into asserts over the function by its name."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from akd_code.intake.exercise import UnusableError
from akd_code.referee.tests_in_code import parts_of_tests
from akd_evals.suites.mbpp import entry_point
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import NOT_PYTHON, parse

_NO_TESTS = "tests in no known form"


def asserts_from(value: Any, entry: str | None) -> tuple[str, ...]:
    """Return the tests in a field: a list of statements, code of statements, or code that defines check(candidate).

    Statements that check nothing go with the check after them. Raises UnusableError for anything else.
    """
    if value is None or value == "" or value == []:
        return ()
    if isinstance(value, str):
        return _from_code(value, entry)
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


def _from_code(code: str, entry: str | None) -> tuple[str, ...]:
    try:
        body = parse(code).body
    except NOT_PYTHON as error:
        raise UnusableError("tests that are not Python", str(error)) from None
    if any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in body):
        if entry is None:
            raise UnusableError("check(candidate) without the function's name", "name its column with --entry")
        try:
            parts = parts_of_tests(code, entry)
        except ValueError as error:
            raise UnusableError(_NO_TESTS, str(error)) from None
        first, *others = parts.tests
        return (f"{parts.setup}\n{first}" if parts.setup else first, *others)
    return joined([ast.unparse(node) for node in body])
