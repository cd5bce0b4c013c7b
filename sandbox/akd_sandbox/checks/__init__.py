"""Test code, read by the judge: where its checks stand, and which of their expectations can be made false.

Pure functions over syntax trees; nothing here runs anything. `akd_sandbox.together` uses what they return.
"""

from akd_sandbox.checks.elsewhere import Elsewhere
from akd_sandbox.checks.plan import Draw, Group, TestPlan
from akd_sandbox.checks.styles import (
    calls_check,
    entries_of,
    function_names,
    holds_check,
    holds_tests,
    imported_of,
    plan_of,
    rows_in,
    subjects_of,
    without_main,
)

__all__ = [
    "Draw",
    "Elsewhere",
    "Group",
    "TestPlan",
    "calls_check",
    "entries_of",
    "function_names",
    "holds_check",
    "holds_tests",
    "imported_of",
    "plan_of",
    "rows_in",
    "subjects_of",
    "without_main",
]
