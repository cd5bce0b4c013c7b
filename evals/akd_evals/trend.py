"""More than two runs: a curve, round by round, each point against the first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from akd_evals.comparison import Comparison, compare_runs
from akd_evals.gate import GateRule
from akd_evals.paired import Paired
from akd_evals.runs import ScoredRun
from akd_evals.stats import holm
from akd_evals.suites.record import TestKind


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One run on one suite: its score with its interval, and the paired difference to the first run (None for it).

    `p_holm` is adjusted over the runs of the suite.
    """

    name: str
    score: float
    ci: tuple[float, float]
    against_first: Paired | None
    p_holm: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The points of every suite, in the runs' order."""

    k: int
    suites: tuple[tuple[str, tuple[TrendPoint, ...]], ...]


def trend_of(
    runs: Sequence[dict[str, ScoredRun]],
    *,
    rule: GateRule | None = None,
    k: int = 1,
    tests: TestKind | None = None,
    allow: Collection[str] = (),
) -> tuple[Trend, Comparison]:
    """Return the trend of three runs or more, and the comparison of the last with the first, which the gate goes by.

    Raises EvalError as `compare_runs` does.
    """
    first = runs[0]
    against = [compare_runs(first, run, rule=rule, k=k, tests=tests, allow=allow) for run in runs[1:]]
    suites = []
    for suite in against[-1].suites:
        steps = [next((one for one in comparison.suites if one.suite == suite.suite), None) for comparison in against]
        found = [step.main for step in steps if step is not None]
        adjusted = holm([measure.paired.p for measure in found])
        start = found[0]
        points = [TrendPoint(suite.base.name, start.paired.base, start.base_ci, None, 1.0)]
        names = [step.new.name for step in steps if step is not None]
        for name, measure, p in zip(names, found, adjusted, strict=True):
            points.append(TrendPoint(name, measure.paired.new, measure.new_ci, measure.paired, p))
        suites.append((suite.suite, tuple(points)))
    return Trend(k, tuple(suites)), against[-1]
