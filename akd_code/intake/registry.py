"""The data sets whose columns are known, by the names that `akd data import --preset` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from akd_code.intake.exercise import Exercise, IntakeError
from akd_evals.registry import Registry

Preset = Callable[[Mapping[str, Any]], Exercise]
"""Makes an exercise of a row; raises UnusableError for a row that holds none, and runs nothing."""

PRESETS: Registry[Preset] = Registry(
    what="preset",
    group="akd.presets",
    package="akd_code.intake.presets",
    error=IntakeError,
    hint=", or name the columns with --prompt and --answer",
)
"""A preset is one file in that package that registers its function, or an entry point in the group `akd.presets`."""
