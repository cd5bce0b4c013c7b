"""Words that mean much the same in the statement of a programming problem, and those that mean nothing there."""

from __future__ import annotations

import re
from functools import lru_cache

_STEM = 5
_NOTHING_TO_SAY = (
    "a about all also an and any are as at be been but by call called can code complete could do does done each "
    "either else every example following for from function functions give given gives has have help how if implement "
    "in input into is it its itself just let make may me method must named need needs not of on one only or other our "
    "output outputs please problem procedure program provided python return returned returning returns routine should "
    "so solution solve some such supplied takes task than thank that the their them then there these they this those "
    "to up us use used using want was we were when where whether which while will with would write you your back "
    "calculate check compute determine find get obtain produce verify test tell decide evaluate define create "
    "build generate develop design print prints work out yield yields receive receives accept accepts specified stated "
    "every hi hello thanks am"
)
_NOTHING = frozenset(_NOTHING_TO_SAY.split())
_SPELT = "arg bar baz fn foo func param spam tmp var"
_SAYING_NOTHING = frozenset(_SPELT.split())
"""Names that are no words of a sentence and could stand for anything."""
_BLANKS = _SAYING_NOTHING | frozenset(
    ("args", "argument", "my", "num", "obj", "params", "parameter", "val", "variable")
)
"""What such names are made of, beside words that say nothing."""
_PARTS = re.compile(r"[a-z]+|[A-Z][a-z]*|\d+")
_ALIKE = (
    "list array sequence vector series",
    "string text str texts",
    "number value integer int num float whole numeric",
    "largest biggest maximum max greatest highest maximal",
    "smallest minimum min least lowest minimal",
    "remove delete drop eliminate discard exclude strip",
    "element item entry member entries",
    "count tally amount occurrences frequency",
    "dictionary dict map mapping hashmap",
    "convert turn transform change",
    "first initial start beginning leading",
    "last final end ending trailing",
    "word term token",
    "character char letter symbol",
    "sum add total addition plus",
    "product multiply multiplication times",
    "difference subtract minus subtraction",
    "average mean",
    "duplicate repeated repeat repetition",
    "unique distinct different",
    "sort order arrange ordered sorted",
    "ascending increasing",
    "descending decreasing",
    "contain hold include have",
    "combine merge join concatenate",
    "replace substitute swap exchange",
    "extract select pick choose filter",
    "reverse invert backwards",
    "split divide separate partition",
    "common shared intersection",
    "empty blank",
    "length size",
    "two pair both",
    "three triple",
    "equal same identical",
    "true yes",
    "false no",
    "greater larger bigger more above exceed",
    "smaller less lower below fewer",
)
_CLASS = {word[:_STEM]: words.split()[0] for words in reversed(_ALIKE) for word in words.split()}


@lru_cache(maxsize=1 << 16)
def meaning(word: str) -> str:
    """Return what stands for a word and for those like it, "" for a word that says nothing.

    Endings make no difference: the first five letters decide.
    """
    if word in _NOTHING or (len(word) == 1 and word not in "3456789"):  # 0, 1 and 2 are in every other problem
        return ""
    single = word[:-1] if word.endswith("s") and len(word) > 3 else word
    return _CLASS.get(single[:_STEM], single[:_STEM])


@lru_cache(maxsize=1 << 16)
def says_nothing(name: str) -> bool:
    """Return whether a name could stand for anything: `foo`, `func`, `param_1`, `solve_it`; no plain word is one."""
    parts = [part.lower() for part in _PARTS.findall(name)]
    blanks = [part in _BLANKS or part in _NOTHING or part.isdigit() or len(part) == 1 for part in parts]
    compound = len(parts) > 1 and ("_" in name or name.lower() != name or any(part.isdigit() for part in parts))
    return all(blanks) and (compound or (len(parts) == 1 and parts[0] in _SAYING_NOTHING))
