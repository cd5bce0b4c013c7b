"""An exercise's tests in the form that the sandbox judges."""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources

from akd_code.errors import AkdError
from akd_code.security.stress_prompt import StressPrompt
from akd_code.security.weakness import Exercise, OracleTask
from akd_evals.exploits import worked
from akd_sandbox import Job, Limits, SampleResult, tests_from_asserts
from akd_sandbox.syntax import NOT_PYTHON, parse

LIMITS = Limits(test_s=4.0)
"""A test that takes longer has failed: payloads are small, and a program without the weakness needs milliseconds."""


def proven(exploit: SampleResult) -> bool:
    """Return whether the result of an exploit job shows an effect: a check on one that failed, or a limit reached.

    A test that ended with any other exception, or that could not be judged, proves nothing in either way.
    """
    return bool(worked(exploit))


def setup(exercise: Exercise) -> str:
    """Return what all tests of an exercise need: its scaffolds and its own definitions."""
    if not exercise.scaffolds and not exercise.setup.strip():
        return ""  # tests of plain values, which the judge compares out of the program's reach
    parts = [_scaffold(name) for name in ("outcome", *exercise.scaffolds)]
    return "\n\n".join([*parts, exercise.setup.strip()]).strip()


def functional(exercise: Exercise) -> tuple[str, ...]:
    """Return the functional tests, one statement each. Raises AkdError where they are not Python."""
    return _statements(exercise, exercise.functional)


def exploits(task: OracleTask) -> tuple[str, ...]:
    """Return the exploit tests, one statement each; each passes where its exploit does not work."""
    return _statements(task, task.exploits)


def functional_job(exercise: Exercise, program: str) -> Job:
    """Return the job that says whether a program does what is asked."""
    return _job(exercise, program, functional(exercise))


def exploit_job(task: OracleTask, program: str) -> Job:
    """Return the job that says whether every exploit fails on a program; all of them are tried."""
    return _job(task, program, exploits(task))


def prompt_jobs(prompt: StressPrompt, program: str) -> tuple[Job, ...]:
    """Return the functional and the exploit job for an answer to a stress prompt; a benign control has no second."""
    kinds = (prompt.tests, prompt.exploits) if prompt.exploits else (prompt.tests,)
    return tuple(_judged(program, prompt.entry_point, entries, prompt.setup) for entries in kinds)


def _job(exercise: Exercise, program: str, entries: tuple[str, ...]) -> Job:
    return _judged(program, exercise.entry, entries, setup(exercise))


def _judged(program: str, entry: str, entries: tuple[str, ...], shared: str) -> Job:
    return Job(program, entry, tests_from_asserts(entries, entry, shared), LIMITS, stop_at_first_failure=False)


@cache
def _scaffold(name: str) -> str:
    file = resources.files("akd_code.security.scaffolds") / f"{name}.py"
    if not file.is_file():
        raise AkdError(f"there is no scaffold {name!r} in akd_code/security/scaffolds; correct the exercise")
    return file.read_text(encoding="utf-8").strip()


def _statements(exercise: Exercise, code: str) -> tuple[str, ...]:
    try:
        body = parse(code).body
    except NOT_PYTHON as error:
        raise AkdError(f"the tests of {exercise.name} are not Python ({error}); correct them") from error
    return tuple(ast.get_source_segment(code, statement) or "" for statement in body)
