"""The words of texts as numbers: what ROUGE-L and MinHash compare."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from akd_code.filters.exact import hashed
from akd_code.filters.segments import Array
from akd_code.lists.scripts import in_another_script, words_in_any_script

_WORD = re.compile(r"[a-z0-9]+")
_REMEMBERED = 1 << 18


def rouge_words(text: str) -> list[str]:
    """Return the words of a text as ROUGE counts them: runs of a-z and 0-9 in lower case, no stemming."""
    return _WORD.findall(text.lower())


def words_of(text: str) -> list[str]:
    """Return the words that two texts are compared by: ROUGE's, or, where they would be few, those of its own script.

    Of a text in Chinese ROUGE sees names and numbers alone, so that all texts that say `Python` would be one.
    """
    return words_in_any_script(text) if in_another_script(text) else rouge_words(text)


class WordHashes:
    """Words to 64-bit hashes; the commonest are remembered.

    Numbers stand for words everywhere: two different words of a pool with a million different ones share a number with
    a chance of 1 in 40 million.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Return the words of all texts, end to end (uint64), and where each text's words end (int64)."""
        known, found, ends = self._known, [], []
        if len(known) > _REMEMBERED:
            known.clear()
        for text in texts:
            for word in words_of(text):
                number = known.get(word)
                if number is None:
                    number = known[word] = hashed(word)
                found.append(number)
            ends.append(len(found))
        return np.array(found, dtype=np.uint64), np.array(ends, dtype=np.int64)
