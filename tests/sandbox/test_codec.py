"""The wire format carries exactly the plain values, by value, and nothing that could act in the judge."""

import collections
import datetime
import math
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akd_sandbox import codec
from akd_sandbox.codec import encoding

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
)
hashables = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=8)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.sets(hashables, max_size=5)
        | st.frozensets(hashables, max_size=5)
        | st.dictionaries(hashables, inner, max_size=5)
    ),
    max_leaves=25,
)


def same(left: Any, right: Any) -> bool:
    """Equal in value, in type, and in the sign of zero, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float):
        return math.copysign(1, left) == math.copysign(1, right) and left == right
    return bool(left == right)


@given(values)
def test_every_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert same(codec.decode(codec.encode(value)), value)


@given(values)
def test_equal_values_have_equal_digests_whatever_their_number_types(value: Any) -> None:
    assert codec.digest(value) == codec.digest(codec.decode(codec.encode(value)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (1, 1.0),
        (1.0, 1 + 0j),
        (Decimal("1.50"), Fraction(3, 2)),
        (0.0, -0.0),
        ([1, {2, 3}], [1.0, {3, 2}]),
        ({1: "a", "b": 2}, {"b": 2.0, True: "a"}),
        (list(range(100)), [float(n) for n in range(100)]),
    ],
)
def test_the_digest_says_what_equality_says_of_numbers_sets_and_dicts(left: Any, right: Any) -> None:
    assert left == right
    assert codec.digest(left)[0] == codec.digest(right)[0]


@pytest.mark.parametrize(("left", "right"), [([1], (1,)), ("1", 1), (None, False), ([], {}), (b"a", "a"), (1, 1.5)])
def test_the_digest_tells_apart_what_equality_tells_apart(left: Any, right: Any) -> None:
    assert left != right
    assert codec.digest(left)[0] != codec.digest(right)[0]


@pytest.mark.parametrize(
    "value",
    [
        float("inf"),
        float("-inf"),
        10**5000,
        -(10**5000),
        "\ud800 lone",
        "nul \0 inside",
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        datetime.date(2020, 1, 2),
        datetime.time(3, 4),
        datetime.timedelta(1, 2, 3),
        bytearray(b"x"),
        list(range(100_000)),
        [0.5] * 1000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_that_break_other_formats_travel(value: Any) -> None:
    assert same(codec.decode(codec.encode(value)), value)


def test_nan_travels_as_nan() -> None:
    assert math.isnan(codec.decode(codec.encode(math.nan)))


def test_dicts_from_collections_travel_by_value_in_their_order() -> None:
    ordered = collections.OrderedDict([("b", 1), ("a", 2)])
    assert list(codec.decode(codec.encode(ordered)).items()) == [("b", 1), ("a", 2)]
    counted = collections.Counter("aab")
    assert codec.decode(codec.encode(counted)) == {"a": 2, "b": 1}
    assert codec.decode(codec.encode(collections.defaultdict(list, {1: [2]}))) == {1: [2]}


def test_numpy_scalars_and_arrays_travel_by_value() -> None:
    numpy = pytest.importorskip("numpy")
    assert codec.decode(codec.encode(numpy.int64(3))) == 3
    assert codec.decode(codec.encode([numpy.float32(0.5), numpy.bool_(True)])) == [0.5, True]
    array = codec.decode(codec.encode(numpy.array([[1, 2], [3, 4]])))
    assert (array.shape, array.items) == ((2, 2), (1, 2, 3, 4))


class LyingInt(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class LyingList(list[int]):
    def __len__(self) -> int:
        return 3


@pytest.mark.parametrize(
    "value",
    [LyingInt(1), LyingList(), MagicMock(), object(), (n for n in ()), range(3), {}.keys(), print, type, [LyingInt(2)]],
)
def test_anything_but_exact_plain_types_is_refused(value: Any) -> None:
    with pytest.raises(codec.BadValueError):
        codec.encode(value)


def test_self_reference_and_great_depth_are_refused_without_recursion() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: list[Any] = []
    for _ in range(1_000_000):
        deep = [deep]
    for value in (loop, deep):
        with pytest.raises(codec.BadValueError):
            codec.encode(value)
    while deep:  # or its deallocation recurses
        deep = deep.pop()


def test_a_value_over_the_limit_is_refused_while_encoding() -> None:
    with pytest.raises(codec.ValueTooLargeError):
        codec.encode(["x" * 100] * 100, max_bytes=1000)
    assert len(codec.encode("x" * 995, max_bytes=1000)) == 1000


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_bytes_decode_to_a_value_or_a_codec_error(data: bytes) -> None:
    try:
        codec.decode(data)
    except codec.CodecError:
        return


@settings(max_examples=300)
@given(values, st.integers(0, 2**32))
def test_damaged_encodings_decode_to_a_value_or_a_codec_error(value: Any, seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(codec.encode(value))
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    try:
        codec.decode(bytes(data))
    except codec.CodecError:
        return


def test_trailing_and_missing_bytes_are_refused() -> None:
    data = codec.encode([1, "two"])
    for wrong in (data + b"N", data[:-1], b""):
        with pytest.raises(codec.CodecError):
            codec.decode(wrong)


def test_a_container_cannot_claim_more_items_than_its_data_holds() -> None:
    with pytest.raises(codec.CodecError):
        codec.decode(b"l" + (2**32 - 1).to_bytes(4, "little") + b"N")


def test_keys_that_all_collide_are_refused_before_a_set_is_built_from_them() -> None:
    modulus = 2**61 - 1  # the hash of an int is its remainder by this prime
    items = [codec.encode(n * modulus) for n in range(50_000)]
    with pytest.raises(codec.CollidingKeysError):
        codec.decode(b"S" + len(items).to_bytes(4, "little") + b"".join(items))


def test_a_large_honest_set_is_not_refused() -> None:
    assert codec.decode(codec.encode(set(range(100_000)))) == set(range(100_000))


def test_the_digest_of_many_rows_is_that_of_each_row_in_turn() -> None:
    scalars: list[Any] = ["a", "b", "", 1, True, 1.0, 0.0, -0.0, float("nan"), None, 2**70, -3, 1.5, "\ud800"]
    rows = [tuple(scalars[i % k] for i in range(k)) for k in range(1, len(scalars) + 1)] * 700
    rows += [("odd", Decimal("1")), ("odd", [1]), (), ("odd", (1, 2))] * 10
    for value in (rows, tuple(rows), [rows, "after"], [(i, str(i)) for i in range(100_000)]):
        piecewise = b"".join(encoding._walk(value, encoding.CANONICAL, vectors=False))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encoding, "_MANY_ROWS", 1 << 62)
            assert b"".join(encoding._walk(value, encoding.CANONICAL, vectors=False)) == piecewise


@given(values)
def test_inputs_arrive_in_the_worker_as_they_were(value: Any) -> None:
    assert same(codec.unpack_trusted(codec.pack_trusted(value)), value)


def test_inputs_that_marshal_would_blur_are_encoded() -> None:
    assert type(codec.unpack_trusted(codec.pack_trusted([bytearray(b"x")]))[0]) is bytearray
    assert codec.unpack_trusted(codec.pack_trusted({"a": Decimal("1.5")})) == {"a": Decimal("1.5")}


def test_a_decimal_with_a_giant_exponent_costs_the_judge_nothing() -> None:
    assert codec.digest(Decimal("1e999999999")) == codec.digest(codec.decode(codec.encode(Decimal("1e999999999"))))
    assert codec.digest(Decimal("1e999999999")) != codec.digest(Decimal("1e999999998"))
