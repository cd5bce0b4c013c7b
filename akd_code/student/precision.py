"""Matrix products in bfloat16 while training on a processor that is fast at them; weights stay in float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from akd_code.student.attention import own_attention

if TYPE_CHECKING:
    import torch


def fast_bfloat16() -> bool:
    """Tell whether this processor multiplies bfloat16 matrices faster than float32 ones (AVX512-BF16 or AMX)."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@contextmanager
def mixed_precision(model: Any, device: str) -> Iterator[None]:
    """Run forward passes inside in mixed precision, on a processor with fast bfloat16; elsewhere change nothing.

    Attention stays in float32 (`attention.py`), so a model whose attention cannot be ours is left as it is.
    """
    import torch

    with own_attention(model) as ours:
        if device != "cpu" or not ours or not fast_bfloat16():
            yield
            return
        # without its cache: that would keep the weights' first bfloat16 copies through every optimiser step
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            yield


def product_dtype(weight: torch.Tensor) -> torch.dtype:
    """Return the type in which a product with this weight is made here: autocast's if that is on, else its own."""
    import torch

    kind = weight.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
