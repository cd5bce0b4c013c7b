"""How a model's answers are written, by what it is shown to give: in slots, in batches, or one after the other.

Each way leans on what a model's code does inside, which no list of architectures can promise. So each is tried on a few
short rows against plain forward passes before it is used, once for each model.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

from akd_code.student.ask import Ask, Sampled, Writing
from akd_code.student.batches import Batches
from akd_code.student.lean_reader import LeanReader
from akd_code.student.lean_weights import lean_bytes, lean_weights
from akd_code.student.load import StudentError
from akd_code.student.logits import inner_model
from akd_code.student.memory import free_memory
from akd_code.student.own_reader import OwnReader
from akd_code.student.slots import Reader, Slots

if TYPE_CHECKING:
    import torch

Way = Literal["lean", "own", "batches", "alone"]
"""How a model is sampled: in slots by passes of our own, in slots by the model's own, or with transformers' cache.

The last is done in padded batches, or where padding changes what a model says, one answer at a time.
"""
_WITH_ITS_CACHE: tuple[Way, ...] = ("batches", "alone")
_ALIKE = 1e-3
_LEAN_SHARE = 0.5
"""Of the free memory that a second copy of the weights may take."""
_LENGTHS = (3, 6, 40)
_WRITTEN = (3, 2, 3)
"""Tokens after each of them: one ends while the one beside it goes on."""


def way_of(model: Any, device: str) -> Way:
    """Return the fastest way of sampling a model that gives its own logits. Raises StudentError where none does."""
    known: Way | None = getattr(model, "_akd_way", None)
    if known is None:
        ways: tuple[Way, ...] = ("lean", "own") if _plain_attention(model) else ()
        found = (way for way in (*ways, *_WITH_ITS_CACHE) if _gives_the_same(model, device, way))
        known = next(found, None)
        if known is None:
            raise StudentError(f"this student cannot be sampled: {_why_none(model, device)}")
        model._akd_way = known
    return known


def writer_of(
    model: Any, device: str, way: Way, size: int, prefix: tuple[int, ...] = (), pad: int = 0
) -> Slots | Batches | None:
    """Return what writes `size` answers at once in this way; None where there is too little memory for it."""
    if way in _WITH_ITS_CACHE:
        return Batches(model, size if way == "batches" else 1, device, pad)
    reader = reader_of(model, device, way, size, prefix)
    return None if reader is None else Slots(reader, size)


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
    """Compare a few steps of rows of different lengths, which begin alike, with passes that use no cache."""
    import torch

    size = model.get_input_embeddings().num_embeddings
    prompts = [tuple((7 * at + 3) % size for at in range(count)) for count in _LENGTHS]
    written = [[(place + 5 * at) % size for at in range(count)] for place, count in enumerate(_WRITTEN)]
    seen: list[list[torch.Tensor]] = [[] for _ in prompts]

    def step(logits: torch.Tensor, rows: Sequence[Writing]) -> list[Sampled | None]:
        answers: list[Sampled | None] = []
        for row, one in zip(rows, logits, strict=True):
            seen[row.place].append(one.float())
            row.tokens.append(written[row.place][len(row.tokens)])
            answers.append(Sampled("", "length", 0, 0) if len(row.tokens) == _WRITTEN[row.place] else None)
        return answers

    rows = (Writing(place, Ask(ids)) for place, ids in enumerate(prompts))
    try:
        with torch.inference_mode():
            writer = writer_of(model, device, way, 2, prompts[0][:-1])
            if writer is None:
                return False
            writer.write(rows, step, lambda place, answer: None)
            differences = torch.cat(
                [
                    _differences(model, device, [*ids, *written[place][:-1]], torch.stack(seen[place]))
                    for place, ids in enumerate(prompts)
                ]
            )
            if way in _WITH_ITS_CACHE and model.dtype != torch.float32:
                # the last ways there are: an expert that rounding chose otherwise is no reason to refuse a model
                return bool(differences.median() <= 1)
            return bool(differences.max() <= 1) and (way != "lean" or _same_far_off(model, device, prompts[-1]))
    except (RuntimeError, TypeError, AttributeError, ValueError, IndexError, NotImplementedError) as error:
        if isinstance(error, torch.OutOfMemoryError) and way in _WITH_ITS_CACHE:
            raise StudentError(
                "too little memory to sample this student; choose a smaller dtype or a device"
            ) from error
        return False  # a model that takes other arguments or keeps another kind of cache


def _same_far_off(model: Any, device: str, ids: tuple[int, ...]) -> bool:
    """Compare passes of our own at the last positions that the model knows: some attend otherwise from afar."""
    weights = lean_weights(model)
    if weights is None:
        return False
    begin = max(0, int(getattr(model.config, "max_position_embeddings", 0)) - len(ids))
    found = LeanReader(weights, 1, begin=begin).read([ids], [0], 0)
    return bool(_differences(model, device, ids, found, begin).max() <= 1)


def _differences(model: Any, device: str, ids: Sequence[int], found: torch.Tensor, begin: int = 0) -> torch.Tensor:
    """Return how far logits [n, v] are from the model's after the last n tokens, the first at `begin`: [n].

    1 is the most that counts as the same.
    """
    import torch

    where = {"position_ids": torch.arange(begin, begin + len(ids), device=device)[None]} if begin else {}
    given = torch.tensor([ids], device=device)
    plain = model(input_ids=given, use_cache=False, **where).logits[0, -len(found) :].float()
    largest = plain[plain.isfinite()].abs().max() if plain.isfinite().any() else plain.new_zeros(())
    tolerance = (_ALIKE if model.dtype == torch.float32 else 5e-2) * largest.clamp(min=1.0)
    apart: torch.Tensor = torch.where(plain == found, 0.0, (plain - found).abs()).nan_to_num(
        nan=torch.inf
    )  # infinities are equal
    shares: torch.Tensor = apart.amax(-1) / tolerance
    return shares


def _why_none(model: Any, device: str) -> str:
    """Return why a model is sampled in no way, and what to do about it."""
    import torch

    ids = torch.arange(8, device=device)[None]
    other = ids.clone()
    other[0, -1] = 0
    with torch.inference_mode():
        one, two = (model(input_ids=given, use_cache=False).logits[0, :-1].float() for given in (ids, other))
    if one.isnan().any():
        return f"its logits are not numbers in {str(model.dtype).removeprefix('torch.')}; choose another dtype"
    rounding = 1e-5 if model.dtype == torch.float32 else 1e-2
    if float((one - two).abs().max()) > rounding * max(1.0, float(one.abs().max())):
        return "what it says of a token depends on those after it; give a causal language model"
    return "with its cache it says something else than without; serve it, and give openai:NAME@URL"
