"""Operations on lists of integers, from the most to the least frequent."""

from __future__ import annotations

from itertools import accumulate

from akd_code.lab.grammar.kinds import MARKS, SMALL, Op, ValueKind, op_maker

_I, _L, _S = ValueKind.INT, ValueKind.INTS, ValueKind.STR
_op = op_maker(ValueKind.INTS)


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
        "nums = [x + $0 for x in nums]", lambda v, k: [x + k for x in v], SMALL),
    _op("keep_above", "filter", _L,
        ("keep the numbers greater than $0", "drop everything that is $0 or less"),
        "nums = [x for x in nums if x > $0]", lambda v, k: [x for x in v if x > k], SMALL),
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
        "nums = nums[:$0]", lambda v, k: v[:k], SMALL[:5]),
    _op("square_each", "map", _L,
        ("square each number", "replace every element by its square"),
        "nums = [x * x for x in nums]", lambda v: [x * x for x in v]),
    _op("prefix_sums", "scan", _L,
        ("replace the list by its running totals", "compute the cumulative sums"),
        "out = []\ntotal = 0\nfor x in nums:\n    total += x\n    out.append(total)\nnums = out",
        lambda v: list(accumulate(v))),
    _op("join_items", "format", _S,
        ("join the numbers into text with $0 between them", "write the list as a string separated by $0"),
        "text = $0.join(str(x) for x in nums)", lambda v, s: s.join(str(x) for x in v), MARKS),
)
# fmt: on
