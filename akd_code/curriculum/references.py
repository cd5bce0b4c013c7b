"""Which prompts are mutated: how hard each is, and drawing among them by weight (AKD, arXiv 2505.06267)."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import fmean, pstdev
from typing import TypeVar

from akd_code.records import Gap, PairMargin, Prompt

T = TypeVar("T")


def difficulties(gaps: Iterable[Gap]) -> dict[str, float]:
    """Return how hard each decided prompt is, standardised: mean 0 and deviation 1 over those of one kind of evidence.

    Where tests spoke it is the share of them (or of the samples) that the student fails, else the judge's gap in
    scores; the two have different scales, so each is standardised among its own.
    """
    decided = [gap for gap in gaps if gap.hard is not None]
    tested = {gap.prompt_id: 1 - gap.student_pass_rate for gap in decided if gap.student_pass_rate is not None}
    judged = {gap.prompt_id: gap.value or 0.0 for gap in decided if gap.student_pass_rate is None}
    return standardised(tested) | standardised(judged)


def mean_margins(margins: Iterable[PairMargin]) -> dict[str, float]:
    """Return the mean margin of each prompt's pairs."""
    by_prompt: dict[str, list[float]] = {}
    for one in margins:
        by_prompt.setdefault(one.prompt_id, []).append(one.margin)
    return {prompt_id: fmean(values) for prompt_id, values in by_prompt.items()}


def standardised(values: Mapping[str, float]) -> dict[str, float]:
    """Return the values with mean 0 and deviation 1; all 0 where they are equal."""
    if not values:
        return {}
    mean, deviation = fmean(values.values()), pstdev(values.values())
    return {name: (value - mean) / deviation if deviation > 0 else 0.0 for name, value in values.items()}


def softmax_weights(difficulty: Sequence[float], softness: float) -> list[float]:
    """Return exp(z / softness) of each standardised difficulty, the greatest weight being 1."""
    return _exponentials([value / softness for value in difficulty])


def margin_weights(margins: Sequence[float]) -> list[float]:
    """Return weights in proportion to exp(-margin), the greatest being 1: a low margin is a hard pair."""
    return _exponentials([-margin for margin in margins])


def _exponentials(powers: Sequence[float]) -> list[float]:
    highest = max(powers, default=0.0)
    return [math.exp(power - highest) for power in powers]


def draw_references(
    candidates: Sequence[T],
    weights: Sequence[float],
    count: int,
    groups: Sequence[Hashable],
    per_group: int,
    rng: random.Random,
) -> list[T]:
    """Return up to `count` candidates in the order in which they were drawn.

    Each draw takes one of those that are left with a probability in proportion to its weight (drawing without
    replacement), where a candidate is left if its group has fewer than `per_group` drawn. With all weights left at 0
    each is as likely as any other.
    """
    left = list(range(len(candidates)))
    taken: Counter[Hashable] = Counter()
    drawn: list[T] = []
    while left and len(drawn) < count:
        shares = [weights[place] for place in left]
        (place,) = rng.choices(left, shares if sum(shares) > 0 else None)
        drawn.append(candidates[place])
        taken[groups[place]] += 1
        full = taken[groups[place]] >= per_group
        left = [other for other in left if other != place and not (full and groups[other] == groups[place])]
    return drawn


def family_of(prompt: Prompt, known: Mapping[str, Prompt]) -> str:
    """Return what a prompt counts under: its subtopic where it has one, else the prompt that its line began with."""
    if prompt.origin is not None and prompt.origin.subtopic:
        return f"{prompt.origin.topic}: {prompt.origin.subtopic}"
    seen = {prompt.id}
    while (before := known.get(prompt.parent or "")) is not None and before.id not in seen:
        seen.add(before.id)
        prompt = before
    return prompt.id
