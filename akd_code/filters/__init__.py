"""Filters: what is refused, and why."""

from akd_code.filters.rouge import Likeness, NoveltyIndex, rouge_l_f1, words
from akd_code.filters.text import LEAKS, Rejection, reject_text

__all__ = ["LEAKS", "Likeness", "NoveltyIndex", "Rejection", "reject_text", "rouge_l_f1", "words"]
