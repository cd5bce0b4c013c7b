"""Examples as doctest shows them, `>>> f(1)` with its result below, made into asserts."""

from __future__ import annotations

import ast
import doctest

from akd_code.intake.exercise import UnusableError
from akd_sandbox.syntax import parse


def asserts_of_examples(text: str) -> tuple[str, ...]:
    """Return the examples whose result is written as a literal, as asserts, each after the statements before it.

    Raises UnusableError where there is none.
    """
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError as error:
        raise UnusableError("doctests in no known form", str(error)) from None
    found: list[str] = []
    before: list[str] = []
    for one in examples:
        assertion = _assertion(one)
        if assertion:
            found.append("\n".join([*before, assertion]))
            before = []
        elif not one.want:
            before.append(one.source.strip())
    if not found:
        raise UnusableError("no doctest whose result is a value")
    return tuple(found)


def _assertion(example: doctest.Example) -> str:
    """Return an example as an assert; "" for one that prints, raises, or shows what is not a literal."""
    if example.exc_msg is not None or example.options:
        return ""
    try:
        value = ast.literal_eval(example.want.strip())
        (statement,) = parse(example.source).body
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return ""
    if not isinstance(statement, ast.Expr) or (isinstance(statement.value, ast.Call) and _prints(statement.value)):
        return ""
    same = ast.Is() if value is None or isinstance(value, bool) else ast.Eq()
    compared = ast.Compare(statement.value, [same], [ast.Constant(None)])
    return f"assert {ast.unparse(compared).removesuffix('None')}{value!r}"


def _prints(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in ("print", "pprint")
