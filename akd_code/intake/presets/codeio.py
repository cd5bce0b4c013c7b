"""CodeI/O (Li et al. 2025): programs with the text of their task and a generator of inputs, of which tests are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import Exercise
from akd_code.intake.fields import fenced, name_in, required
from akd_code.intake.registry import PRESETS

_ENTRY = "main_solution"


@PRESETS.register("codeio")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return a program as the answer to its task, with the generator of its inputs."""
    prompt = f"{required(row, 'task_description').strip()}\n\n{required(row, 'input_output_spec').strip()}"
    return Exercise(
        f"{prompt}\n\nThe function is called `{_ENTRY}`; its arguments have the names given above.",
        fenced(required(row, "code_sample")),
        name_in(row, "id"),
        _ENTRY,
        generator=required(row, "input_generator"),
        statement=prompt,
    )
