"""Alpaca's form (Taori et al. 2023): `instruction`, `input`, `output`; CodeAlpaca and many others share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.exercise import Exercise
from akd_code.intake.fields import name_in, optional, required
from akd_code.intake.registry import PRESETS


@PRESETS.register("alpaca")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return the instruction, with its input below it, and the output. There are no tests."""
    given = optional(row, "input").strip()
    asked = required(row, "instruction").strip()
    return Exercise(f"{asked}\n\n{given}" if given else asked, required(row, "output"), name_in(row, "id"))
