"""The next train pool where no model can write prompts: drawn from the prompts there are."""

from __future__ import annotations

import random
from collections.abc import Sequence

from akd_code.curriculum.generation import Generation
from akd_code.records import Prompt


def redraw(
    hard: Sequence[Prompt], easy: Sequence[Prompt], wanted: int, rng: random.Random, *, fill: bool = True
) -> Generation:
    """Draw the next train pool from the prompts there are, hard and easy one to one.

    Each prompt is taken at most once. Where one kind has too few, the other fills up; without `fill` the pool gets
    smaller instead, unless there is none of a kind at all: then the other kind alone is drawn.
    """
    fill = fill or not hard or not easy
    if fill:
        from_easy = min(max(wanted // 2, wanted - len(hard)), len(easy))
        from_hard = min(wanted - from_easy, len(hard))
    else:
        from_easy = min(wanted // 2, len(hard), len(easy))
        from_hard = min(wanted - from_easy, len(hard)) if from_easy == wanted // 2 else from_easy
    chosen = rng.sample(list(hard), from_hard) + rng.sample(list(easy), from_easy)
    why = "no more are decided" if fill else "one kind ran out, and generator.fill is off"
    warnings = (f"{len(chosen)} of {wanted} prompts: {why}",) if len(chosen) < wanted else ()
    return Generation(tuple(chosen), 0, {"hard": from_hard, "easy": from_easy}, {}, warnings)
