"""Operations on lists of integers, from the most to the least frequent."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

from akd_code.lab.grammar.kinds import Kind, Op, Parameter, op_maker

SMALL = tuple(range(2, 14))
WIDE = tuple(range(0, 41))
FEW = (2, 3, 4, 5, 6)
SEPARATORS: tuple[Parameter, ...] = ("-", "/", ":", "_", "+", "*", "|", "#", "~", "=", "--", "::", "<>", "@")

_I, _L, _S, _W, _T, _B = Kind.INT, Kind.INTS, Kind.STR, Kind.WORDS, Kind.TALLY, Kind.BOOL
_op = op_maker(Kind.INTS)


def _collapse(v: list[int]) -> list[int]:
    return [x for i, x in enumerate(v) if i == 0 or v[i - 1] != x]


def _longest_rise(v: list[int]) -> int:
    best = run = 0
    for i, x in enumerate(v):
        run = run + 1 if i and x > v[i - 1] else 1
        best = max(best, run)
    return best


def _counts(keys: list[Any]) -> dict[Any, int]:
    out: dict[Any, int] = {}
    for key in keys:
        out[key] = out.get(key, 0) + 1
    return out


# fmt: off
LIST_OPS: tuple[Op, ...] = (
    _op("keep_even", "filter", _L,
        ("keep only the even numbers", "drop every odd number"),
        "nums = [x for x in nums if x % 2 == 0]", lambda v: [x for x in v if x % 2 == 0]),
    _op("sum_up", "fold", _I,
        ("add all numbers up", "take the sum"),
        "n = sum(nums)", lambda v: sum(v)),
    _op("sort_up", "order", _L,
        ("sort in ascending order", "put the numbers in increasing order"),
        "nums = sorted(nums)", lambda v: sorted(v)),
    _op("add_each", "map", _L,
        ("add $0 to each number", "increase every element by $0"),
        "nums = [x + $0 for x in nums]", lambda v, k: [x + k for x in v], tuple(range(1, 61))),
    _op("keep_above", "filter", _L,
        ("keep the numbers greater than $0", "drop everything that is $0 or less"),
        "nums = [x for x in nums if x > $0]", lambda v, k: [x for x in v if x > k], WIDE),
    _op("largest", "fold", _I,
        ("take the largest number, or 0 if there is none", "find the maximum with 0 for an empty list"),
        "n = max(nums, default=0)", lambda v: max(v, default=0)),
    _op("reverse_list", "order", _L,
        ("reverse the list", "turn the order of the numbers around"),
        "nums = nums[::-1]", lambda v: v[::-1]),
    _op("times_each", "map", _L,
        ("multiply each number by $0", "scale every element by $0"),
        "nums = [x * $0 for x in nums]", lambda v, k: [x * k for x in v], SMALL),
    _op("first_items", "slice", _L,
        ("keep the first $0 elements", "cut the list after $0 numbers"),
        "nums = nums[:$0]", lambda v, k: v[:k], FEW),
    _op("unique_items", "dedupe", _L,
        ("remove repeated numbers, keeping the first of each", "drop duplicates but preserve the order"),
        "nums = list(dict.fromkeys(nums))", lambda v: list(dict.fromkeys(v))),
    _op("square_each", "map", _L,
        ("square each number", "replace every element by its square"),
        "nums = [x * x for x in nums]", lambda v: [x * x for x in v]),
    _op("skip_items", "slice", _L,
        ("skip the first $0 elements", "remove $0 numbers from the front"),
        "nums = nums[$0:]", lambda v, k: v[k:], FEW),
    _op("keep_multiples", "filter", _L,
        ("keep the multiples of $0", "drop numbers that $0 does not divide"),
        "nums = [x for x in nums if x % $0 == 0]", lambda v, k: [x for x in v if x % k == 0], tuple(range(3, 12))),
    _op("count_above", "search", _I,
        ("count the numbers greater than $0", "find how many values exceed $0"),
        "n = sum(1 for x in nums if x > $0)", lambda v, k: sum(1 for x in v if x > k), WIDE),
    _op("prefix_sums", "scan", _L,
        ("replace the list by its running totals", "compute the cumulative sums"),
        "out = []\ntotal = 0\nfor x in nums:\n    total += x\n    out.append(total)\nnums = out",
        lambda v: list(accumulate(v))),
    _op("join_items", "format", _S,
        ("join the numbers into text with $0 between them", "write the list as a string separated by $0"),
        "text = $0.join(str(x) for x in nums)", lambda v, s: s.join(str(x) for x in v), SEPARATORS),
    _op("mod_each", "map", _L,
        ("replace each number by its remainder modulo $0", "reduce every element modulo $0"),
        "nums = [x % $0 for x in nums]", lambda v, k: [x % k for x in v], SMALL[1:]),
    _op("differences", "scan", _L,
        ("take the differences between neighbours", "subtract from each number the one before it"),
        "nums = [b - a for a, b in zip(nums, nums[1:])]", lambda v: [b - a for a, b in pairwise(v)]),
    _op("tally_items", "count", _T,
        ("count how often each number occurs in a dictionary", "build a dictionary from number to frequency"),
        "tally = {}\nfor x in nums:\n    tally[x] = tally.get(x, 0) + 1", lambda v: _counts(v)),
    _op("drop_equal", "filter", _L,
        ("remove all numbers equal to $0", "delete each occurrence of $0"),
        "nums = [x for x in nums if x != $0]", lambda v, k: [x for x in v if x != k], tuple(range(0, 16))),
    _op("clamp_between", "map", _L,
        ("clamp each number to the range from $0 to $1", "limit all values to at least $0 and at most $1"),
        "nums = [min(max(x, $0), $1) for x in nums]", lambda v, a, b: [min(max(x, a), b) for x in v],
        tuple(range(0, 13)), tuple(range(13, 40))),
    _op("second_largest", "search", _I,
        ("take the second largest distinct number, or 0 if there is none", "find the runner-up value, else 0"),
        "rest = sorted(set(nums))\nn = rest[-2] if len(rest) > 1 else 0",
        lambda v: sorted(set(v))[-2] if len(set(v)) > 1 else 0),
    _op("replace_equal", "map", _L,
        ("replace each $0 by $1", "change every element equal to $0 into $1"),
        "nums = [$1 if x == $0 else x for x in nums]", lambda v, a, b: [b if x == a else x for x in v],
        tuple(range(0, 13)), tuple(range(0, 61))),
    _op("digit_sum_each", "map", _L,
        ("replace each number by the sum of its digits, ignoring the sign", "take the digit sum of each number"),
        "nums = [sum(int(d) for d in str(abs(x))) for x in nums]",
        lambda v: [sum(int(d) for d in str(abs(x))) for x in v]),
    _op("window_sums", "scan", _L,
        ("sum each window of $0 consecutive numbers", "replace the list by its moving sums of width $0"),
        "nums = [sum(nums[i:i + $0]) for i in range(len(nums) - $0 + 1)]",
        lambda v, k: [sum(v[i : i + k]) for i in range(len(v) - k + 1)], (2, 3, 4)),
    _op("is_sorted", "test", _B,
        ("check whether the numbers never decrease", "tell if the list is in ascending order"),
        "ok = nums == sorted(nums)", lambda v: v == sorted(v)),
    _op("keep_rising", "scan", _L,
        ("keep the numbers that are larger than their predecessor", "retain each value exceeding the one before it"),
        "nums = [b for a, b in zip(nums, nums[1:]) if b > a]", lambda v: [b for a, b in pairwise(v) if b > a]),
    _op("collapse_runs", "dedupe", _L,
        ("collapse runs of equal neighbours into one", "drop each number that equals the one before it"),
        "out = []\nfor x in nums:\n    if not out or out[-1] != x:\n        out.append(x)\nnums = out", _collapse),
    _op("longest_rise", "search", _I,
        ("find the length of the longest strictly rising run", "measure the longest stretch of growing numbers"),
        "n = 0\nrun = 0\nfor i, x in enumerate(nums):\n    run = run + 1 if i and x > nums[i - 1] else 1\n"
        "    n = max(n, run)", _longest_rise),
)
# fmt: on
