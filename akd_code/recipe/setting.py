"""What a setting is: its default, its meaning, whether it matters; and what a section of them is.

A setting matters if it can change what comes out of a run. One that does not (`matters=False`) may be changed in the
middle of a run, and is part of no step's key.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0.0)]
Temperature = Annotated[float, Field(ge=0.0)] | None
TopP = Annotated[float, Field(gt=0.0, le=1.0)] | None
MATTERS, WAS = "matters", "was"


def _as_texts(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    plain = (int, float, datetime.date)
    return {key: str(value) if isinstance(value, plain) else value for key, value in given.items()}


def off(given: Any) -> Any:
    """Return what is meant by `off`, which YAML reads as false."""
    return "off" if given is False else given


Texts = Annotated[dict[str, str], BeforeValidator(_as_texts)]
"""Names and texts; YAML reads 2024-10-21 as a date and 1 as a number, which are texts here."""


def setting(default: Any, meaning: str = "", *, matters: bool = True, was: Any = None, **bounds: Any) -> Any:
    """Return the field of one setting; `bounds` are pydantic's (`ge`, `gt`, `le`, `pattern`).

    `was` is the default of an earlier release, which gives the same but for rounding: it counts as the default, so that
    what was finished under it is found.
    """
    extra: dict[str, Any] = {MATTERS: matters} if was is None else {MATTERS: matters, WAS: was}
    return Field(default, description=meaning or None, json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A part of the recipe: frozen, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)
