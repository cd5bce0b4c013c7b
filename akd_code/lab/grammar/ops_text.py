"""Operations on text, from the most to the least frequent."""

from __future__ import annotations

from akd_code.lab.grammar.kinds import LETTERS, SMALL, Op, ValueKind, op_maker

_I, _S, _W = ValueKind.INT, ValueKind.STR, ValueKind.WORDS
_op = op_maker(ValueKind.STR)


# fmt: off
TEXT_OPS: tuple[Op, ...] = (
    _op("upper", "case", _S, ("convert to upper case", "make every letter a capital"),
        "text = text.upper()", lambda v: v.upper()),
    _op("reverse_text", "order", _S, ("reverse the text", "read the characters backwards"),
        "text = text[::-1]", lambda v: v[::-1]),
    _op("length", "fold", _I, ("count the characters", "take the length of the text"),
        "n = len(text)", lambda v: len(v)),
    _op("split_words", "split", _W, ("split it at whitespace", "break the text into words"),
        "words = text.split()", lambda v: v.split()),
    _op("remove_letter", "filter", _S, ("remove every $0", "delete all occurrences of $0"),
        "text = text.replace($0, '')", lambda v, c: v.replace(c, ""), LETTERS),
    _op("count_letter", "search", _I, ("count how often $0 occurs", "find the number of $0 characters"),
        "n = text.count($0)", lambda v, c: v.count(c), LETTERS),
    _op("first_chars", "slice", _S, ("keep the first $0 characters", "cut the text after $0 characters"),
        "text = text[:$0]", lambda v, k: v[:k], SMALL),
    _op("double_chars", "charmap", _S, ("write every character twice", "double each character"),
        "text = ''.join(c * 2 for c in text)", lambda v: "".join(c * 2 for c in v)),
)
# fmt: on
