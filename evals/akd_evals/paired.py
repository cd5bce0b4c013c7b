"""Two runs on the same tasks: is the difference real, and how large is it?

Everything is paired by task, and the task is the unit of inference (docs/compare.md): samples of one task are not
independent of each other. Differences are NEW - BASE, as fractions in [-1, 1].
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from akd_evals.stats import wilson_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RESAMPLES = 9_999
Method = Literal["exact McNemar", "sign-flip, bootstrap"]


@dataclass(frozen=True, slots=True)
class Paired:
    """What paired per-task scores say of two runs.

    `base`, `new` and `delta` (= new - base) are means over `tasks`; `low` and `high` bound the difference with
    `confidence`; `p` is two-sided for "no difference". `broken` and `fixed` count the tasks that got worse and better.
    """

    tasks: int
    base: float
    new: float
    delta: float
    low: float
    high: float
    confidence: float
    p: float
    broken: int
    fixed: int
    method: Method


def compare_paired(
    base: Sequence[float],
    new: Sequence[float],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Paired:
    """Return the comparison of per-task scores in [0, 1], task by task in the same order.

    Where every score is 0 or 1 (one sample per task): McNemar's exact test and `paired_interval`. Otherwise
    (pass@k of n > 1 samples): the sign-flip permutation test and the paired bootstrap over tasks. Raises ValueError for
    no task, unequal lengths, scores outside [0, 1], and a confidence outside (0, 1).
    """
    if not base or len(base) != len(new):
        raise ValueError(f"{len(base)} and {len(new)} scores are no pairs")
    if not all(0.0 <= score <= 1.0 for score in (*base, *new)):
        raise ValueError("a score is outside [0, 1]")
    _check_confidence(confidence)
    deltas = [after - before for before, after in zip(base, new, strict=True)]
    broken, fixed = sum(delta < 0 for delta in deltas), sum(delta > 0 for delta in deltas)
    tasks = len(deltas)
    method: Method
    if all(score in (0, 1) for score in (*base, *new)):
        method, p = "exact McNemar", mcnemar_exact(broken, fixed)
        low, high = paired_interval(broken, fixed, tasks, confidence)
    else:
        method, p = "sign-flip, bootstrap", sign_flip(deltas, resamples=resamples, seed=seed)
        low, high = bootstrap_mean(deltas, confidence, resamples=resamples, seed=seed)
    delta = math.fsum(deltas) / tasks
    before, after = math.fsum(base) / tasks, math.fsum(new) / tasks
    return Paired(tasks, before, after, delta, low, high, confidence, p, broken, fixed, method)


def mcnemar_exact(broken: int, fixed: int) -> float:
    """Return the two-sided p of McNemar's exact test: is `broken` of the discordant tasks a fair coin?

    McNemar 1947; exact form by the binomial distribution on the discordant pairs. 1.0 without any. Raises ValueError
    for negative counts.
    """
    if broken < 0 or fixed < 0:
        raise ValueError(f"{broken} broken and {fixed} fixed tasks are no counts")
    discordant = broken + fixed
    return float(_scipy_stats().binomtest(broken, discordant).pvalue) if discordant else 1.0


def paired_interval(broken: int, fixed: int, tasks: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of (fixed - broken) / tasks for one sample per task: on each side the wider of two.

    Tango's score interval keeps its width where few tasks are discordant; the exact conditional one agrees with
    McNemar's exact test, so that an interval without 0 never stands beside a p above 1 - confidence. Raises ValueError
    for counts that cannot be.
    """
    low, high = tango_interval(broken, fixed, tasks, confidence)
    return min(low, -conditional_upper(fixed, broken, tasks, confidence)), max(
        high, conditional_upper(broken, fixed, tasks, confidence)
    )


def conditional_upper(broken: Any, fixed: Any, tasks: int, confidence: float = 0.95) -> Any:
    """Return the upper bound of (fixed - broken) / tasks given the number of discordant tasks, by Clopper and Pearson.

    (discordant / tasks) * (2 q - 1), with q the exact upper bound of the share that is fixed (Clopper and Pearson
    1934; Newcombe 1998, Statistics in Medicine 17:2635-2650, method 5). Counts or arrays of counts.
    """
    import numpy as np

    b, c = np.asarray(broken, float), np.asarray(fixed, float)
    share = np.where(b > 0, _scipy_stats().beta.ppf(0.5 + confidence / 2, c + 1, np.maximum(b, 0.5)), 1.0)
    bound = (b + c) / tasks * (2 * share - 1)
    return float(bound) if bound.ndim == 0 else bound


