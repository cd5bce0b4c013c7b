"""Figures of `adversarial.py`: curves from its rows, calls to reach a level, bootstrap intervals.

A row is one examination: {"arm", "seed", "round", "calls": {ROLE: n}, "seconds", "passed": {DEPTH: "0110..."},
"new": {DEPTH: prompts}, "recipe"}. Nothing here runs a model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Curve:
    """An arm's examinations: `passed` [seed, round, task] is 0 or 1, `calls` [seed, round] what was asked until then.

    `depths` [task] is each task's depth, `roles` the calls of a whole run by role, a mean over seeds; `new` the
    share of the generated prompts by depth; `seconds` the mean of a run.
    """

    seeds: tuple[int, ...]
    passed: Floats
    calls: Floats
    depths: npt.NDArray[np.int64]
    roles: Mapping[str, float]
    new: Mapping[int, float]
    seconds: float

    @property
    def shares(self) -> Floats:
        """Pass@1 by round, over all seeds and tasks."""
        return np.asarray(self.passed.mean(axis=(0, 2)))

    def of(self, seeds: Sequence[int]) -> Curve:
        """Return the curve of some of the seeds, in the order given."""
        at = [self.seeds.index(seed) for seed in seeds]
        return Curve(tuple(seeds), self.passed[at], self.calls[at], self.depths, self.roles, self.new, self.seconds)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % bootstrap interval; infinite where a level is never reached."""

    value: float
    low: float
    high: float


