"""Data in: rows of any data set as seeds and recorded answers, each answer run against its tests first.

Five main things: `Exercise` is what a row asks and answers, a `Preset` makes one of a row (`PRESETS`, or `Columns` that
the user names), `exercises_of_folder` makes them of doctests, `Trial` runs one in the sandbox and holds it against
benchmarks, `work_through` does that with all and resumes. Nothing of a row is ever run outside the sandbox.
"""

from akd_code.intake.columns import Columns
from akd_code.intake.exercise import Exercise, IntakeError, UnusableError
from akd_code.intake.outcome import Outcome
from akd_code.intake.registry import PRESETS, Preset
from akd_code.intake.tables import read_table
from akd_code.intake.trial import Trial
from akd_code.intake.work import exercises_in, exercises_of_folder, work_through
from akd_code.intake.written import PART, counts, foreign, write_import

__all__ = [
    "PART",
    "PRESETS",
    "Columns",
    "Exercise",
    "IntakeError",
    "Outcome",
    "Preset",
    "Trial",
    "UnusableError",
    "counts",
    "exercises_in",
    "exercises_of_folder",
    "foreign",
    "read_table",
    "work_through",
    "write_import",
]
