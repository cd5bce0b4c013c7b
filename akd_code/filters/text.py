"""What a generated task must not be, judged from its text alone (Lion's filters, METHODS.md section 1)."""

from __future__ import annotations

import re
import string
from enum import StrEnum

LEAKS = ("instruction", "instructions", "seed task", "new task", "given task", "brand-new", "fenced block")
"""Words of the generator's own prompt. A task that holds one talks about the assignment, not about a problem."""
MOST_WORDS_TOO_SHORT = 3
_PUNCTUATION = frozenset(string.punctuation)


class Rejection(StrEnum):
    """Why an answer of the generator is not used. LOST: there was no answer."""

    LOST = "lost"
    CUT = "cut"
    UNPARSABLE = "unparsable"
    SHORT = "short"
    FIRST_CHARACTER = "first_character"
    LEAK = "leak"
    SIMILAR = "similar"


def reject_text(text: str) -> Rejection | None:
    """Return why the text of a task is refused, or None.

    Refused are three words or fewer, a first character that is punctuation or not ASCII, and words that leak from the
    template.
    """
    stripped = text.strip()
    if len(stripped.split()) <= MOST_WORDS_TOO_SHORT:
        return Rejection.SHORT
    if stripped[0] in _PUNCTUATION or not stripped[0].isascii():
        return Rejection.FIRST_CHARACTER
    if _LEAK.search(stripped):
        return Rejection.LEAK
    return None


_LEAK = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(leak) for leak in LEAKS)})(?!\w)", re.IGNORECASE)
