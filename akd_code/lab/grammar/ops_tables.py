"""Operations on dictionaries from text to integer, from the most to the least frequent."""

from __future__ import annotations

from akd_code.lab.grammar.kinds import Kind, Op, Parameter, op_maker
from akd_code.lab.grammar.ops_lists import SEPARATORS, SMALL, WIDE

_I, _L, _S, _W, _D, _B = Kind.INT, Kind.INTS, Kind.STR, Kind.WORDS, Kind.TABLE, Kind.BOOL
_op = op_maker(Kind.TABLE)
NAMES: tuple[Parameter, ...] = (
    "amy", "bob", "cara", "dan", "eve", "finn", "gus", "hal", "ida", "joe", "kim", "lea", "max", "nina", "olga", "pete",
)  # fmt: skip


def _running(v: dict[str, int]) -> dict[str, int]:
    total, out = 0, {}
    for key, value in v.items():
        total += value
        out[key] = total
    return out


# fmt: off
TABLE_OPS: tuple[Op, ...] = (
    _op("sorted_keys", "lookup", _W, ("list the keys in sorted order", "sort its keys into a list"),
        "words = sorted(table)", lambda v: sorted(v)),
    _op("sum_values", "fold", _I, ("add up the values", "take the total over all keys"),
        "n = sum(table.values())", lambda v: sum(v.values())),
    _op("values", "lookup", _L, ("list the values in order of insertion", "take its values as a list"),
        "nums = list(table.values())", lambda v: list(v.values())),
    _op("keep_values_above", "filter", _D, ("keep the entries with a value above $0", "drop values of $0 or less"),
        "table = {k: v for k, v in table.items() if v > $0}", lambda v, k: {a: b for a, b in v.items() if b > k}, WIDE),
    _op("best_key", "search", _S,
        ("take the first key with the largest value, or empty text", "find which key has the maximum, else ''"),
        "text = max(table, key=table.get, default='')", lambda v: max(v, key=v.__getitem__, default="")),
    _op("times_values", "map", _D, ("multiply each value by $0", "scale all values by $0"),
        "table = {k: v * $0 for k, v in table.items()}", lambda v, k: {a: b * k for a, b in v.items()}, SMALL),
    _op("upper_keys", "case", _D, ("convert the keys to upper case", "write every key in capitals"),
        "table = {k.upper(): v for k, v in table.items()}", lambda v: {a.upper(): b for a, b in v.items()}),
    _op("value_of", "lookup", _I, ("look up $0, or 0 if it is missing", "get the value of $0 with default 0"),
        "n = table.get($0, 0)", lambda v, k: v.get(k, 0), NAMES),
    _op("remove_key", "filter", _D, ("remove the key $0 if it is there", "delete the entry $0 when present"),
        "table = {k: v for k, v in table.items() if k != $0}",
        lambda v, k: {a: b for a, b in v.items() if a != k}, NAMES),
    _op("keys_by_value", "order", _W, ("list the keys by ascending value", "order its keys by value"),
        "words = sorted(table, key=table.get)", lambda v: sorted(v, key=v.__getitem__)),
    _op("set_key", "update", _D, ("set $0 to $1", "store $1 under the key $0"),
        "table = {**table, $0: $1}", lambda v, k, x: {**v, k: x}, NAMES, WIDE),
    _op("format_pairs", "format", _S, ("write the entries as key $0 value joined by commas", "print key $0 value"),
        "text = ','.join(f'{k}' + $0 + f'{v}' for k, v in table.items())",
        lambda v, s: ",".join(f"{a}{s}{b}" for a, b in v.items()), SEPARATORS),
    _op("top_entries", "order", _D, ("keep the $0 entries with the largest values", "retain the top $0 by value"),
        "table = dict(sorted(table.items(), key=lambda kv: -kv[1])[:$0])",
        lambda v, k: dict(sorted(v.items(), key=lambda kv: -kv[1])[:k]), (2, 3, 4, 5)),
    _op("bump_key", "update", _D, ("increase the value of $0 by $1, from 0 if missing", "credit $1 to the key $0"),
        "table = {**table, $0: table.get($0, 0) + $1}", lambda v, k, x: {**v, k: v.get(k, 0) + x}, NAMES, WIDE[1:]),
    _op("shift_to_zero", "map", _D, ("subtract the smallest value from each value", "shift the values to start at 0"),
        "low = min(table.values(), default=0)\ntable = {k: v - low for k, v in table.items()}",
        lambda v: {a: b - min(v.values()) for a, b in v.items()}),
    _op("running_values", "scan", _D, ("replace the values by their running totals", "accumulate the values in order"),
        "total = 0\nout = {}\nfor k, v in table.items():\n    total += v\n    out[k] = total\ntable = out", _running),
)
# fmt: on
