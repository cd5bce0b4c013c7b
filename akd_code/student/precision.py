"""Matrix products in bfloat16 while training on a processor that is fast at them; weights stay in float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ATTENTION = "akd_float32_sdpa"


def fast_bfloat16() -> bool:
    """Tell whether this processor multiplies bfloat16 matrices faster than float32 ones (AVX512-BF16 or AMX)."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@contextmanager
def mixed_precision(model: Any, device: str) -> Iterator[None]:
    """Run forward passes inside in mixed precision, on a processor with fast bfloat16; elsewhere change nothing.

    Attention stays in float32: on a processor its backward pass in bfloat16 takes several times as long.
    """
    import torch

    config = model.config
    if device != "cpu" or not fast_bfloat16() or config._attn_implementation != "sdpa":
        yield
        return
    _register_attention()
    config._attn_implementation = ATTENTION
    try:
        # without its cache: that would keep the weights' first bfloat16 copies through every optimiser step
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            yield
    finally:
        config._attn_implementation = "sdpa"


def _register_attention() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import sdpa_mask

    def attention(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        import torch

        with torch.autocast("cpu", enabled=False):
            return sdpa_attention_forward(module, query.float(), key.float(), value.float(), mask, **options)

    AttentionInterface.register(ATTENTION, attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
