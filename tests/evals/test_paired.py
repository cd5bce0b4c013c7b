"""Paired statistics against brute force, scipy and published figures."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from akd_evals.paired import (
    bootstrap_mean,
    compare_paired,
    mcnemar_exact,
    paired_interval,
    sign_flip,
    tango_interval,
    tango_score,
)
from akd_evals.stats import holm, variance_split

tables = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 200)).map(
    lambda t: (t[0], t[1], t[0] + t[1] + t[2])
)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sum_of_the_binomials_tails(broken: int, fixed: int) -> None:
    total = broken + fixed
    tail = sum(math.comb(total, i) for i in range(min(broken, fixed) + 1)) / 2**total
    assert mcnemar_exact(broken, fixed) == pytest.approx(min(1.0, 2 * tail), abs=1e-12)


def test_tango_gives_the_interval_of_the_published_example() -> None:
    # Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness: 1 and 7 discordant of 21, Tango (-0.517, -0.026)
    low, high = tango_interval(broken=7, fixed=1, tasks=21)
    assert (round(low, 3), round(high, 3)) == (-0.517, -0.026)


def likelihood_score(broken: int, fixed: int, tasks: int, delta: float) -> float:
    """The score statistic with the restricted estimate found by numerical maximisation instead of Tango's formula."""
    concordant = tasks - broken - fixed

    def loss(share: float) -> float:
        parts = ((broken, share), (fixed, share + delta), (concordant, 1 - 2 * share - delta))
        return -sum(count * math.log(max(p, 1e-300)) for count, p in parts if count)

    low, high = max(0.0, -delta), (1 - delta) / 2
    share = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return float((fixed - broken - tasks * delta) / math.sqrt(tasks * (2 * share + delta - delta * delta)))


@settings(max_examples=60)
@given(tables, st.floats(-0.6, 0.6))
def test_tangos_score_is_that_of_the_restricted_likelihood(table: tuple[int, int, int], delta: float) -> None:
    broken, fixed, tasks = table
    if broken and fixed and abs(delta) > 1e-3:
        expected = likelihood_score(broken, fixed, tasks, delta)
        assert float(tango_score(broken, fixed, tasks, delta)) == pytest.approx(expected, rel=1e-3, abs=1e-3)


@given(tables)
def test_tangos_interval_ends_where_its_score_is_z(table: tuple[int, int, int]) -> None:
    broken, fixed, tasks = table
    low, high = tango_interval(broken, fixed, tasks)
    z = NormalDist().inv_cdf(0.975)
    assert -1 <= low < (fixed - broken) / tasks < high <= 1
    assert float(tango_score(broken, fixed, tasks, low)) == pytest.approx(z, abs=1e-6)
    assert float(tango_score(broken, fixed, tasks, high)) == pytest.approx(-z, abs=1e-6)


@given(tables)
def test_swapping_the_runs_mirrors_the_interval(table: tuple[int, int, int]) -> None:
    broken, fixed, tasks = table
    low, high = tango_interval(broken, fixed, tasks)
    assert tango_interval(fixed, broken, tasks) == pytest.approx((-high, -low), abs=1e-9)


def test_no_discordant_task_is_no_certainty() -> None:
    low, high = tango_interval(0, 0, 164)
    # with no discordant pair the score interval is z^2 / (n + z^2) by hand: 3.8415 / 167.84
    assert (low, high) == pytest.approx((-0.022887, 0.022887), abs=1e-5)


