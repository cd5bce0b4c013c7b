"""One exercise, tried: its answer read as a run reads it, made to stand alone, tested, held against benchmarks."""

from __future__ import annotations

import ast
import contextlib
from dataclasses import dataclass, replace

from akd_code.curriculum.seeds import seed_from
from akd_code.decontamination import Detector, Row
from akd_code.errors import RecipeError
from akd_code.intake.checks import called_function, without_imports_of
from akd_code.intake.closure import needed, with_needed
from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import fenced
from akd_code.intake.forms import Form, asked_as, plain
from akd_code.intake.inputs import tests_from_generator
from akd_code.intake.outcome import SHARED, Outcome, lost
from akd_code.reading import AnswerFault, read_answer
from akd_code.records import Prompt
from akd_code.referee.prompt_tests import run_tests
from akd_evals.extract import extract_code
from akd_sandbox import Limits, Sandbox, Verdict
from akd_sandbox.syntax import NOT_PYTHON, parse


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries exercises; safe to use from several threads. Without a detector nothing is held against benchmarks.

    `form` is how they are asked; in any form but their own, methods of fresh objects become functions.
    """

    box: Sandbox
    limits: Limits
    detector: Detector | None = None
    form: Form = "own"

    def __call__(self, number: int, exercise: Exercise) -> Outcome:
        """Return what becomes of an exercise; blocks. Raises SandboxError."""
        try:
            alone, code = self._standing_alone(exercise)
            if self.form != "own":
                alone, code = plain(alone, code)
                alone = asked_as(alone, code, self.form)
            prompt = _seed(alone)
            if alone.tests and (fault := self._failed(prompt, code)):
                return replace(fault, row=number, name=alone.name)
        except UnusableError as error:
            return lost(number, exercise.name, error)
        evidence = self._evidence(number, alone, code)
        reason = SHARED if evidence else ""
        shared = ", ".join(dict.fromkeys(f"{one['suite']} {one['task_id']} ({one['tier']})" for one in evidence))
        return Outcome(number, alone.name, alone.seed(), alone.answer, reason, shared, evidence)

    def _standing_alone(self, exercise: Exercise) -> tuple[Exercise, str]:
        """Return the exercise with its tests and with an answer that needs nothing around it, and its program."""
        if not exercise.tests and not exercise.generator:
            return exercise, extract_code(exercise.answer, exercise.entry_point, exercise.prompt).code or ""
        entry = exercise.entry_point
        reading = read_answer(exercise.answer, "stop", entry, context=exercise.prompt)
        answer = exercise.answer
        if reading.code is None and (whole := completed(exercise.prompt, answer, entry)):
            answer = fenced(whole)
            reading = read_answer(answer, "stop", entry, context=exercise.prompt)
        if reading.code is None:
            raise UnusableError(f"answer: {_fault(reading.fault, answer)}")
        code = with_needed(reading.code, exercise.context)
        if code != reading.code:
            said = answer.count(reading.code) == 1
            answer = answer.replace(reading.code, code) if said else fenced(code)
        entry = entry or called_function(exercise.tests, code)
        tests, setup = without_imports_of(exercise.tests, code), exercise.setup
        if exercise.generator and not tests:
            tests, setup = tests_from_generator(exercise.generator, code, entry, self.box)
        elif exercise.context:
            setup = needed("\n".join(tests), exercise.context)
        return replace(exercise, answer=answer, entry_point=entry, tests=tests, setup=setup), code

    def _failed(self, prompt: Prompt, code: str) -> Outcome | None:
        assert prompt.tests is not None and prompt.entry_point is not None
        tested = run_tests(prompt.tests, prompt.entry_point, code, self.box, self.limits)
        if tested.verdict is Verdict.PASS:
            return None
        if not tested.verdict.decided:
            settled = tested.verdict is not Verdict.INFRA
            return Outcome(0, "", reason=f"not judged: {tested.verdict}", detail=tested.detail[:500], settled=settled)
        told = f"{tested.passed} of {tested.total} tests passed; {tested.detail}"
        return Outcome(0, "", reason=f"fails its tests: {tested.verdict}", detail=told[:500])

    def _evidence(self, number: int, exercise: Exercise, code: str) -> tuple[dict[str, object], ...]:
        if self.detector is None:
            return ()
        row = Row(number, exercise.prompt, exercise.name, exercise.answer, code, exercise.tests)
        return tuple(one.as_json() for one in self.detector.find(row))


def completed(prompt: str, answer: str, entry: str | None) -> str:
    """Return the program that an answer completes, in HumanEval's way: its text right after the prompt's; "" if none.

    The prompt is then code up to a function's docstring, and the answer the rest of its body.
    """
    whole = f"{prompt.rstrip()}\n{answer.rstrip()}\n"
    try:
        begun = [one.name for one in parse(whole).body if isinstance(one, ast.FunctionDef)]
    except NOT_PYTHON:
        return ""
    return whole if begun and (entry is None or entry in begun) else ""


def _fault(fault: AnswerFault | None, answer: str) -> str:
    """Return what is wrong with an answer: bare code that lacks the function is code all the same."""
    if fault is AnswerFault.PROSE:
        with contextlib.suppress(*NOT_PYTHON):
            if any(isinstance(one, ast.FunctionDef | ast.ClassDef) for one in parse(answer).body):
                return str(AnswerFault.NO_ENTRY)
    return str(fault)


def _seed(exercise: Exercise) -> Prompt:
    """Return the exercise as a recipe would read it. Raises UnusableError where it would be refused."""
    try:
        return seed_from(exercise.seed(), "seed")
    except RecipeError as error:
        raise UnusableError("not a seed", str(error).removeprefix("seed: ")) from None
