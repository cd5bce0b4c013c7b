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
    """Return the rows one behind the other, [1, t], each with positions from 0.

    A last row of nothing makes t one of few sizes (`few_sizes`); no other row sees it, and it has no losses.
    """
    where, at = list[int](), 0
    for row in rows:
        where += range(at + row.start - 1, at + row.length - 1)
        at += row.length
    filler = few_sizes(at) - at
    return Layout(
        torch.tensor([[token for row in rows for token in row.ids] + [0] * filler]),
        row_places([row.length for row in rows] + [filler] * (filler > 0)),
        torch.tensor([[place for row in rows for place in range(row.length)] + [0] * filler]),
        torch.tensor(where),
        _targets(rows),
    )


def few_sizes(tokens: int) -> int:
    """Return the next size up of which there are eight between a power of two and the next.

    Tensors of ever new sizes wear a process out: each size has products of its own that are prepared and kept, and the
    free memory between tensors falls into pieces that none of the next fits into. On a processor that cost a third of
    the speed within a hundred steps.
    """
    step = max(1, (1 << tokens.bit_length()) // 16)
    return -(-tokens // step) * step


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
