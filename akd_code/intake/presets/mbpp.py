"""MBPP (Austin et al. 2021): the training split, ids 601-974, of the authors' file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.checks import joined
from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import fenced
from akd_code.intake.registry import PRESETS
from akd_evals.suites.mbpp import instruction, problem_from, unix_lines

TRAIN_IDS = range(601, 975)


@PRESETS.register("mbpp")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return a problem as `akd data mbpp-seeds` words it, with the reference solution."""
    try:
        problem = problem_from(dict(row))
    except (LookupError, TypeError, ValueError, ArithmeticError, SyntaxError, RecursionError, MemoryError) as error:
        raise UnusableError("not an MBPP problem", str(error)) from None
    if problem.number not in TRAIN_IDS:
        raise UnusableError("not in MBPP's training split (ids 601-974)")
    return Exercise(
        instruction(problem),
        fenced(unix_lines(problem.code)),
        problem.task_id,
        problem.entry_point,
        joined(problem.asserts),
        unix_lines(problem.setup),
        statement=problem.text,
    )
