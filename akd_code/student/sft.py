"""Supervised fine-tuning of a student by LoRA: the imitation step of the loop (Lion, arXiv 2305.12870).

Rows are conversations that end with the teacher's answer; the loss is the cross-entropy of that answer's tokens, its
stop token among them. The output layer runs only where there is loss, the largest saving on a CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student.encode import EncodedRow, encode_row, stop_ids, turns_of
from akd_code.student.load import Student, StudentError
from akd_code.student.logits import completion_losses, positions_of
from akd_code.student.trainer import Objective, TrainingStep, train_adapter

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class SFTReport:
    """What a fine-tuning did: losses are means per trained token over the first and the last tenth of the steps.

    `losses` are those of every step.
    """

    rows: int
    rows_too_long: int
    steps: int
    tokens: int
    first_loss: float
    last_loss: float
    wall_s: float
    adapter: Path
    losses: tuple[float, ...] = ()


def train_sft(
    student: Student,
    rows: Sequence[ChatRow],
    settings: SftSection,
    *,
    seed: int,
    out: Path,
    on_step: Callable[[TrainingStep], None] | None = None,
    checkpoint_s: float = 60.0,
) -> SFTReport:
    """Fine-tune the student on the rows and save the adapter to folder `out`, as `train_adapter` says.

    Raises:
        StudentError: no usable row, or one that trains no stop token.
    """
    began = time.monotonic()
    stops = stop_ids(student)
    encoded = [replace(encode_row(student, turns_of(row.messages), stops), weight=row.weight) for row in rows]
    positions = positions_of(student.model)
    longest = settings.max_length if positions is None else min(settings.max_length, positions)
    fitting = [row for row in encoded if row.length <= longest]
    if not fitting:
        reads = "" if longest == settings.max_length else f", as the model reads {longest} tokens"
        raise StudentError(
            f"none of {len(rows)} rows fits into max_length {settings.max_length}{reads}; raise it or add rows"
        )
    _check_stops(fitting, stops)
    progress = train_adapter(
        student, fitting, SFT, settings, seed=seed, out=out, on_step=on_step, checkpoint_s=checkpoint_s
    )
    losses, counts = progress.losses, progress.counts
    tenth = max(1, len(losses) // 10)
    return SFTReport(
        rows=len(fitting),
        rows_too_long=len(encoded) - len(fitting),
        steps=len(losses),
        tokens=sum(counts),
        first_loss=_mean_loss(losses[:tenth], counts[:tenth]),
        last_loss=_mean_loss(losses[-tenth:], counts[-tenth:]),
        wall_s=time.monotonic() - began,
        adapter=out,
        losses=tuple(losses),
    )


def _check_stops(rows: Sequence[EncodedRow], stops: frozenset[int]) -> None:
    if missing := sum(not row.trains_stop(stops) for row in rows):
        raise StudentError(f"{missing} rows train no stop token, the student would never stop; check the chat template")


def summed_loss(student: Student, rows: Sequence[EncodedRow]) -> torch.Tensor:
    """Return the summed cross-entropy of the trained tokens of the rows (scalar, float32), each row by its weight."""
    import torch

    losses = completion_losses(student, rows)
    if all(row.weight == 1.0 for row in rows):
        return torch.cat(losses).sum()
    return torch.stack([row.weight * one.sum() for row, one in zip(rows, losses, strict=True)]).sum()


SFT: Objective[EncodedRow] = Objective("sft", summed_loss)


def _mean_loss(losses: Sequence[float], counts: Sequence[int]) -> float:
    return sum(loss * count for loss, count in zip(losses, counts, strict=True)) / max(1, sum(counts))
