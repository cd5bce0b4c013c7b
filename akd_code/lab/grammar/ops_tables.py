"""Operations on dictionaries from text to integer, from the most to the least frequent."""

from __future__ import annotations

from akd_code.lab.grammar.kinds import SMALL, Op, ValueKind, op_maker

_I, _L, _W, _D = ValueKind.INT, ValueKind.INTS, ValueKind.WORDS, ValueKind.TABLE
_op = op_maker(ValueKind.TABLE)


# fmt: off
TABLE_OPS: tuple[Op, ...] = (
    _op("sorted_keys", "lookup", _W, ("list the keys in sorted order", "sort its keys into a list"),
        "words = sorted(table)", lambda v: sorted(v)),
    _op("sum_values", "fold", _I, ("add up the values", "take the total over all keys"),
        "n = sum(table.values())", lambda v: sum(v.values())),
    _op("values", "lookup", _L, ("list the values in order of insertion", "take its values as a list"),
        "nums = list(table.values())", lambda v: list(v.values())),
    _op("keep_values_above", "filter", _D, ("keep the entries with a value above $0", "drop values of $0 or less"),
        "table = {k: v for k, v in table.items() if v > $0}",
        lambda v, k: {a: b for a, b in v.items() if b > k}, SMALL),
)
# fmt: on
