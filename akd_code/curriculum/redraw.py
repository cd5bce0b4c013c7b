"""The next train pool where no model can write prompts: drawn from the prompts there are."""

from __future__ import annotations

import random
from collections.abc import Sequence

from akd_code.curriculum.generation import Generation
from akd_code.records import Prompt


def redraw(hard: Sequence[Prompt], easy: Sequence[Prompt], wanted: int, rng: random.Random) -> Generation:
    """Draw the next train pool from the prompts there are, hard and easy one to one.

    Each prompt is taken at most once; where one kind has too few, the other fills up.
    """
    from_easy = min(max(wanted // 2, wanted - len(hard)), len(easy))
    from_hard = min(wanted - from_easy, len(hard))
    chosen = rng.sample(list(hard), from_hard) + rng.sample(list(easy), from_easy)
    warnings = (f"{len(chosen)} of {wanted} prompts: no more are decided",) if len(chosen) < wanted else ()
    return Generation(tuple(chosen), 0, {"hard": from_hard, "easy": from_easy}, {}, warnings)
