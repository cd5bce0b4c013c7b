"""Operations on text, from the most to the least frequent."""

from __future__ import annotations

from typing import Any

from akd_code.lab.grammar.kinds import Kind, Op, Parameter, op_maker

_I, _L, _S, _W, _D, _B = Kind.INT, Kind.INTS, Kind.STR, Kind.WORDS, Kind.TABLE, Kind.BOOL
_op = op_maker(Kind.STR)
LETTERS: tuple[Parameter, ...] = tuple("abcdefghiklmnoprstuvwxyz")
MARKS: tuple[Parameter, ...] = (
    "!", "?", "*", "#", "-", "_", "+", "~", "=", "/", "!!", "??", "->", "<<", "ok", "xyz", "@", "&", "%",
)  # fmt: skip
COUNTS = (2, 3, 4, 5, 6, 7, 8)


def _shift(v: str, k: int) -> str:
    return "".join(chr((ord(c) - 97 + k) % 26 + 97) if "a" <= c <= "z" else c for c in v)


def _first_positions(v: str) -> dict[str, int]:
    out: dict[str, int] = {}
    for i, c in enumerate(v):
        out.setdefault(c, i)
    return out


def _count_each(v: Any) -> dict[str, int]:
    out: dict[str, int] = {}
    for c in v:
        out[c] = out.get(c, 0) + 1
    return out


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
    _op("replace_letter", "charmap", _S, ("replace each $0 by $1", "turn every $0 into $1"),
        "text = text.replace($0, $1)", lambda v, a, b: v.replace(a, b), LETTERS, LETTERS + MARKS),
    _op("count_letter", "search", _I, ("count how often $0 occurs", "find the number of $0 characters"),
        "n = text.count($0)", lambda v, c: v.count(c), LETTERS),
    _op("first_chars", "slice", _S, ("keep the first $0 characters", "cut the text after $0 characters"),
        "text = text[:$0]", lambda v, k: v[:k], COUNTS),
    _op("count_vowels", "search", _I, ("count the vowels in either case", "find how many vowels it has, capitals too"),
        "n = sum(1 for c in text.lower() if c in 'aeiou')", lambda v: sum(1 for c in v.lower() if c in "aeiou")),
    _op("remove_vowels", "filter", _S, ("remove the vowels in either case", "strip vowels, capitals too"),
        "text = ''.join(c for c in text if c not in 'aeiouAEIOU')",
        lambda v: "".join(c for c in v if c not in "aeiouAEIOU")),
    _op("double_chars", "charmap", _S, ("write every character twice", "double each character"),
        "text = ''.join(c * 2 for c in text)", lambda v: "".join(c * 2 for c in v)),
    _op("append_mark", "affix", _S, ("append $0", "put $0 at the end of the text"),
        "text = text + $0", lambda v, c: v + c, MARKS),
    _op("split_at", "split", _W, ("split it at each $0", "break the text wherever $0 stands"),
        "words = text.split($0)", lambda v, c: v.split(c), LETTERS),
    _op("char_counts", "count", _D, ("count each character in a dictionary", "map every character to its frequency"),
        "table = {}\nfor c in text:\n    table[c] = table.get(c, 0) + 1", _count_each),
    _op("keep_digits", "filter", _S, ("keep only digits", "drop everything that is not a digit"),
        "text = ''.join(c for c in text if c.isdigit())", lambda v: "".join(c for c in v if c.isdigit())),
    _op("repeat_text", "affix", _S, ("repeat the text $0 times", "write $0 copies of it in a row"),
        "text = text * $0", lambda v, k: v * k, (2, 3)),
    _op("is_palindrome", "test", _B, ("check whether it reads the same backwards", "tell if it is a palindrome"),
        "ok = text == text[::-1]", lambda v: v == v[::-1]),
    _op("unique_chars", "dedupe", _S, ("remove repeated characters, keeping the first", "drop double characters"),
        "text = ''.join(dict.fromkeys(text))", lambda v: "".join(dict.fromkeys(v))),
    _op("capitalise_words", "case", _S, ("capitalise each word and separate words by one space", "make it a title"),
        "text = ' '.join(w.capitalize() for w in text.split())",
        lambda v: " ".join(w.capitalize() for w in v.split())),
    _op("letter_positions", "codes", _L,
        ("list the alphabet position of each letter from a = 1, ignoring case", "number its letters with a as 1"),
        "nums = [ord(c) - 96 for c in text.lower() if 'a' <= c <= 'z']",
        lambda v: [ord(c) - 96 for c in v.lower() if "a" <= c <= "z"]),
    _op("chunks", "split", _W, ("cut it into pieces of $0 characters", "break the text into chunks of size $0"),
        "words = [text[i:i + $0] for i in range(0, len(text), $0)]",
        lambda v, k: [v[i : i + k] for i in range(0, len(v), k)], COUNTS),
    _op("alternate_case", "case", _S, ("alternate capitals and small letters", "write even positions in upper case"),
        "text = ''.join(c.lower() if i % 2 else c.upper() for i, c in enumerate(text))",
        lambda v: "".join(c.lower() if i % 2 else c.upper() for i, c in enumerate(v))),
    _op("shift_letters", "codes", _S,
        ("shift each small letter by $0 in the alphabet", "apply a Caesar shift of $0 to small letters"),
        "out = ''\nfor c in text:\n    if 'a' <= c <= 'z':\n        c = chr((ord(c) - 97 + $0) % 26 + 97)\n"
        "    out += c\ntext = out", _shift, tuple(range(1, 26))),
    _op("first_positions", "count", _D,
        ("map each character to its first index", "build a dictionary from character to where it first stands"),
        "table = {}\nfor i, c in enumerate(text):\n    table.setdefault(c, i)", _first_positions),
    _op("shout_vowels", "charmap", _S, ("capitalise only the small vowels", "write each vowel as a capital"),
        "text = ''.join(c.upper() if c in 'aeiou' else c for c in text)",
        lambda v: "".join(c.upper() if c in "aeiou" else c for c in v)),
    _op("reverse_each_word", "order", _S,
        ("reverse each word and separate words by one space", "turn every word around in its place"),
        "text = ' '.join(w[::-1] for w in text.split())", lambda v: " ".join(w[::-1] for w in v.split())),
)
# fmt: on
