import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_evals.stats import wilson_interval


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_interval_equals_scipys(counts: tuple[int, int], confidence: float) -> None:
    from scipy.stats import binomtest

    passed, total = counts
    theirs = binomtest(passed, total).proportion_ci(confidence_level=confidence, method="wilson")
    assert wilson_interval(passed, total, confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_interval_of_the_published_humaneval_figure() -> None:
    # 101 of 164 by hand with z = 1.959964: 0.5397 .. 0.6870
    low, high = wilson_interval(101, 164)
    assert (round(low, 3), round(high, 3)) == (0.540, 0.687)


@pytest.mark.parametrize(("passed", "total"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_proportion_is_refused(passed: int, total: int) -> None:
    with pytest.raises(ValueError):
        wilson_interval(passed, total)