@given(tables, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_an_interval_without_0_never_stands_beside_a_p_above_its_level(
    table: tuple[int, int, int], confidence: float
) -> None:
    broken, fixed, tasks = table
    low, high = paired_interval(broken, fixed, tasks, confidence)
    if high < 0 or low > 0:
        assert mcnemar_exact(broken, fixed) <= 1 - confidence + 1e-9
    assert low <= tango_interval(broken, fixed, tasks, confidence)[0]
    assert high >= tango_interval(broken, fixed, tasks, confidence)[1]


def test_five_broken_tasks_and_none_fixed_are_no_proof() -> None:
    # p = 2 / 2^5 = 0.0625; by hand the share fixed is at most 1 - 0.025^(1/5) = 0.5218, so 5/164 * 0.0436 = 0.00133
    assert paired_interval(5, 0, 164)[1] == pytest.approx(0.00133, abs=1e-5)


@given(st.lists(st.integers(-4, 4).map(lambda i: i / 4), min_size=2, max_size=9))
def test_sign_flip_is_the_share_of_all_flips_at_least_as_extreme(deltas: list[float]) -> None:
    seen = abs(sum(deltas))
    signs = itertools.product((1, -1), repeat=len(deltas))
    flips = [abs(sum(sign * delta for sign, delta in zip(row, deltas, strict=True))) for row in signs]
    expected = sum(flip >= seen - 1e-9 for flip in flips) / len(flips)
    assert sign_flip(deltas) == pytest.approx(expected, abs=1e-9)


def test_sign_flip_of_many_tasks_agrees_with_the_exact_distribution() -> None:
    rng = np.random.default_rng(5)
    deltas = rng.integers(-10, 11, 164)
    chances = {0: 1.0}  # by convolution: the distribution of the sum of independently flipped integers
    for delta in map(int, deltas):
        following: dict[int, float] = {}
        for total, chance in chances.items():
            for step in (delta, -delta):
                following[total + step] = following.get(total + step, 0.0) + chance / 2
        chances = following
    exact = sum(chance for total, chance in chances.items() if abs(total) >= abs(int(deltas.sum())))
    assert sign_flip([float(d) / 10 for d in deltas]) == pytest.approx(exact, abs=0.02)


def test_the_bootstrap_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    # a skewed population of per-task differences with mean -0.03
    population = np.array([-0.6, -0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.3])
    hits = 0
    for index in range(400):
        low, high = bootstrap_mean(list(rng.choice(population, 164)), 0.9, resamples=499, seed=index)
        hits += low <= -0.03 <= high
    assert 340 <= hits <= 380  # 360 expected; 3.3 standard errors of 6 either way


def test_one_task_or_equal_tasks_are_no_error() -> None:
    assert bootstrap_mean([-0.5]) == (-1.0, 1.0)
    assert bootstrap_mean([0.25, 0.25]) == (0.25, 0.25)
    assert sign_flip([0.0, 0.0]) == 1.0


def test_one_sample_a_task_takes_the_exact_method() -> None:
    # 10 tasks: 6 pass in both, 3 broken, 1 fixed; McNemar by hand: 2 * (1 + 4) / 16 = 0.625
    pair = compare_paired([1] * 9 + [0], [1] * 6 + [0] * 3 + [1])
    assert (pair.broken, pair.fixed, pair.p) == (3, 1, 0.625)
    assert (pair.base, pair.new) == (0.9, 0.7)
    assert pair.delta == pytest.approx(-0.2)
    assert pair.method == "exact McNemar"


def test_several_samples_a_task_take_the_resampling_methods() -> None:
    pair = compare_paired([0.5, 0.5, 1.0, 0.0], [0.0, 0.25, 1.0, 0.0])
    assert pair.method == "sign-flip, bootstrap"
    assert pair.delta == pytest.approx(-0.1875)
    assert pair.p == 0.5  # two moved tasks: 4 flips, 2 of them as extreme


@pytest.mark.parametrize(("base", "new"), [([], []), ([1.0], []), ([1.0], [math.nan]), ([1.0], [1.5])])
def test_what_are_no_scores_are_refused(base: list[float], new: list[float]) -> None:
    with pytest.raises(ValueError):
        compare_paired(base, new)


def test_holm_by_hand() -> None:
    # sorted .01 .02 .03 .04 times 4 3 2 1 = .04 .06 .06 .04, then made monotone
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.2))
def test_holm_rejects_what_the_step_down_procedure_rejects(ps: list[float], alpha: float) -> None:
    rejected: set[int] = set()
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        if ps[index] * (len(ps) - rank) > alpha:
            break
        rejected.add(index)
    assert {i for i, p in enumerate(holm(ps)) if p <= alpha} == rejected


def test_the_variance_splits_as_it_was_made() -> None:
    rng = np.random.default_rng(1)
    rates = rng.choice([0.2, 0.8], 4000)  # variance between tasks 0.09, within a task 0.16
    split = variance_split([(10, int(c)) for c in rng.binomial(10, rates)])
    assert split is not None
    assert split.tasks * 4000 == pytest.approx(0.09, rel=0.05)
    assert split.samples * 4000 == pytest.approx(0.016, rel=0.05)
    assert split.share == pytest.approx(0.016 / 0.106, rel=0.05)
    assert variance_split([(1, 1), (1, 0)]) is None
