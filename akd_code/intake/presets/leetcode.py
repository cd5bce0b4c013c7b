"""LeetCodeDataset (Xia et al. 2025): LeetCode's problems with a model's answers, tests and their helper classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.intake.checks import asserts_from
from akd_code.intake.exercise import Exercise
from akd_code.intake.fields import name_in, required
from akd_code.intake.registry import PRESETS

_STUB = "Please complete the following python code precisely:"


@PRESETS.register("leetcode")
def exercise(row: Mapping[str, Any]) -> Exercise:
    """Return a problem with the model's `response`; `prompt`, the site's imports and classes, is its context."""
    entry, query = required(row, "entry_point"), required(row, "query")
    return Exercise(
        query,
        required(row, "response"),
        name_in(row, "task_id"),
        entry,
        asserts_from(required(row, "test"), entry),
        context=required(row, "prompt"),
        statement=query.partition(_STUB)[0].strip(),
    )
