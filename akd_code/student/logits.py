"""What the student gives to the tokens of completions: the one forward pass that every loss is made from."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

from akd_code.student.encode import EncodedRow
from akd_code.student.load import Student

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""The target of a position that carries no loss."""


def completion_logits(student: Student, rows: Sequence[EncodedRow]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits [b, c, v] and targets [b, c] of the rows' completions, lined up at the right end.

    `c` is the longest completion; where a row's is shorter, the targets before it are IGNORED. Rows are padded on the
    left, so that the output layer needs only the last c positions: the largest saving on a CPU.
    """
    import torch

    length = max(row.length for row in rows)
    keep = max(row.trained for row in rows) + 1
    pad = student.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (length - row.length) + list(row.ids) for row in rows])
    mask = torch.tensor([[0] * (length - row.length) + [1] * row.length for row in rows])
    labels = torch.tensor([[IGNORED] * (length - row.length + row.start) + list(row.ids[row.start :]) for row in rows])
    arguments: dict[str, Any] = {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": (mask.cumsum(-1) - 1).clamp(min=0),
    }
    accepted = signature(inner_model(student.model).forward).parameters
    inputs = {name: value.to(student.device) for name, value in arguments.items() if name in accepted}
    if "logits_to_keep" in accepted:
        inputs["logits_to_keep"] = keep
    logits = student.model(**inputs, use_cache=False).logits[:, -keep:-1]
    return logits, labels[:, length - keep + 1 :].to(student.device)


def completion_logps(student: Student, rows: Sequence[EncodedRow]) -> torch.Tensor:
    """Return for each row the log-probability of its completion, summed over the tokens: [b], float32."""
    import torch

    logits, targets = completion_logits(student, rows)
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return -losses.view(targets.shape).sum(-1)


def inner_model(model: Any) -> Any:
    """Return the model without the adapter's wrapping."""
    return model.get_base_model() if hasattr(model, "peft_config") else model
