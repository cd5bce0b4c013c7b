"""What a comparison could have shown: the power of a gate, and the smallest drop that it would find."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from statistics import NormalDist, pstdev
from typing import Any, Literal

from akd_evals.paired import conditional_upper, tango_score

Gate = Literal["regression", "noninferior"]
POWER = 0.8


def gate_power(
    tasks: int,
    broken: float,
    fixed: float,
    *,
    margin: float = 0.0,
    gate: Gate = "regression",
    confidence: float = 0.95,
) -> float:
    """Return the chance that a gate FAILS on one sample per task, if each task breaks and is fixed with these chances.

    Exact: the sum over all outcomes (broken, fixed) of their trinomial probability, with the gate's own rule (a bound
    of `paired_interval` against -margin). All but a 1e-9 of the outcomes are summed. Raises ValueError for chances that
    cannot be.
    """
    import numpy as np

    if tasks < 1 or min(broken, fixed) < 0 or broken + fixed > 1:
        raise ValueError(f"{broken} broken and {fixed} fixed of {tasks} tasks cannot be")
    binom: Any = importlib.import_module("scipy.stats").binom
    b = np.arange(int(binom.ppf(1e-10, tasks, broken)), int(binom.ppf(1 - 1e-10, tasks, broken)) + 1)
    most = int(binom.ppf(1 - 1e-10, tasks, fixed))
    c = np.arange(0, most + 1)
    share = min(1.0, fixed / (1 - broken)) if broken < 1 else 0.0
    chance = binom.pmf(b, tasks, broken)[:, None] * binom.pmf(c[None, :], tasks - b[:, None], share)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    score = tango_score(b[:, None], c[None, :], tasks, -margin)
    if gate == "regression":
        fails = (score < -z) & (conditional_upper(b[:, None], c[None, :], tasks, confidence) < -margin)
    else:
        fails = (score <= z) | (-conditional_upper(c[None, :], b[:, None], tasks, confidence) <= -margin)
    return float((chance * fails).sum())


def detectable_drop(
    tasks: int,
    discordant: float,
    *,
    margin: float = 0.0,
    confidence: float = 0.95,
    power: float = POWER,
) -> float | None:
    """Return the smallest drop (a positive fraction) that the regression gate finds with chance `power`, n = 1.

    `discordant` is the share of tasks on which the two runs disagree; a drop d is spread over it as (discordant +- d) /
    2, and exceeds it by tasks that only break. None if no drop can be found. Exact through `gate_power` to 0.01 points.
    """

    def found(drop: float) -> bool:
        broken, fixed = max(drop, (discordant + drop) / 2), max(0.0, (discordant - drop) / 2)
        return gate_power(tasks, broken, fixed, margin=margin, confidence=confidence) >= power

    low, high = margin, 1.0
    if not found(high):
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def detectable_mean_drop(
    deltas: Sequence[float], *, margin: float = 0.0, confidence: float = 0.95, power: float = POWER
) -> float:
    """Return the smallest mean drop that the regression gate finds with chance `power`, from the observed spread.

    margin + (z_confidence + z_power) * sd / sqrt(tasks), the normal approximation for a mean of paired differences
    (Miller 2024, arXiv 2411.00640, section 5). Raises ValueError for no differences.
    """
    if not deltas:
        raise ValueError("no differences")
    normal = NormalDist()
    quantiles = normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)
    return margin + quantiles * mean_standard_error(deltas)


def mean_standard_error(deltas: Sequence[float]) -> float:
    """Return the standard error of the mean difference, over tasks; 0 for one task."""
    return pstdev(deltas) / math.sqrt(max(1, len(deltas) - 1))


def mean_gate_power(
    drop: float, standard_error: float, *, margin: float = 0.0, gate: Gate = "regression", confidence: float = 0.95
) -> float:
    """Return the chance that a gate FAILS for a true mean drop with n > 1 samples per task (normal approximation)."""
    normal = NormalDist()
    z = normal.inv_cdf(0.5 + confidence / 2)
    if gate == "regression":
        return normal.cdf((drop - margin) / standard_error - z)
    return normal.cdf((drop - margin) / standard_error + z)
