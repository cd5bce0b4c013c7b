"""How two runs' answers were read: by which rules, how many held no program, how many were cut.

A change of these between two runs is a change of the measurement as much as of the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from akd_evals.runs import ScoredRun, TaskOutcome

CUT = "cut by length"
_NO_PROGRAM = ("empty", "reasoning-only")
_MARKED = 0.05


@dataclass(frozen=True, slots=True)
class AnswerShift:
    """How many samples of each run are of one kind. `extraction`: by this rule; else `kind` is `CUT`."""

    kind: str
    base: int
    new: int

    @property
    def moved(self) -> bool:
        """Whether the two counts differ."""
        return self.base != self.new


def answer_shifts(base: ScoredRun, new: ScoredRun) -> tuple[AnswerShift, ...]:
    """Return the counts of each extraction rule, most frequent first, and of cut answers.

    Empty where a run does not tell how its answers were read.
    """
    ours, theirs = _counts(base), _counts(new)
    if not ours or not theirs:
        return ()
    rules = sorted((ours | theirs).keys() - {CUT}, key=lambda rule: (-ours[rule] - theirs[rule], rule))
    return tuple(AnswerShift(kind, ours[kind], theirs[kind]) for kind in [*rules, CUT] if ours[kind] or theirs[kind])


def answer_notes(shifts: Sequence[AnswerShift], base: ScoredRun, new: ScoredRun) -> list[str]:
    """Return a sentence where a run has many more answers without a program, or cut by length, than the other."""
    totals = [sum(len(rows) for rows in run.outcomes.values()) for run in (base, new)]
    lines = []
    for one in shifts:
        if one.kind not in (*_NO_PROGRAM, CUT):
            continue
        apart = one.new / totals[1] - one.base / totals[0]
        if abs(apart) >= _MARKED:
            more = new.name if apart > 0 else base.name
            lines.append(
                f"{more} has more answers that are {_SAID[one.kind]} ({one.base} -> {one.new}): {_WHY[one.kind]}"
            )
    return lines


_SAID = {"empty": "empty", "reasoning-only": "nothing but reasoning", CUT: "cut by length"}
_WHY = {
    "empty": "part of the difference may be how the models were asked",
    "reasoning-only": "part of the difference may be the limit of their length",
    CUT: "part of the difference may be the limit of their length",
}


def _counts(run: ScoredRun) -> Counter[str]:
    outcomes: list[TaskOutcome] = [one for rows in run.outcomes.values() for one in rows]
    rules = Counter(one.extraction for one in outcomes if one.extraction)
    return rules + Counter({CUT: sum(one.cut for one in outcomes)}) if rules else rules
