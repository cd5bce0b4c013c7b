"""What the student says of the tokens of completions: the one forward pass that every loss is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

from akd_code.student.encode import EncodedRow

if TYPE_CHECKING:
    import torch

    from akd_code.student.layout import Layout
    from akd_code.student.load import Student


def completion_losses(student: Student, rows: Sequence[EncodedRow]) -> list[torch.Tensor]:
    """Return for each row the cross-entropy of each token of its completion: [c] each, float32."""
    import torch

    from akd_code.student.readout import cross_entropies

    layout = arranged(student, rows)
    readout = student.shortcuts.readout
    if readout is None:
        losses = _from_own_logits(student, layout, _cross_entropy, layout.targets)
    else:
        losses = cross_entropies(readout, hidden_states(student, layout), layout.targets.to(student.device))
    return list(torch.split(losses, [row.trained for row in rows]))


def completion_logps(student: Student, rows: Sequence[EncodedRow]) -> torch.Tensor:
    """Return for each row the log-probability of its completion, summed over the tokens: [b], float32."""
    import torch

    return -torch.stack([losses.sum() for losses in completion_losses(student, rows)])


def over_completions(
    student: Student, rows: Sequence[EncodedRow], said: Callable[..., torch.Tensor], *along: torch.Tensor
) -> torch.Tensor:
    """Return `said(logits, *along)` of all trained tokens of the rows, one row after another: [n, ...].

    `said` is called with float32 logits [c, v] of some tokens, and these tokens' part of each tensor of `along`
    [n, ...]; it returns [c, ...]. The logits of all tokens need not exist at once.
    """
    from akd_code.student.readout import over_logits

    layout = arranged(student, rows)
    along = tuple(one.to(student.device) for one in along)
    readout = student.shortcuts.readout
    if readout is None:
        return _from_own_logits(student, layout, said, *along)
    return over_logits(readout, hidden_states(student, layout), said, *along)


def arranged(student: Student, rows: Sequence[EncodedRow]) -> Layout:
    """Return the rows as the student takes them: packed where it was shown to be right, else padded on the left."""
    from akd_code.student.layout import packed, padded

    if student.shortcuts.packed:
        return packed(rows)
    pad = student.tokenizer.pad_token_id
    assert isinstance(pad, int)  # load_student sees to it
    return padded(rows, pad)


def hidden_states(student: Student, layout: Layout) -> torch.Tensor:
    """Return the last hidden states [n, h] where the layout has losses."""
    model = inner_model(student.model).base_model
    found: torch.Tensor = model(**_inputs(model, student, layout), use_cache=False)[0]
    return found.flatten(0, 1).index_select(0, layout.where.to(student.device, non_blocking=True))


def own_logits(student: Student, layout: Layout) -> torch.Tensor:
    """Return the logits [n, v] where the layout has losses, as the model itself makes them, float32.

    Where it can, its output layer runs over the last positions only, from the first loss on.
    """
    model = inner_model(student.model)
    inputs = _inputs(model, student, layout)
    width = layout.input_ids.shape[1]
    first = int((layout.where % width).min())
    if "logits_to_keep" in signature(model.forward).parameters:
        inputs["logits_to_keep"] = width - first
    else:
        first = 0
    logits = student.model(**inputs, use_cache=False).logits
    row, place = layout.where // width, layout.where % width - first
    found: torch.Tensor = logits[row.to(logits.device), place.to(logits.device)].float()
    return found


def _from_own_logits(
    student: Student, layout: Layout, said: Callable[..., torch.Tensor], *along: torch.Tensor
) -> torch.Tensor:
    return said(own_logits(student, layout), *(one.to(student.device) for one in along))


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.nn.functional.cross_entropy(logits, targets, reduction="none")


def _inputs(model: Any, student: Student, layout: Layout) -> dict[str, Any]:
    """Return the layout's tensors on the student's device, without what this model does not take."""
    accepted = signature(model.forward).parameters
    named = {name: getattr(layout, name) for name in ("input_ids", "attention_mask", "position_ids")}
    return {name: value.to(student.device) for name, value in named.items() if name in accepted}


def inner_model(model: Any) -> Any:
    """Return the model without the adapter's wrapping."""
    return model.get_base_model() if hasattr(model, "peft_config") else model


_PLACES = frozenset({"wpe", "embed_positions", "position_embeddings", "position_embedding"})


def positions_of(model: Any) -> int | None:
    """Return how many tokens a model can read where it has a table of positions; None where it has none.

    Rotary positions go on beyond what a model was trained on; a table ends, and an index beyond it is an error.
    """
    inner = inner_model(model)
    names = [name for name, _ in (*inner.named_modules(), *inner.named_buffers())]
    if not any(name.rpartition(".")[2] in _PLACES for name in names):
        return None
    most = getattr(inner.config.get_text_config(decoder=True), "max_position_embeddings", None)
    return most if isinstance(most, int) and most > 0 else None
