"""Programming puzzles (Schuster et al. 2021): find what `sat` accepts. `sat` is the test of any answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.closure import with_needed
from akd_code.intake.exercise import Exercise, UnusableError
from akd_code.intake.fields import fenced, name_in, optional, required
from akd_code.intake.registry import PRESETS

_CONTEXT = "from typing import *"


@PRESETS.register("puzzles")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return a puzzle: what is to be found, in words and as `sat`, and the first solution that is known."""
    bodies = row.get("sol_bodies")
    if not isinstance(bodies, list) or not bodies or not isinstance(bodies[0], str):
        raise UnusableError("no solution")
    sat, header = with_needed(required(row, "sat"), _CONTEXT), required(row, "sol_header")
    docstring = optional(row, "sol_docstring")
    stub = f"{header}\n{docstring}" if docstring.strip() else header
    prompt = (
        "Write the function `sol`, which returns a value that makes `sat` true when it is given as its first "
        f"argument.\n\n```python\n{sat}\n```\n\nIt begins like this:\n\n```python\n{stub}\n```"
    )
    program = with_needed(f"{stub}\n{bodies[0]}", _CONTEXT)
    return Exercise(prompt, fenced(program), name_in(row, "name"), "sol", ("assert sat(sol()) is True",), sat)
