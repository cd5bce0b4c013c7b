"""What a round's imitation is trained on: the round's own labels, some of earlier rounds, and what each counts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from akd_code.reading import trained_text
from akd_code.records import ChatRow, Label

_LEAST, _MOST = 0.1, 0.9
"""Bounds of a share that follows the gap: neither kind of row is ever left out."""


def mixture(
    own: Sequence[Label],
    earlier: Sequence[Label],
    *,
    replay: float,
    adversarial: float | Literal["gap"] | None,
    gap: float | None,
    keep_reasoning: bool,
    rng: random.Random,
) -> list[ChatRow]:
    """Return the rows of a round, its own first.

    `replay` is the number of rows drawn from `earlier` labels, without replacement, as a share of the round's own: a
    student whose data is replaced each round forgets. `adversarial` is the share of the loss on rows that were
    generated from hard prompts, counted by rows; "gap" makes it the share of prompts found hard in the round before
    (`gap`, None in the first round: every row counts alike), so that the further the student is behind, the more the
    adversarial rows count. A round with rows of one kind only weighs them alike.
    """
    rows = [_row(label, keep_reasoning) for label in own if label.trained]
    pool = [label for label in earlier if label.trained]
    if pool and replay:
        rows += [_row(label, keep_reasoning) for label in rng.sample(pool, min(len(pool), round(replay * len(rows))))]
    share = adversarial if adversarial != "gap" else None if gap is None else min(_MOST, max(_LEAST, gap))
    return rows if share is None else _weighed(rows, share)


def _row(label: Label, keep_reasoning: bool) -> ChatRow:
    return label.row(trained_text(label.answer.text, keep_reasoning))


def _weighed(rows: Sequence[ChatRow], share: float) -> list[ChatRow]:
    """Return the rows weighed so that adversarial ones have this share of all weight, which stays len(rows)."""
    adversarial = sum(_is_adversarial(row) for row in rows)
    if adversarial in (0, len(rows)):
        return list(rows)
    weights = {True: share * len(rows) / adversarial, False: (1 - share) * len(rows) / (len(rows) - adversarial)}
    return [replace(row, weight=weights[_is_adversarial(row)]) for row in rows]


def _is_adversarial(row: ChatRow) -> bool:
    return dict(row.meta).get("source") == "hard"
