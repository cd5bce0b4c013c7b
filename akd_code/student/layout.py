"""Rows as the tensors of one forward pass: packed one behind the other, or padded on the left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from akd_code.student.attention import row_places
from akd_code.student.encode import EncodedRow


@dataclass(frozen=True, slots=True)
class Layout:
    """What the model is given, [b, s] each, and where its losses are.

    `attention_mask` is [b, s], or `row_places`. `where` [n] are the places in the flattened b * s whose next token is
    trained, row by row; `targets` [n] are these tokens.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    position_ids: torch.Tensor
    where: torch.Tensor
    targets: torch.Tensor


def packed(rows: Sequence[EncodedRow]) -> Layout:
    """Return the rows one behind the other, [1, t], each with positions from 0."""
    where, at = list[int](), 0
    for row in rows:
        where += range(at + row.start - 1, at + row.length - 1)
        at += row.length
    return Layout(
        torch.tensor([[token for row in rows for token in row.ids]]),
        row_places([row.length for row in rows]),
        torch.tensor([[place for row in rows for place in range(row.length)]]),
        torch.tensor(where),
        _targets(rows),
    )


def padded(rows: Sequence[EncodedRow], pad: int) -> Layout:
    """Return the rows side by side, [b, longest], with `pad` before the shorter ones."""
    longest = max(row.length for row in rows)
    mask = torch.tensor([[0] * (longest - row.length) + [1] * row.length for row in rows])
    where = [
        place
        for number, row in enumerate(rows)
        for place in range((number + 1) * longest - row.trained - 1, (number + 1) * longest - 1)
    ]
    return Layout(
        torch.tensor([[pad] * (longest - row.length) + list(row.ids) for row in rows]),
        mask,
        (mask.cumsum(-1) - 1).clamp(min=0),
        torch.tensor(where),
        _targets(rows),
    )


def _targets(rows: Sequence[EncodedRow]) -> torch.Tensor:
    return torch.tensor([token for row in rows for token in row.ids[row.start :]])
