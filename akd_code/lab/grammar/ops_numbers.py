"""Operations on a single integer."""

from __future__ import annotations

from akd_code.lab.grammar.kinds import SMALL, Op, ValueKind, op_maker

_I, _L, _B = ValueKind.INT, ValueKind.INTS, ValueKind.BOOL
_op = op_maker(ValueKind.INT)


# fmt: off
NUMBER_OPS: tuple[Op, ...] = (
    _op("add", "arithmetic", _I, ("add $0", "increase the number by $0"),
        "n = n + $0", lambda v, k: v + k, SMALL),
    _op("times", "arithmetic", _I, ("multiply by $0", "scale the number by $0"),
        "n = n * $0", lambda v, k: v * k, SMALL),
    _op("square", "arithmetic", _I, ("square it", "take the second power of the number"),
        "n = n * n", lambda v: v * v),
    _op("digits", "digits", _L, ("list its decimal digits, ignoring the sign", "split the number into digits"),
        "nums = [int(d) for d in str(abs(n))]", lambda v: [int(d) for d in str(abs(v))]),
    _op("digit_sum", "digits", _I, ("take the sum of its digits, ignoring the sign", "add up the decimal digits"),
        "n = sum(int(d) for d in str(abs(n)))", lambda v: sum(int(d) for d in str(abs(v)))),
    _op("is_multiple", "test", _B, ("check whether it is a multiple of $0", "tell if $0 divides the number"),
        "ok = n % $0 == 0", lambda v, k: v % k == 0, SMALL),
)
# fmt: on
