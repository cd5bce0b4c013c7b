"""Operations on a single integer and on dictionaries from integer to count."""

from __future__ import annotations

import math

from akd_code.lab.grammar.kinds import Kind, Op, op_maker
from akd_code.lab.grammar.ops_lists import SEPARATORS, SMALL

_I, _L, _S, _W, _T, _B = Kind.INT, Kind.INTS, Kind.STR, Kind.WORDS, Kind.TALLY, Kind.BOOL
_op = op_maker(Kind.INT)
_tally = op_maker(Kind.TALLY)
ADDENDS = tuple(range(1, 100))


def _digital_root(v: int) -> int:
    v = abs(v)
    while v > 9:
        v = sum(int(d) for d in str(v))
    return v


# fmt: off
NUMBER_OPS: tuple[Op, ...] = (
    _op("add", "arithmetic", _I, ("add $0", "increase the number by $0"),
        "n = n + $0", lambda v, k: v + k, ADDENDS),
    _op("times", "arithmetic", _I, ("multiply by $0", "scale the number by $0"),
        "n = n * $0", lambda v, k: v * k, SMALL),
    _op("square", "arithmetic", _I, ("square it", "take the second power of the number"),
        "n = n * n", lambda v: v * v),
    _op("digits", "digits", _L, ("list its decimal digits, ignoring the sign", "split the number into digits"),
        "nums = [int(d) for d in str(abs(n))]", lambda v: [int(d) for d in str(abs(v))]),
    _op("modulo", "arithmetic", _I, ("take the remainder modulo $0", "reduce it modulo $0"),
        "n = n % $0", lambda v, k: v % k, tuple(range(3, 41))),
    _op("digit_sum", "digits", _I, ("take the sum of its digits, ignoring the sign", "add up the decimal digits"),
        "n = sum(int(d) for d in str(abs(n)))", lambda v: sum(int(d) for d in str(abs(v)))),
    _op("divide", "arithmetic", _I, ("divide by $0 rounding down", "take the floor of the number over $0"),
        "n = n // $0", lambda v, k: v // k, SMALL),
    _op("to_text", "format", _S, ("convert it to text", "write the number as a string"),
        "text = str(n)", lambda v: str(v)),
    _op("is_multiple", "test", _B, ("check whether it is a multiple of $0", "tell if $0 divides the number"),
        "ok = n % $0 == 0", lambda v, k: v % k == 0, tuple(range(2, 13))),
    _op("count_up", "range", _L, ("count from 1 up to its last digit", "list the numbers from 1 to the final digit"),
        "nums = list(range(1, abs(n) % 10 + 1))", lambda v: list(range(1, abs(v) % 10 + 1))),
    _op("reverse_digits", "digits", _I,
        ("reverse its digits and drop the sign", "read the digits of its absolute value backwards"),
        "n = int(str(abs(n))[::-1])", lambda v: int(str(abs(v))[::-1])),
    _op("at_most", "limits", _I, ("limit it to at most $0", "cap the number at $0"),
        "n = min(n, $0)", lambda v, k: min(v, k), tuple(range(10, 100))),
    _op("gcd_with", "number theory", _I, ("take the greatest common divisor with $0", "find its gcd with $0"),
        "import math\nn = math.gcd(n, $0)", lambda v, k: math.gcd(v, k), tuple(range(6, 73, 2))),
    _op("halve_or", "branch", _I,
        ("halve it if it is even and add $0 if it is odd", "divide an even number by two but add $0 to an odd one"),
        "n = n // 2 if n % 2 == 0 else n + $0", lambda v, k: v // 2 if v % 2 == 0 else v + k, ADDENDS[:60]),
    _op("divisors", "number theory", _L,
        ("list the positive divisors of its last two digits", "find what divides its absolute value modulo 100"),
        "m = abs(n) % 100\nnums = [d for d in range(1, m + 1) if m % d == 0]",
        lambda v: [d for d in range(1, abs(v) % 100 + 1) if abs(v) % 100 % d == 0]),
    _op("repeat_mark", "format", _S,
        ("repeat $0 as often as its last digit says", "write as many $0 as the final digit"),
        "text = $0 * (abs(n) % 10)", lambda v, c: c * (abs(v) % 10), ("*", "#", "ab", "x", "-", "ha")),
)

TALLY_OPS: tuple[Op, ...] = (
    _tally("tally_numbers", "lookup", _L, ("list its keys in ascending order", "sort the distinct numbers"),
           "nums = sorted(tally)", lambda v: sorted(v)),
    _tally("tally_counts", "lookup", _L, ("list the counts in order of insertion", "take its values as a list"),
           "nums = list(tally.values())", lambda v: list(v.values())),
    _tally("most_common", "search", _I,
           ("find the key with the highest count, the smallest on ties and 0 if empty",
            "take the most frequent key with ties to the smaller one and 0 if empty"),
           "n = min(tally, key=lambda x: (-tally[x], x), default=0)",
           lambda v: min(v, key=lambda x: (-v[x], x), default=0)),
    _tally("tally_size", "fold", _I, ("count its entries", "determine how many keys it has"),
           "n = len(tally)", lambda v: len(v)),
    _tally("tally_text", "format", _S,
           ("write each entry as key $0 count joined by commas", "print key and count around $0 with commas between"),
           "text = ','.join(f'{k}' + $0 + f'{v}' for k, v in tally.items())",
           lambda v, s: ",".join(f"{k}{s}{c}" for k, c in v.items()), SEPARATORS),
)
# fmt: on
