"""Operations on lists of strings, from the most to the least frequent."""

from __future__ import annotations

from itertools import pairwise

from akd_code.lab.grammar.kinds import Kind, Op, Parameter, op_maker
from akd_code.lab.grammar.ops_text import LETTERS, MARKS

_I, _L, _S, _W, _D, _B = Kind.INT, Kind.INTS, Kind.STR, Kind.WORDS, Kind.TABLE, Kind.BOOL
_op = op_maker(Kind.WORDS)
LENGTHS = (1, 2, 3, 4, 5, 6, 7)
FEW = (2, 3, 4, 5)
JOINTS: tuple[Parameter, ...] = ("-", "/", ":", "_", "+", "*", "|", "#", ", ", "--", " & ", "=>", "~", "@", "<>")


def _count_each(v: list[str]) -> dict[str, int]:
    out: dict[str, int] = {}
    for w in v:
        out[w] = out.get(w, 0) + 1
    return out


# fmt: off
WORD_OPS: tuple[Op, ...] = (
    _op("sort_words", "order", _W, ("sort the strings", "put the words in sorted order"),
        "words = sorted(words)", lambda v: sorted(v)),
    _op("join_spaces", "format", _S, ("join the words with spaces", "write them as one text with spaces between"),
        "text = ' '.join(words)", lambda v: " ".join(v)),
    _op("keep_longer", "filter", _W, ("keep the words longer than $0", "drop strings of $0 or fewer characters"),
        "words = [w for w in words if len(w) > $0]", lambda v, k: [w for w in v if len(w) > k], LENGTHS),
    _op("upper_each", "case", _W, ("convert each word to upper case", "write all strings in capitals"),
        "words = [w.upper() for w in words]", lambda v: [w.upper() for w in v]),
    _op("lengths", "map", _L, ("list the length of each string", "replace every word by its length"),
        "nums = [len(w) for w in words]", lambda v: [len(w) for w in v]),
    _op("first_words", "slice", _W, ("keep the first $0 strings", "take $0 words from the front"),
        "words = words[:$0]", lambda v, k: v[:k], FEW),
    _op("reverse_words", "order", _W, ("reverse the order of the words", "list the strings backwards"),
        "words = words[::-1]", lambda v: v[::-1]),
    _op("longest_word", "search", _S, ("take the first longest word, or empty text", "find the longest, else ''"),
        "text = max(words, key=len, default='')", lambda v: max(v, key=len, default="")),
    _op("keep_containing", "filter", _W, ("keep the words that contain $0", "drop strings without $0"),
        "words = [w for w in words if $0 in w]", lambda v, c: [w for w in v if c in w], LETTERS),
    _op("sort_by_length", "order", _W, ("sort the words stably by length", "order strings from short to long"),
        "words = sorted(words, key=len)", lambda v: sorted(v, key=len)),
    _op("total_length", "fold", _I, ("add up the lengths of the strings", "count all characters in the words"),
        "n = sum(len(w) for w in words)", lambda v: sum(len(w) for w in v)),
    _op("join_with", "format", _S, ("join the words with $0", "write them as one text with $0 between"),
        "text = $0.join(words)", lambda v, s: s.join(v), JOINTS),
    _op("keep_starting", "filter", _W, ("keep the words that start with $0", "drop strings not beginning with $0"),
        "words = [w for w in words if w.startswith($0)]", lambda v, c: [w for w in v if w.startswith(c)], LETTERS),
    _op("word_counts", "count", _D, ("count each word in a dictionary", "map every string to its frequency"),
        "table = {}\nfor w in words:\n    table[w] = table.get(w, 0) + 1", _count_each),
    _op("initials", "format", _S, ("join the first letters of the words", "form the acronym of the strings"),
        "text = ''.join(w[:1] for w in words)", lambda v: "".join(w[:1] for w in v)),
    _op("append_each", "affix", _W, ("append $0 to each word", "put $0 behind every string"),
        "words = [w + $0 for w in words]", lambda v, c: [w + c for w in v], MARKS),
    _op("count_longer", "search", _I, ("count the words longer than $0", "find how many exceed length $0"),
        "n = sum(1 for w in words if len(w) > $0)", lambda v, k: sum(1 for w in v if len(w) > k), LENGTHS),
    _op("sort_by_last", "order", _W, ("sort the words stably by last letter", "order by their final character"),
        "words = sorted(words, key=lambda w: w[-1:])", lambda v: sorted(v, key=lambda w: w[-1:])),
    _op("group_initials", "count", _D, ("count the words by first letter", "map each initial to its frequency"),
        "table = {}\nfor w in words:\n    table[w[:1]] = table.get(w[:1], 0) + 1",
        lambda v: _count_each([w[:1] for w in v])),
    _op("join_neighbours", "scan", _W, ("join each word with its right neighbour", "glue every two adjacent strings"),
        "words = [a + b for a, b in zip(words, words[1:])]", lambda v: [a + b for a, b in pairwise(v)]),
)
# fmt: on
