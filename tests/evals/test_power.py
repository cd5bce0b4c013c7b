"""The gates' error rates and power over simulated pairs of runs, against what `akd_evals.power` states."""

from collections import Counter
from statistics import NormalDist

import numpy as np
import pytest

from akd_evals.paired import bootstrap_mean, paired_interval
from akd_evals.power import Gate, detectable_drop, detectable_mean_drop, gate_power, mean_gate_power

Z = NormalDist().inv_cdf(0.975)


def rate_of_failures(
    tasks: int, broken: float, fixed: float, margin: float, gate: Gate, pairs: int = 1000, seed: int = 0
) -> float:
    """Simulate pairs of runs task by task and count how often the gate's interval makes it fail."""
    rng = np.random.default_rng(seed)
    draws = rng.random((pairs, tasks))
    failures = 0
    breaks, fixes = (draws < broken).sum(1), ((draws >= broken) & (draws < broken + fixed)).sum(1)
    for (b, c), count in Counter(zip(breaks.tolist(), fixes.tolist(), strict=True)).items():
        low, high = paired_interval(b, c, tasks)
        failed = high < -margin if gate == "regression" else not low > -margin
        failures += count * failed
    return failures / pairs


@pytest.mark.parametrize(
    ("tasks", "broken", "fixed", "margin"),
    [
        (164, 0.03, 0.0, 0.0),  # 3 % of tasks flipped, nothing else moves
        (378, 0.03, 0.0, 0.0),
        (378, 0.06, 0.03, 0.0),  # the same drop under churn
        (378, 0.08, 0.02, 0.01),
        (164, 0.18, 0.0, 0.12),  # where Tango's bound is the wider of the two
    ],
)
@pytest.mark.parametrize("gate", ["regression", "noninferior"])
def test_a_planted_regression_is_found_as_often_as_the_power_says(
    tasks: int, broken: float, fixed: float, margin: float, gate: Gate
) -> None:
    stated = gate_power(tasks, broken, fixed, margin=margin, gate=gate)
    seen = rate_of_failures(tasks, broken, fixed, margin, gate)
    assert seen == pytest.approx(stated, abs=3.3 * max(stated * (1 - stated) / 1000, 1e-5) ** 0.5)


@pytest.mark.parametrize("tasks", [20, 164, 378])
@pytest.mark.parametrize("churn", [0.0, 0.01, 0.05, 0.15, 0.3])
def test_the_regression_gate_at_margin_0_raises_no_false_alarm_too_many(tasks: int, churn: float) -> None:
    assert gate_power(tasks, churn / 2, churn / 2) <= 0.05
    assert rate_of_failures(tasks, churn / 2, churn / 2, 0.0, "regression") <= 0.05


@pytest.mark.parametrize(("drop", "churn"), [(0.01, 0.0), (0.02, 0.1), (0.05, 0.0), (0.12, 0.05), (0.2, 0.0)])
def test_the_regression_gate_seldom_fails_a_drop_of_no_more_than_the_margin(drop: float, churn: float) -> None:
    assert gate_power(164, drop + churn / 2, churn / 2, margin=drop) <= 0.05


@pytest.mark.parametrize("tasks", [50, 164, 378])
@pytest.mark.parametrize(("drop", "churn"), [(0.02, 0.0), (0.02, 0.05), (0.02, 0.15), (0.05, 0.1)])
def test_the_noninferiority_gate_seldom_passes_a_drop_of_the_margin(tasks: int, drop: float, churn: float) -> None:
    broken, fixed = drop + churn / 2, churn / 2
    assert 1 - gate_power(tasks, broken, fixed, margin=drop, gate="noninferior") <= 0.05
    assert 1 - rate_of_failures(tasks, broken, fixed, drop, "noninferior") <= 0.05


def simulated_means(drop: float, pairs: int, tasks: int, n: int) -> list[list[float]]:
    """Differences of per-task pass rates over n samples: NEW's chances are BASE's less `drop` on average."""
    rng = np.random.default_rng(7)
    chances = rng.beta(0.6, 0.4, (pairs, tasks)) * (1 - drop)
    base = rng.binomial(n, chances + drop) / n
    return [list(row) for row in rng.binomial(n, chances) / n - base]


@pytest.mark.parametrize(("drop", "margin"), [(0.0, 0.0), (0.03, 0.0), (0.02, 0.02)])
def test_with_several_samples_the_gates_keep_their_rates(drop: float, margin: float) -> None:
    pairs = 300
    regressions = passes = 0
    power = []
    for index, deltas in enumerate(simulated_means(drop, pairs, 164, 10)):
        low, high = bootstrap_mean(deltas, resamples=499, seed=index)
        regressions += high < -margin
        passes += low > -margin
        power.append(mean_gate_power(drop, float(np.std(deltas, ddof=1)) / 164**0.5, margin=margin))
    stated = float(np.mean(power))
    assert regressions / pairs == pytest.approx(stated, abs=0.02 + 3 * (stated * (1 - stated) / pairs) ** 0.5)
    if drop == margin:
        assert regressions / pairs <= 0.05
        assert passes / pairs <= 0.05


def test_the_exact_power_of_a_case_small_enough_to_add_up_by_hand() -> None:
    # 7 tasks that only break, each with chance 1/2: McNemar's p = 2 / 2^b is below 0.05 for b >= 6, Tango's for b >= 4
    assert gate_power(7, 0.5, 0.0) == pytest.approx((7 + 1) / 128, abs=1e-9)


@pytest.mark.parametrize(("tasks", "published"), [(164, 0.0593), (378, 0.0390)])
def test_the_half_width_at_15_percent_discordance_is_the_known_one(tasks: int, published: float) -> None:
    # the textbook figures are Wald's; the score interval is a little wider on few tasks
    discordant = round(0.15 * tasks)
    low, high = paired_interval(discordant // 2, discordant - discordant // 2, tasks)
    assert (high - low) / 2 == pytest.approx(published, abs=0.004)


def test_the_detectable_drop_is_found_with_the_stated_chance() -> None:
    drop = detectable_drop(164, 0.15)
    assert drop is not None
    assert gate_power(164, (0.15 + drop) / 2, (0.15 - drop) / 2) == pytest.approx(0.8, abs=0.005)
    # Connor 1987's approximation: (z_a sqrt(psi) + z_b sqrt(psi - d^2)) / sqrt(n) = 8.3 points; exact
    # methods need a little more
    assert 0.083 <= drop <= 0.089
    assert detectable_drop(2, 0.0) is None


def test_the_detectable_mean_drop_by_hand() -> None:
    # sd 0.2 (n - 1), 101 tasks: (1.95996 + 0.84162) * 0.2 / sqrt(101)
    deltas = [0.2, -0.2] * 50 + [0.0]
    assert detectable_mean_drop(deltas) == pytest.approx(2.80158 * 0.2 / 101**0.5, rel=0.001)