def tango_score(broken: Any, fixed: Any, tasks: int, delta: float) -> Any:
    """Return Tango's score statistic for "the difference is `delta`": standard normal if it is; falls as delta grows.

    Tango 1998 (Statistics in Medicine 17:891-908), equation 8 with the restricted maximum-likelihood estimate of the
    share of broken tasks. `broken` and `fixed` are counts or arrays of counts, -1 < delta < 1.
    """
    import numpy as np

    b, c = np.asarray(broken, float), np.asarray(fixed, float)
    first = -b - c + (2 * tasks - c + b) * delta
    constant = -b * delta * (1 - delta)
    root = np.sqrt(np.maximum(first * first - 8 * tasks * constant, 0.0))
    share = np.maximum((root - first) / (4 * tasks), max(0.0, -delta))
    variance = np.maximum(tasks * (2 * share + delta * (1 - delta)), 0.0)
    excess = c - b - tasks * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(excess) < 1e-12, 0.0, excess / np.sqrt(variance))


def tango_interval(broken: int, fixed: int, tasks: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Tango's score interval of (fixed - broken) / tasks: what `tango_score` does not reject.

    It keeps its width where few tasks or none are discordant, where a bootstrap would claim certainty. Raises
    ValueError for counts that cannot be.
    """
    if tasks < 1 or min(broken, fixed) < 0 or broken + fixed > tasks:
        raise ValueError(f"{broken} broken and {fixed} fixed of {tasks} tasks cannot be")
    _check_confidence(confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    estimate = (fixed - broken) / tasks
    low = -1.0 if broken == tasks else _crossing(broken, fixed, tasks, z, -1.0, estimate)
    high = 1.0 if fixed == tasks else _crossing(broken, fixed, tasks, -z, estimate, 1.0)
    return low, high


def _crossing(broken: int, fixed: int, tasks: int, level: float, low: float, high: float) -> float:
    """Return where the score, which falls from low to high, passes `level`."""
    for _ in range(60):
        middle = (low + high) / 2
        if float(tango_score(broken, fixed, tasks, middle)) > level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def sign_flip(deltas: Sequence[float], *, resamples: int = RESAMPLES, seed: int = 0) -> float:
    """Return the two-sided p of the sign-flip permutation test of "the differences are symmetric about 0".

    Fisher 1935; exact where 2^tasks <= resamples, otherwise by `resamples` random flips (Phipson and Smyth 2010: the
    observed one counts too, so p is never 0). 1.0 if all differences are 0. Raises ValueError for none.
    """
    import numpy as np

    if not deltas:
        raise ValueError("no differences")
    moved = np.array([delta for delta in deltas if delta])  # flipping a 0 changes nothing
    if not moved.size:
        return 1.0
    if moved.size == 1:
        return 1.0
    outcome = _scipy_stats().permutation_test(
        (moved,),
        _mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=2048,
        rng=np.random.default_rng(seed),
    )
    return float(outcome.pvalue)


def bootstrap_mean(
    values: Sequence[float], confidence: float = 0.95, *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """Return the bootstrap interval of the mean, resampling tasks (BCa: Efron 1987).

    Of paired differences it is the paired bootstrap. One value, which shows no spread, gives [-1, 1]; equal values give
    their own point. Raises ValueError for none.
    """
    import numpy as np

    if not values:
        raise ValueError("no values")
    _check_confidence(confidence)
    if len(values) == 1:
        return -1.0, 1.0
    array = np.asarray(values, float)
    if np.ptp(array) < 1e-12:
        return float(array[0]), float(array[0])
    interval = (
        _scipy_stats()
        .bootstrap(
            (array,),
            _mean,
            vectorized=True,
            confidence_level=confidence,
            n_resamples=resamples,
            batch=2048,
            method="BCa",
            rng=np.random.default_rng(seed),
        )
        .confidence_interval
    )
    return float(interval.low), float(interval.high)


def mean_interval(scores: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of one run's mean score over tasks: Wilson's for 0 and 1 alone, else the bootstrap's.

    Raises ValueError for no scores.
    """
    if all(score in (0, 1) for score in scores):
        return wilson_interval(round(sum(scores)), len(scores), confidence)
    low, high = bootstrap_mean(scores, confidence)
    return max(0.0, low), min(1.0, high)


def _mean(values: Floats, axis: int = -1) -> Any:
    return values.mean(axis=axis)


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")


def _scipy_stats() -> Any:
    """Import scipy.stats when it is needed: it takes most of a second."""
    return importlib.import_module("scipy.stats")
