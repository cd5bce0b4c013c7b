"""Decontamination: which rows share a task with a benchmark, and the evidence for each.

Five main things: `Row` is what a row asks and answers, `tasks_of` makes `BenchmarkTask`s of suites, `Detector` finds
them in rows tier by tier, `Runner` runs answers against their tests, `Evidence` says what was found; `Guard` does all
of it in a run.
"""

from akd_code.decontamination.benchmarks import (
    KNOWN,
    BenchmarkTask,
    DecontaminationError,
    named_suites,
    suites_at_hand,
    tasks_of,
)
from akd_code.decontamination.detector import Detector, detector_of
from akd_code.decontamination.evidence import TIERS, Evidence, report_lines, report_table, rows_by_tier, summary_line
from akd_code.decontamination.execution import Runner
from akd_code.decontamination.guard import Guard, seen_tasks
from akd_code.decontamination.rows import Row, label_row, prompt_row

__all__ = [
    "KNOWN",
    "TIERS",
    "BenchmarkTask",
    "DecontaminationError",
    "Detector",
    "Evidence",
    "Guard",
    "Row",
    "Runner",
    "detector_of",
    "label_row",
    "named_suites",
    "prompt_row",
    "report_lines",
    "report_table",
    "rows_by_tier",
    "seen_tasks",
    "suites_at_hand",
    "summary_line",
    "tasks_of",
]
