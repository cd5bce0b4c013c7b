from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_evals.oracles import (
    Matches,
    Oracle,
    Output,
    Root,
    anything,
    close,
    is_floats,
    same,
    same_or_padded,
    same_or_perpendicular,
    same_or_zero,
    same_set,
)
from akd_sandbox import Digest, equal

numbers = st.one_of(
    st.floats(-10, 10),
    st.integers(-5, 5),
    st.booleans(),
    st.sampled_from(
        [1.0, 1.0 + 1e-7, 1.0 + 1.5e-7, 1.0 + 1e-6, 1e12, 1e12 + 1e4, 1e12 + 2e5, float("inf"), float("-inf")]
    ),
    st.complex_numbers(max_magnitude=5),
)
vectors = st.lists(numbers, min_size=1, max_size=4)


def numpys_decision(expected: Any, got: Any, atol: float) -> bool:
    """The rule as evalplus 0.3.1 writes it, with numpy itself."""
    if type(expected) is not type(got) or (isinstance(expected, (list, tuple)) and len(expected) != len(got)):
        return False
    return bool(np.allclose(got, expected, rtol=1e-07, atol=atol))


@given(numbers, numbers, st.sampled_from([1e-6, 1e-4]))
def test_scalars_are_close_exactly_when_numpy_says_so(expected: Any, got: Any, atol: float) -> None:
    assert close(expected, got, atol) == numpys_decision(expected, got, atol)


@given(vectors, st.data(), st.sampled_from([1e-6, 1e-4]))
def test_vectors_are_close_exactly_when_numpy_says_so(expected: list[Any], data: st.DataObject, atol: float) -> None:
    nudged = [data.draw(st.sampled_from([x, x + 1e-8, x + 1e-5, x + 1])) for x in expected]
    assert close(expected, nudged, atol) == numpys_decision(expected, nudged, atol)
    assert close([expected, expected], [expected, nudged], atol) == numpys_decision(
        [expected, expected], [expected, nudged], atol
    )


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1.0, 1),  # another type (equality would have said yes before)
        ([1.0], (1.0,)),
        ([1.0, 2.0], [1.0]),
        ([[1.0], [2.0]], [[1.0, 1.0], [2.0, 2.0]]),  # numpy would broadcast this
        ([1.0, [2.0]], [1.0, 2.0]),
        (float("inf"), 1e308),
        (1e308, float("inf")),
    ],
)
def test_what_differs_in_type_or_shape_is_never_close(expected: Any, got: Any) -> None:
    assert not close(expected, got, 1e-6)


@pytest.mark.parametrize("strange", ["abc", None, {"a": 1.0}, {1.0}, b"x", [None], ["1.0"]])
def test_what_is_no_number_is_wrong_and_no_error(strange: Any) -> None:
    matches = Matches(same, 1e-6)
    assert matches(strange, strange, ())
    other = [strange]
    assert not matches(other, [other], ())


def test_nan_is_right_where_nan_is_expected() -> None:
    nan = float("nan")
    assert Matches(same, 1e-6)([1.0, nan], [1.0 + 1e-9, nan], ())
    assert not Matches(same, 1e-6)([1.0, 2.0], [1.0, nan], ())


def test_huge_integers_do_not_overflow_the_comparison() -> None:
    assert Matches(same, 1e-6)(10**400, 10**400, ())
    assert not Matches(same, 1e-6)(10**400, 10**400 + 1, ())
    assert not Matches(same, 1e-6)(1.5, 10**400, ())


@pytest.mark.parametrize(
    ("value", "yes"),
    [(1.0, True), ([1.0, 2.0], True), ((1.0,), True), ([], False), ([1.0, 2], False), (1, False), ([[1.0]], False)],
)
def test_floats_are_a_float_or_a_flat_sequence_of_floats(value: Any, yes: bool) -> None:
    assert is_floats(value) is yes


def test_a_float_output_is_compared_with_tolerance_and_others_exactly() -> None:
    floating, exact = Oracle(same).comparisons(map(Output.of, [0.3, [1, 2]]))
    assert floating(0.3, 0.1 + 0.2, ())
    assert exact is equal


def test_the_tolerance_stays_only_under_the_parity_flag() -> None:
    expected = [[[1.0]], 0.5, [[1.0]]]  # nested lists get no tolerance of their own
    got = [[1.0 + 1e-7]]
    loose = Oracle(same).comparisons(map(Output.of, expected))
    assert [compare([[1.0]], got, ()) for compare in (loose[0], loose[2])] == [False, False]
    sticky = Oracle(same).comparisons(map(Output.of, expected), sticky=True)
    assert [compare([[1.0]], got, ()) for compare in (sticky[0], sticky[2])] == [False, True]


def test_the_benchmarks_own_tolerance_holds_for_every_output() -> None:
    (compare,) = Oracle(same, atol=0.01).comparisons(map(Output.of, [[[1.0]]]))
    assert compare([[1.0]], [[1.005]], ())
    assert not compare([[1.0]], [[1.02]], ())


def test_a_digest_is_compared_by_the_sandbox() -> None:
    assert Oracle(same, atol=0.1).comparisons(map(Output.of, [Digest("00", 1)])) == [equal]


def test_any_root_of_the_polynomial_is_right_and_no_other_value() -> None:
    (compare,) = Oracle(Root(1e-4), tolerant=False).comparisons(map(Output.of, [1.0]))
    coefficients = ([-1.0, 0.0, 1.0],)  # x^2 - 1
    assert compare(1.0, -1.0, coefficients)
    assert not compare(1.0, 1.0 + 1e-3, coefficients)
    assert not compare(1.0, float("nan"), coefficients)
    assert not compare(1.0, "1", coefficients)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_padded_digit_distance_is_evalplus_second_oracle(one: int, other: int) -> None:
    from evalplus.eval._special_oracle import _digit_distance_nums

    theirs = _digit_distance_nums(one, other)
    assert same_or_padded(-1, theirs, (one, other))
    assert not same_or_padded(-1, theirs + 1, (one, other))


@given(st.integers(1, 10**4), st.integers(1, 10**4))
def test_perpendicular_surface_is_evalplus_second_oracle(base: int, height: int) -> None:
    from evalplus.eval._special_oracle import _surface_Area

    theirs = _surface_Area(base, height)
    assert same_or_perpendicular(-1, theirs, (base, height))
    assert not same_or_perpendicular(-1, theirs + 1, (base, height))


def test_the_other_special_oracles() -> None:
    assert anything(1, 2, ())
    assert same_or_zero(7, 0, ()) and same_or_zero(7, 7, ()) and not same_or_zero(7, 1, ())
    assert same_set([1, 2, 2], (2, 1), ()) and not same_set([1, 2], [1], ())
    assert not Matches(same_set, 0.0)([1], [[1]], ())  # unhashable: wrong, no error
