"""Exercises asked as a benchmark asks: a student that is trained in one form and examined in another learns little."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Literal

from akd_code.intake.closure import defined_names, free_names, needed
from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import fenced
from akd_code.intake.plain_function import as_function, is_method
from akd_prompts import docstring_task, signature_task
from akd_sandbox.syntax import NOT_PYTHON, parse

Form = Literal["own", "docstring", "signature"]
"""own: as the data set asks. docstring: as MBPP+ does, the statement and one assert. signature: as HumanEval does, the
head of the function with the statement as its docstring."""
LONGEST_TEST = 300
"""Characters of a test that is shown at most; the shortest is shown."""
_SHOWN_CALLS = 3
_PYTHONS = frozenset(dir(builtins))


def plain(exercise: Exercise, code: str) -> tuple[Exercise, str]:
    """Return the exercise with a method of a fresh object made a function, in its answer and tests, and its program.

    Others come back as they are. Raises UnusableError where the class is more than a bundle of functions.
    """
    entry = exercise.entry_point
    if entry is None or not is_method(entry):
        return exercise, code
    code, name = as_function(code, entry)
    tests = tuple(one.replace(f"{entry}(", f"{name}(") for one in exercise.tests)
    return replace(exercise, entry_point=name, tests=tests, answer=fenced(code)), code


def asked_as(exercise: Exercise, code: str, form: Form) -> Exercise:
    """Return an exercise, tests and function known, asked in the form; its answer is then the program alone.

    Raises UnusableError where there is no statement, no such function, or no test short enough to be shown.
    """
    if form == "own":
        return exercise
    statement = (exercise.statement or exercise.prompt).strip().replace("\\", "\\\\")
    if not exercise.tests or exercise.entry_point is None:
        raise UnusableError("no tests", f"the form {form} shows one")
    if '"""' in statement:
        raise UnusableError("a statement that is no docstring", 'it holds """')
    function = _function(code, exercise.entry_point)
    known = defined_names(code) | defined_names(exercise.setup)
    calls = _shown_calls(exercise.tests, function, known)
    if form == "docstring":
        if not calls:
            raise UnusableError(
                "no test that can be shown", f"one assert of {LONGEST_TEST} characters that stands alone"
            )
        prompt = docstring_task(f'"""\n{statement}\n{calls[0]}\n"""')
    else:
        prompt = signature_task(_head(code, function, statement, calls))
    return replace(exercise, prompt=prompt, answer=fenced(code))


def _function(code: str, name: str) -> ast.FunctionDef:
    try:
        body = parse(code).body
    except NOT_PYTHON as error:
        raise UnusableError("not Python", str(error)) from None
    for statement in body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return statement
    raise UnusableError("no function of that name at the top", name)


def _shown_calls(tests: Sequence[str], function: ast.FunctionDef, known: Set[str]) -> list[str]:
    """Return the tests that are one short assert, the shortest first; arguments by place where names add nothing.

    One that uses a name from another test, neither `known` nor Python's own, says nothing to its reader.
    """
    names = [one.arg for one in [*function.args.posonlyargs, *function.args.args]]
    found = []
    for text in tests:
        try:
            body = parse(text).body
        except NOT_PYTHON:
            continue
        if len(body) == 1 and isinstance(body[0], ast.Assert) and free_names(text) <= known | _PYTHONS:
            for call in ast.walk(body[0]):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == function.name:
                    _by_place(call, names)
                    shown = ast.unparse(body[0]) if call.keywords == [] else text
                    if len(shown) <= LONGEST_TEST:
                        found.append(shown)
                    break
    return sorted(found, key=len)


def _by_place(call: ast.Call, names: Sequence[str]) -> None:
    if not call.args and [one.arg for one in call.keywords] == list(names[: len(call.keywords)]):
        call.args = [one.value for one in call.keywords]
        call.keywords = []


def _head(code: str, function: ast.FunctionDef, statement: str, calls: Sequence[str]) -> str:
    """Return a program up to the end of the function's docstring: its imports as far as the head needs them."""
    line = ast.unparse(_without_body(function)).splitlines()[0]
    before = needed(f"{line}\n    pass", code)
    told = "\n".join(f"    {one}".rstrip() for one in [*statement.split("\n"), *_examples(calls)])
    return f'{before}\n\n\n{line}\n    """\n{told}\n    """\n'.lstrip("\n")


def _without_body(function: ast.FunctionDef) -> ast.FunctionDef:
    bare = copy.copy(function)
    bare.body, bare.decorator_list = [ast.Pass()], []
    return bare


def _examples(calls: Sequence[str]) -> list[str]:
    """Return asserts of equality with a literal as a doctest shows them: any other result is not what Python prints."""
    lines = []
    for text in calls[:_SHOWN_CALLS]:
        statement = parse(text).body[0]
        assert isinstance(statement, ast.Assert)
        match statement.test:
            case ast.Compare(left=ast.Call() as call, ops=[ast.Eq() | ast.Is()], comparators=[result]):
                if _literal(result):
                    lines += [f">>> {ast.unparse(call)}", ast.unparse(result)]
    return lines


def _literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (*NOT_PYTHON, TypeError):
        return False
    return True
