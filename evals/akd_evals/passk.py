"""pass@k: the unbiased estimator of Chen et al. 2021 (arXiv 2107.03374, section 2.1)."""

from __future__ import annotations

from collections.abc import Iterable


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return 1 - C(n-c, k) / C(n, k): the chance that k samples, drawn from n of which c pass, contain a pass.

    The product form is used, so nothing overflows. Raises ValueError unless 0 <= c <= n and 1 <= k <= n: for
    n < k the estimate is undefined, not 1.
    """
    if not 0 <= c <= n:
        raise ValueError(f"c = {c} passing samples out of n = {n}")
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} is undefined for n = {n} samples")
    if n - c < k:
        return 1.0
    fail = 1.0
    # C(n-c, k) / C(n, k) = prod over the c passing samples of (1 - k / i), i = n-c+1 .. n
    for i in range(n - c + 1, n + 1):
        fail *= 1.0 - k / i
    return 1.0 - fail


def mean_pass_at_k(counts: Iterable[tuple[int, int]], k: int, *, unsolved: int = 0) -> float | None:
    """Return the mean of pass@k over tasks given as (n, c), or None where it is undefined.

    `unsolved` more tasks count as 0: those that no sample was given for (the denominator is closed: docs/scoring.md).
    None when a task has fewer than k samples, or when there is no task with samples at all.
    """
    tasks = list(counts)
    if not tasks or any(n < k for n, _ in tasks):
        return None
    return sum(pass_at_k(n, c, k) for n, c in tasks) / (len(tasks) + unsolved)
