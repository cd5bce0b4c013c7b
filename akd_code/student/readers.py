"""Which reader a model's slots have, by what it is shown to give: passes of our own, the model's own, or no slots.

The first two lean on what a model's code does inside, which no list of architectures can promise. So each is tried on
a few short rows against plain forward passes before it is used, once for each model.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

from akd_code.student.ask import Ask, Sampled, Writing
from akd_code.student.lean_reader import LeanReader
from akd_code.student.lean_weights import lean_bytes, lean_weights
from akd_code.student.logits import inner_model
from akd_code.student.memory import free_memory
from akd_code.student.own_reader import OwnReader
from akd_code.student.slots import Reader, Slots

if TYPE_CHECKING:
    import torch

Way = Literal["lean", "own", "batches"]
"""How a model is sampled: in slots by passes of our own, in slots by the model's own, or with transformers' cache."""
_ALIKE = 1e-3
_LEAN_SHARE = 0.5
"""Of the free memory that a second copy of the weights may take."""
_LENGTHS = (3, 6, 40)
_WRITTEN = 3


def way_of(model: Any, device: str) -> Way:
    """Return the fastest way of sampling a model that gives its own logits."""
    known: Way | None = getattr(model, "_akd_way", None)
    if known is None:
        ways: tuple[Way, ...] = ("lean", "own") if _plain_attention(model) else ()
        known = next((way for way in ways if _gives_the_same(model, device, way)), None) or "batches"
        model._akd_way = known
    return known


def reader_of(model: Any, device: str, way: Way, slots: int, prefix: tuple[int, ...] = ()) -> Reader | None:
    """Return a reader for so many slots, whose prompts all begin with `prefix`; None where there can be no such one."""
    if way == "own":
        return OwnReader(model, slots, device)
    if lean_bytes(model) > _LEAN_SHARE * free_memory(device):
        return None
    weights = lean_weights(model)
    return None if weights is None else LeanReader(weights, slots, prefix)


def _plain_attention(model: Any) -> bool:
    """Return whether every layer attends to all that came before, by code that takes a mask."""
    config = model.config.get_text_config(decoder=True)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    parameters = signature(inner_model(model).forward).parameters
    return (
        kinds == {"full_attention"}
        and window is None
        and getattr(config, "_attn_implementation", None) in ("sdpa", "eager")
        and {"position_ids", "past_key_values", "attention_mask"} <= parameters.keys()
    )


def _gives_the_same(model: Any, device: str, way: Way) -> bool:
    """Compare three steps of rows of different lengths, which begin alike, with passes that use no cache."""
    import torch

    size = model.get_input_embeddings().num_embeddings
    prompts = [tuple((7 * at + 3) % size for at in range(count)) for count in _LENGTHS]
    written = [[(place + 5 * at) % size for at in range(_WRITTEN)] for place in range(len(prompts))]
    seen: list[list[torch.Tensor]] = [[] for _ in prompts]

    def step(logits: torch.Tensor, rows: Sequence[Writing]) -> list[Sampled | None]:
        answers: list[Sampled | None] = []
        for row, one in zip(rows, logits, strict=True):
            seen[row.place].append(one.float())
            row.tokens.append(written[row.place][len(row.tokens)])
            answers.append(Sampled("", "length", 0, 0) if len(row.tokens) == _WRITTEN else None)
        return answers

    rows = (Writing(place, Ask(ids)) for place, ids in enumerate(prompts))
    try:
        with torch.inference_mode():
            reader = reader_of(model, device, way, 2, prompts[0][:-1])
            if reader is None:
                return False
            Slots(reader, 2).write(rows, step, lambda place, answer: None)
            return all(
                _close(model, device, [*ids, *written[place][:-1]], torch.stack(seen[place]))
                for place, ids in enumerate(prompts)
            ) and (way != "lean" or _same_far_off(model, device, prompts[-1]))
    except (RuntimeError, TypeError, AttributeError, ValueError, IndexError, NotImplementedError):
        return False  # a model that takes other arguments or keeps another kind of cache


def _same_far_off(model: Any, device: str, ids: tuple[int, ...]) -> bool:
    """Compare passes of our own at the last positions that the model knows: some attend otherwise from afar."""
    weights = lean_weights(model)
    if weights is None:
        return False
    begin = max(0, int(getattr(model.config, "max_position_embeddings", 0)) - len(ids))
    return _close(model, device, ids, LeanReader(weights, 1, begin=begin).read([ids], [0], 0), begin)


def _close(model: Any, device: str, ids: Sequence[int], found: torch.Tensor, begin: int = 0) -> bool:
    """Return whether the model gives logits like these [n, v] after the last n tokens, the first at `begin`."""
    import torch

    where = {"position_ids": torch.arange(begin, begin + len(ids), device=device)[None]} if begin else {}
    given = torch.tensor([ids], device=device)
    plain = model(input_ids=given, use_cache=False, **where).logits[0, -len(found) :].float()
    tolerance = (_ALIKE if model.dtype == torch.float32 else 5e-2) * max(1.0, float(plain.abs().max()))
    return bool((plain - found).abs().max() <= tolerance)
