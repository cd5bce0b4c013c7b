"""What became of a row: a seed with its recorded answer, or the reason why it was lost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from akd_code.intake.exercise import UnusableError

SHARED = "shares a benchmark's task"
REPEATED = "the prompt of an earlier row"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row's `seed` and `answer`, or `reason` (one of a few, to be counted) and `detail` why there are none.

    `evidence`: what decontamination found, as its report's lines. `settled`: whether it would come out so again; a
    fault of the sandbox is not.
    """

    row: int
    name: str
    seed: dict[str, Any] = field(default_factory=dict)
    answer: str = ""
    reason: str = ""
    detail: str = ""
    evidence: tuple[dict[str, Any], ...] = ()
    settled: bool = True

    @property
    def kept(self) -> bool:
        """Whether the row is used."""
        return not self.reason

    @property
    def tested(self) -> bool:
        """Whether tests came with it."""
        return "tests" in self.seed

    def as_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    def lost_line(self) -> dict[str, Any]:
        """Return the line of the report on lost rows."""
        return {"row": self.row, "id": self.name, "reason": self.reason, "detail": self.detail}


def lost(row: int, name: str, error: UnusableError) -> Outcome:
    """Return the outcome of a row that holds no exercise."""
    return Outcome(row, name, reason=error.reason, detail=error.detail[:500])


def outcome_from(data: dict[str, Any]) -> Outcome:
    """Return an outcome from `as_json`'s data. Raises KeyError, TypeError for anything else."""
    known = {one.name: data[one.name] for one in fields(Outcome)}
    return Outcome(**{**known, "evidence": tuple(known["evidence"])})
