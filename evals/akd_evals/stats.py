"""Statistics of scores. The task is the unit of inference (docs/compare.md)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance


def wilson_interval(passed: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (Wilson 1927) of a proportion, as fractions in [0, 1].

    `passed` of `total` tasks passed, one sample per task. Raises ValueError for total < 1, for passed outside
    [0, total] and for a confidence outside (0, 1).
    """
    if total < 1 or not 0 <= passed <= total:
        raise ValueError(f"{passed} of {total} is no proportion")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p = passed / total
    scale = 1 + z * z / total
    centre = (p + z * z / (2 * total)) / scale
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / scale
    low = 0.0 if passed == 0 else max(0.0, centre - half)
    high = 1.0 if passed == total else min(1.0, centre + half)
    return low, high


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values (Holm 1979), in the order given: each may be compared with the same alpha.

    Raises ValueError for a p outside [0, 1].
    """
    if not all(0.0 <= p <= 1.0 for p in p_values):
        raise ValueError("a p-value is outside [0, 1]")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the variance of a mean pass rate comes from: unlike tasks, or unlike samples of a task.

    `tasks` and `samples` add up to the variance of the mean over other tasks and other samples: `samples` shrinks with
    more samples per task, `tasks` only with more tasks.
    """

    tasks: float
    samples: float

    @property
    def share(self) -> float:
        """The part that more samples per task would remove; 0 where there is no variance."""
        total = self.tasks + self.samples
        return self.samples / total if total > 0 else 0.0


def variance_split(counts: Sequence[tuple[int, int]]) -> Spread | None:
    """Return how the variance of the mean pass rate splits, from each task's (n, c); None unless all n and tasks > 1.

    Law of total variance, estimated without bias: within a task c(n-c) / (n(n-1)) estimates p(1-p), and the variance of
    the observed rates minus the mean of within / n estimates that of the true ones, cut at 0 (Searle, Casella and
    McCulloch 1992, section 3.5; Miller 2024, arXiv 2411.00640, section 3).
    """
    if len(counts) < 2 or any(n < 2 for n, _ in counts):
        return None
    within = fmean(c * (n - c) / (n * (n - 1)) / n for n, c in counts)
    between = max(0.0, variance([c / n for n, c in counts]) - within)
    return Spread(between / len(counts), within / len(counts))
