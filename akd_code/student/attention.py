"""Attention of ours in a student: in float32 where products are in bfloat16, and over packed rows.

Packed rows lie one behind the other in a single sequence: [1, t] token ids, without any padding. Everything in a
causal LM but attention works token by token and needs to know nothing of it. Attention takes the rows apart: it
gathers them as [rows, longest], padded on the right, where a plain causal mask keeps every real token from the padding.
No row sees another, and no [t, t] mask is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ATTENTION = "akd_sdpa"
"""The name under which transformers knows it."""


@contextmanager
def own_attention(model: Any) -> Iterator[bool]:
    """Use our attention inside; yields whether that can be: only a model with torch's own (SDPA) gives it up."""
    config = model.config
    before = getattr(config, "_attn_implementation", None)
    if before not in ("sdpa", ATTENTION):
        yield False
        return
    _register()
    config._attn_implementation = ATTENTION
    try:
        yield True
    finally:
        config._attn_implementation = before


def row_places(lengths: Sequence[int]) -> torch.Tensor:
    """Return where each row's tokens are in the packed sequence: [1, 1, rows, longest], int64.

    Behind its end a row repeats its last token. A model takes this for a mask that is ready (four dimensions) and
    passes it to every attention layer as it is, in recomputed layers too.
    """
    import torch

    longest, places, at = max(lengths), [], 0
    for length in lengths:
        places.append([*range(at, at + length), *[at + length - 1] * (longest - length)])
        at += length
    return torch.tensor([[places]])


@cache
def _register() -> None:
    import torch
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import sdpa_mask

    # it would be compiled for every number of rows
    over_rows = torch.compiler.disable(_packed)  # type: ignore[no-untyped-call]

    def attention(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        """Attend as transformers' SDPA does; a mask of integers is `row_places`."""
        inner = nullcontext()
        if query.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            # on a processor its backward pass in bfloat16 takes several times as long
            inner = torch.autocast("cpu", enabled=False)  # type: ignore[assignment]
            query, key, value = query.float(), key.float(), value.float()
        with inner:
            if mask is None or mask.dtype != torch.int64:
                return sdpa_attention_forward(module, query, key, value, mask, **options)
            return over_rows(module, query, key, value, mask[0, 0], **options)

    AttentionInterface.register(ATTENTION, attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def _packed(module: Any, query: Any, key: Any, value: Any, places: torch.Tensor, **options: Any) -> Any:
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    tokens, (rows, longest) = query.shape[2], places.shape
    flat = places.reshape(-1)

    def apart(packed: torch.Tensor) -> torch.Tensor:
        """[1, h, t, d] -> [rows, h, longest, d]."""
        chosen = packed[0].index_select(1, flat)
        return chosen.view(chosen.shape[0], rows, longest, -1).transpose(0, 1)

    window = options.get("sliding_window")
    near = None
    if window is not None and window < longest:
        at = torch.arange(longest, device=query.device)
        behind = at[:, None] - at[None, :]
        near = ((behind >= 0) & (behind < window))[None, None]
    options["is_causal"] = near is None
    if rows == 1:
        return sdpa_attention_forward(module, query, key, value, near, **options)
    found, weights = sdpa_attention_forward(module, apart(query), apart(key), apart(value), near, **options)
    # `flat` never decreases, and a token's first occurrence is the real one
    back = torch.searchsorted(flat, torch.arange(tokens, device=flat.device))
    return found.flatten(0, 1).index_select(0, back)[None], weights
