"""Operations on lists of strings, from the most to the least frequent."""

from __future__ import annotations

from akd_code.lab.grammar.kinds import SMALL, Op, ValueKind, op_maker

_I, _L, _S, _W = ValueKind.INT, ValueKind.INTS, ValueKind.STR, ValueKind.WORDS
_op = op_maker(ValueKind.WORDS)


# fmt: off
WORD_OPS: tuple[Op, ...] = (
    _op("sort_words", "order", _W, ("sort the strings", "put the words in sorted order"),
        "words = sorted(words)", lambda v: sorted(v)),
    _op("join_spaces", "format", _S, ("join the words with spaces", "write them as one text with spaces between"),
        "text = ' '.join(words)", lambda v: " ".join(v)),
    _op("keep_longer", "filter", _W, ("keep the words longer than $0", "drop strings of $0 or fewer characters"),
        "words = [w for w in words if len(w) > $0]", lambda v, k: [w for w in v if len(w) > k], SMALL),
    _op("upper_each", "case", _W, ("convert each word to upper case", "write all strings in capitals"),
        "words = [w.upper() for w in words]", lambda v: [w.upper() for w in v]),
    _op("lengths", "map", _L, ("list the length of each string", "replace every word by its length"),
        "nums = [len(w) for w in words]", lambda v: [len(w) for w in v]),
    _op("first_words", "slice", _W, ("keep the first $0 strings", "take $0 words from the front"),
        "words = words[:$0]", lambda v, k: v[:k], SMALL[:4]),
    _op("longest_word", "search", _S, ("take the first longest word, or empty text", "find the longest, else ''"),
        "text = max(words, key=len, default='')", lambda v: max(v, key=len, default="")),
)
# fmt: on
