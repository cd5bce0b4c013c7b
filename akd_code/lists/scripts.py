"""Scripts beside the Latin one: which texts are written in one, and what their words are."""

from __future__ import annotations

import re

MOST_FOREIGN_LETTERS = 0.2
"""The share of other letters from which on a text counts as written in another script; `is_english` asks the same."""
_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese: nothing stands between two words."""
_WORD = re.compile(rf"[a-z0-9]+|[{_WITHOUT_SPACES}]|[^\W_a-z0-9{_WITHOUT_SPACES}]+")


def in_another_script(text: str) -> bool:
    """Return whether more than a fifth of a text's letters are outside ASCII."""
    if text.isascii():
        return False
    letters = [letter for letter in text if letter.isalpha()]
    return sum(not letter.isascii() for letter in letters) > MOST_FOREIGN_LETTERS * len(letters)


def words_in_any_script(text: str) -> list[str]:
    """Return the words of a text in whatever script, in lower case; each letter is one where no spaces are written."""
    return _WORD.findall(text.lower())
