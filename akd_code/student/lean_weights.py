"""A Llama-shaped model's weights, arranged for passes in few steps: products that follow one input are one product.

Llama, Mistral, Qwen2, Qwen3 and whatever else has their parts under their names. Whether the passes made of them give
this model's logits is not concluded from names: it is tested on the model itself (`readers.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from akd_code.student.logits import inner_model

if TYPE_CHECKING:
    import torch

_STEADY_ROPES = ("default", "linear", "llama3", "yarn")
"""Rotary embeddings of a position that do not depend on how long the longest row of a pass is."""
Norm = Callable[["torch.Tensor"], "torch.Tensor"]


@dataclass(frozen=True, slots=True)
class Product:
    """A linear layer, or several of one input: weight [in, out], bias [out] or none."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return x [n, in] through it, [n, out]."""
        import torch

        return torch.mm(x, self.weight) if self.bias is None else torch.addmm(self.bias, x, self.weight)

    def added(self, residual: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return `residual` [n, out] plus x [n, in] through it."""
        import torch

        if self.weight.dtype == torch.float32:
            found = torch.addmm(residual, x, self.weight)
        else:  # the one step takes a processor twice as long as the two
            found = torch.mm(x, self.weight).add_(residual)
        return found if self.bias is None else found.add_(self.bias)


@dataclass(frozen=True, slots=True)
class LeanLayer:
    """One layer. `query_norm` and `key_norm` are Qwen3's, over each head."""

    norm: Norm
    query_key_value: Product
    query_norm: Norm | None
    key_norm: Norm | None
    out: Product
    mlp_norm: Norm
    gate_up: Product
    activation: Callable[[torch.Tensor], torch.Tensor]
    down: Product


@dataclass(frozen=True, slots=True)
class LeanWeights:
    """A whole model. `rotary(x, positions)` gives cosines and sines as transformers' own does."""

    embedding: torch.Tensor
    layers: tuple[LeanLayer, ...]
    norm: Norm
    head: Product
    rotary: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    heads: int
    key_heads: int
    head_dim: int
    scale: float


def lean_weights(model: Any, dtype: torch.dtype | None = None) -> LeanWeights | None:
    """Return a copy of the model's weights, so arranged, in `dtype` or their own; None for a model of another shape."""
    inner = inner_model(model)
    body = inner.base_model
    dtype = dtype or inner.dtype
    try:
        rotary = body.rotary_emb
        attention = body.layers[0].self_attn
        head_dim = int(attention.head_dim)
        if inner is not model or getattr(rotary, "rope_type", "default") not in _STEADY_ROPES:
            return None
        return LeanWeights(
            body.embed_tokens.weight.detach().to(dtype),
            tuple(_layer(layer, dtype) for layer in body.layers),
            _norm(body.norm, dtype),
            _product([inner.get_output_embeddings()], dtype),
            rotary,
            attention.q_proj.out_features // head_dim,
            attention.k_proj.out_features // head_dim,
            head_dim,
            float(attention.scaling),
        )
    except (AttributeError, TypeError, IndexError):
        return None


def lean_bytes(model: Any) -> int:
    """Return how many bytes such a copy of the model takes, in its own type."""
    return sum(weight.numel() * weight.element_size() for weight in model.parameters())


def _layer(layer: Any, dtype: torch.dtype) -> LeanLayer:
    attention, mlp = layer.self_attn, layer.mlp
    query_norm, key_norm = getattr(attention, "q_norm", None), getattr(attention, "k_norm", None)
    return LeanLayer(
        _norm(layer.input_layernorm, dtype),
        _product([attention.q_proj, attention.k_proj, attention.v_proj], dtype),
        None if query_norm is None else _norm(query_norm, dtype),
        None if key_norm is None else _norm(key_norm, dtype),
        _product([attention.o_proj], dtype),
        _norm(layer.post_attention_layernorm, dtype),
        _product([mlp.gate_proj, mlp.up_proj], dtype),
        mlp.act_fn,
        _product([mlp.down_proj], dtype),
    )


def _product(layers: list[Any], dtype: torch.dtype) -> Product:
    """Return linear layers of one input as one. Raises TypeError for anything but plain linear layers."""
    import torch

    if not all(type(layer) is torch.nn.Linear for layer in layers):
        raise TypeError("a layer is not a plain linear one")
    weight = torch.cat([layer.weight.detach().to(dtype) for layer in layers])
    # in float32 a processor's products are faster with the weight laid out as it is read (89 ms for 100 a step)
    weight = weight.t().contiguous() if dtype == torch.float32 else weight.t()
    biases = [layer.bias for layer in layers]
    if all(bias is None for bias in biases):
        return Product(weight, None)
    return Product(
        weight,
        torch.cat(
            [
                weight.new_zeros(layer.out_features) if bias is None else bias.detach().to(dtype)
                for layer, bias in zip(layers, biases, strict=True)
            ]
        ),
    )


def _norm(module: Any, dtype: torch.dtype) -> Norm:
    """Return Llama's RMS norm as one call; another as the module it is. Raises AttributeError for what is neither."""
    import torch

    weight = module.weight.detach().to(dtype)
    eps = getattr(module, "variance_epsilon", None)
    if eps is None:
        if weight.dtype != module.weight.dtype:
            raise TypeError("a norm of another kind cannot be had in another type")
        norm: Norm = module
        return norm
    shape = tuple(weight.shape)
    return lambda x: torch.nn.functional.rms_norm(x, shape, weight, eps)