def read_rows(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the rows of several folders, the first of those for one arm, seed and round.

    Raises SystemExit where an arm was run with two recipes: such rows cannot be put together.
    """
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for folder in folders:
        for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.setdefault((row["arm"], row["seed"], row["round"]), row)
    recipes: dict[str, str] = {}
    for row in found.values():
        if recipes.setdefault(row["arm"], row["recipe"]) != row["recipe"]:
            raise SystemExit(f"the results of {row['arm']!r} are of two recipes; report on each folder on its own")
    return list(found.values())


def curves(rows: Iterable[Mapping[str, Any]], rounds: int) -> dict[str, Curve]:
    """Return each arm's curve over as many of the `rounds` as give most examinations: seeds that got so far x rounds.

    So runs that were cut short count with what they have, if most are. An arm that no seed has a round of is left out.
    """
    by_run: dict[str, dict[int, dict[int, Mapping[str, Any]]]] = {}
    for row in rows:
        by_run.setdefault(row["arm"], {}).setdefault(row["seed"], {})[row["round"]] = row
    made = {}
    for arm, runs in by_run.items():
        ends = {seed: min(_last(run), rounds) for seed, run in runs.items()}
        far = max(ends.values(), key=lambda end: (end * sum(other >= end for other in ends.values()), end))
        if far > 0:
            made[arm] = _curve({seed: run for seed, run in sorted(runs.items()) if ends[seed] >= far}, far)
    return made


def _last(run: Mapping[int, Any]) -> int:
    """Return the last round of an unbroken series from round 0 on; -1 if there is none."""
    return next(number for number in range(-1, len(run)) if number + 1 not in run)


def _curve(runs: Mapping[int, Mapping[int, Mapping[str, Any]]], rounds: int) -> Curve:
    passed = [[_marks(run[number]["passed"]) for number in range(rounds + 1)] for run in runs.values()]
    calls = [[float(sum(run[number]["calls"].values())) for number in range(rounds + 1)] for run in runs.values()]
    first = next(iter(runs.values()))[0]["passed"]
    depths = [int(depth) for depth, marks in sorted(first.items()) for _ in marks]
    ends = [run[rounds] for run in runs.values()]
    names = sorted({name for end in ends for name in end["calls"]})
    written = [row["new"] for run in runs.values() for number, row in run.items() if number <= rounds]
    total = sum(sum(one.values()) for one in written) or 1
    known = sorted({int(depth) for one in written for depth in one})
    return Curve(
        tuple(runs),
        np.array(passed, dtype=np.float64),
        np.array(calls),
        np.array(depths),
        {name: sum(end["calls"].get(name, 0) for end in ends) / len(ends) for name in names},
        {depth: sum(one.get(str(depth), 0) for one in written) / total for depth in known},
        sum(end["seconds"] for end in ends) / len(ends),
    )


def _marks(passed: Mapping[str, str]) -> list[float]:
    return [float(mark) for _, marks in sorted(passed.items()) for mark in marks]


def calls_to_reach(calls: Sequence[float], shares: Sequence[float], level: float) -> float:
    """Return the calls from which on a curve stays at `level` or above, interpolated; infinite if it ends below.

    From which on, not at which first: a curve that crosses a level by chance and falls back has not reached it.
    """
    if shares[-1] < level:
        return math.inf
    below = [number for number, share in enumerate(shares) if share < level]
    if not below:
        return float(calls[0])
    at = below[-1]
    part = (level - shares[at]) / (shares[at + 1] - shares[at])
    return float(calls[at] + part * (calls[at + 1] - calls[at]))


def share_at(calls: Sequence[float], shares: Sequence[float], budget: float) -> float:
    """Return pass@1 at a number of calls, interpolated between examinations; at the ends that of the nearest one."""
    return float(np.interp(budget, calls, shares))


def interval(draws: Sequence[float]) -> tuple[float, float]:
    """Return the 2.5th and the 97.5th percentile of bootstrap draws, some of which may be infinite."""
    ordered = sorted(draws)
    return ordered[round(0.025 * (len(ordered) - 1))], ordered[round(0.975 * (len(ordered) - 1))]


@dataclass(frozen=True, slots=True)
class Against:
    """An arm beside the baseline, paired over the seeds that both have.

    `reached`: the calls it needs to reach the baseline's final pass@1, as a share of the baseline's calls. `saved`:
    what the baseline itself needs to get there for good, as the same share. `gain`: pass@1 less the baseline's at equal
    calls, the lesser of both budgets. `final`: its own final pass@1.
    """

    seeds: int
    final: Estimate
    reached: Estimate
    saved: Estimate
    gain: Estimate


def against(arm: Curve, base: Curve, rng: np.random.Generator, draws: int = DRAWS) -> Against | None:
    """Return an arm beside the baseline, with intervals over seeds and tasks drawn anew; None without common seeds."""
    common = [seed for seed in arm.seeds if seed in base.seeds]
    if not common:
        return None
    arm, base = arm.of(common), base.of(common)
    everything = np.arange(len(common)), np.arange(arm.passed.shape[2])
    found = [_figures(arm, base, *everything)]
    for _ in range(draws):
        seeds = rng.integers(len(common), size=len(common))
        tasks = rng.integers(arm.passed.shape[2], size=arm.passed.shape[2])
        found.append(_figures(arm, base, seeds, tasks))
    columns = [Estimate(column[0], *interval(column[1:])) for column in zip(*found, strict=True)]
    return Against(len(common), *columns)


def at_equal_rounds(arm: Curve, base: Curve, rng: np.random.Generator, draws: int = DRAWS) -> Estimate | None:
    """Return pass@1 less the other arm's after as many rounds, paired over seeds and tasks; None without common seeds.

    Where one of the two was cut short, after its last round.
    """
    common = [seed for seed in arm.seeds if seed in base.seeds]
    if not common:
        return None
    arm, base = arm.of(common), base.of(common)
    last = min(arm.passed.shape[1], base.passed.shape[1]) - 1
    more = arm.passed[:, last, :] - base.passed[:, last, :]
    drawn = []
    for _ in range(draws):
        seeds, tasks = rng.integers(len(common), size=len(common)), rng.integers(more.shape[1], size=more.shape[1])
        drawn.append(float(more[seeds][:, tasks].mean()))
    return Estimate(float(more.mean()), *interval(drawn))


def _figures(
    arm: Curve, base: Curve, seeds: npt.NDArray[np.int64], tasks: npt.NDArray[np.int64]
) -> tuple[float, float, float, float]:
    def drawn(curve: Curve) -> tuple[list[float], list[float]]:
        by_task = curve.passed[seeds].mean(axis=0)
        return curve.calls[seeds].mean(axis=0).tolist(), by_task[:, tasks].mean(axis=1).tolist()

    calls, shares = drawn(arm)
    base_calls, base_shares = drawn(base)
    level, budget = base_shares[-1], min(calls[-1], base_calls[-1])
    return (
        shares[-1],
        calls_to_reach(calls, shares, level) / base_calls[-1],
        calls_to_reach(base_calls, base_shares, level) / base_calls[-1],
        share_at(calls, shares, budget) - share_at(base_calls, base_shares, budget),
    )
