"""The gate: may the new model pass? Two rules, named, because they answer two questions (docs/compare.md).

`regression` fails when a drop beyond the margin is proven: the upper bound of the difference is below -margin. It lets
through what the data cannot tell. `noninferior` fails unless the lower bound is above -margin: it stops what the data
cannot clear. Both go by the two-sided interval that the report shows, so at 95 % each errs in 2.5 % of cases at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from akd_evals.errors import EvalError

GateName = Literal["regression", "noninferior", "none"]
GATES: tuple[GateName, ...] = ("regression", "noninferior", "none")
Interval = Callable[[float], tuple[float, float]]
"""The interval of a difference at a confidence."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """Which gate, with which margin (a fraction, not points) and confidence. Raises EvalError out of range."""

    gate: GateName = "regression"
    margin: float = 0.0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.gate not in GATES:
            raise EvalError(f"unknown gate {self.gate!r}; known are {', '.join(GATES)}")
        if not 0.0 <= self.margin < 1.0:
            raise EvalError(f"the margin is {100 * self.margin:g} points; give one from 0 to 100")
        if not 0.5 <= self.confidence < 1.0:
            raise EvalError(f"the confidence is {self.confidence:g}; give one from 0.5 to 1, such as 0.95")

    def level(self, suites: int) -> float:
        """Return the confidence at which Holm's first step tests each of so many suites."""
        return 1 - (1 - self.confidence) / suites


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """The gate on one suite: `bound` of the difference at `confidence` was held against -margin. None without a gate.

    With several suites `confidence` is higher than the rule's for the regression gate: Holm's step-down.
    """

    passed: bool
    confidence: float
    bound: float | None


def decide(rule: GateRule, intervals: Sequence[Interval], deltas: Sequence[float]) -> tuple[GateOutcome, ...]:
    """Return the gate's outcome on each suite.

    The regression gate asks whether any of m suites dropped, so it takes Holm's step-down levels (Holm 1979): the
    chance that any suite fails without a drop stays what it is for one. The non-inferiority gate asks for all of them,
    which needs no adjustment (intersection-union: Berger 1982). A suite whose delta is not below
    -margin is not even looked at by the regression gate.
    """
    if rule.gate == "none":
        return tuple(GateOutcome(True, rule.confidence, None) for _ in intervals)
    if rule.gate == "noninferior":
        lows = [interval(rule.confidence)[0] for interval in intervals]
        return tuple(GateOutcome(low > -rule.margin, rule.confidence, low) for low in lows)
    failed: dict[int, float] = {}
    while True:
        level = rule.level(max(1, len(intervals) - len(failed)))
        fresh = {
            index: level
            for index, interval in enumerate(intervals)
            if index not in failed and deltas[index] < -rule.margin and interval(level)[1] < -rule.margin
        }
        if not fresh:
            break
        failed |= fresh
    levels = [failed.get(index, level) for index in range(len(intervals))]
    return tuple(
        GateOutcome(index not in failed, at, interval(at)[1])
        for index, (interval, at) in enumerate(zip(intervals, levels, strict=True))
    )
