"""Which student the next round goes on from: the last one, or the best, and whether there is a next round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from akd_code.recipe import KeepSection
from akd_code.stages.student_at import StudentAt


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where the student stands: the one to go on from, its pass@1 by suite, and what was decided last.

    `ended`: the last round gained less than the recipe asks for. `said` is one line about a decision, "" for none.
    """

    settings: KeepSection
    measured: Mapping[str, float]
    student: StudentAt
    ended: bool = False
    said: str = ""

    def after(self, student: StudentAt, measured: Mapping[str, float]) -> Ladder:
        """Return the ladder after a round that made `student`."""
        suite = self.settings.suite or next(iter(measured), None)
        if suite is None:
            return Ladder(self.settings, measured, student)
        gain = measured[suite] - self.measured[suite]
        ended = self.settings.min_gain is not None and gain < self.settings.min_gain
        points = (
            f"{abs(100 * gain):.1f} points {'more' if gain >= 0 else 'less'} on {suite} than round {self.student.round}"
        )
        why = f"round {student.round} measures {points}"
        rolled_back = self.settings.best and gain < 0
        said = f"{why}: it is rolled back" if rolled_back else ""
        if ended:
            said = f"{why}, {'and is rolled back; ' if rolled_back else ''}which ends the loop (keep.min_gain)"
        if rolled_back:
            return Ladder(self.settings, self.measured, self.student, ended, said)
        return Ladder(self.settings, measured, student, ended, said)
