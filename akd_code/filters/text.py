"""What a generated task must not be, judged from its text alone (Lion, arXiv 2305.12870, and its authors' code)."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from pathlib import Path

from akd_code.filters.registry import FILTERS
from akd_code.recipe import Recipe
from akd_code.records import Prompt

SHORT, FIRST_CHARACTER, LEAK = "short", "first_character", "leak"
LEAKS = ("instruction", "instructions", "seed task", "new task", "given task", "brand-new", "fenced block")
"""Words of the generator's own prompt. A task that holds one talks about the assignment, not about a problem."""
MOST_WORDS_TOO_SHORT = 3
_PUNCTUATION = frozenset(string.punctuation)
_LEAK = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(leak) for leak in LEAKS)})(?!\w)", re.IGNORECASE)


def refusal_of_text(text: str) -> str | None:
    """Return why the text of a task is refused, or None.

    Refused are three words or fewer, a first character that is punctuation or not ASCII, and words that leak from the
    template.
    """
    stripped = text.strip()
    if len(stripped.split()) <= MOST_WORDS_TOO_SHORT:
        return SHORT
    if stripped[0] in _PUNCTUATION or not stripped[0].isascii():
        return FIRST_CHARACTER
    if _LEAK.search(stripped):
        return LEAK
    return None


class TextFilter:
    """Refuses a prompt for its own text, whatever else is in the pool."""

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        """Return for each prompt `short`, `first_character`, `leak` or None."""
        return [refusal_of_text(prompt.text) for prompt in batch]

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Do nothing: no prompt depends on another."""


@FILTERS.register("text")
def open_text_filter(recipe: Recipe, folder: Path) -> TextFilter:
    """Return the filter; it has no settings."""
    return TextFilter()
