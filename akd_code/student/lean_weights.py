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


def lean_weights(model: Any) -> LeanWeights | None:
    """Return a copy of the model's weights, so arranged; None for a model of another shape, or with an adapter."""
    if inner_model(model) is not model:
        return None
    try:
        body = model.base_model
        rotary = body.rotary_emb
        attention = body.layers[0].self_attn
        head_dim = int(attention.head_dim)
        if getattr(rotary, "rope_type", "default") not in _STEADY_ROPES:
            return None
        return LeanWeights(
            body.embed_tokens.weight.detach(),
            tuple(_layer(layer) for layer in body.layers),
            _norm(body.norm),
            _product([model.get_output_embeddings()]),
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


def _layer(layer: Any) -> LeanLayer:
    attention, mlp = layer.self_attn, layer.mlp
    query_norm, key_norm = getattr(attention, "q_norm", None), getattr(attention, "k_norm", None)
    return LeanLayer(
        _norm(layer.input_layernorm),
        _product([attention.q_proj, attention.k_proj, attention.v_proj]),
        None if query_norm is None else _norm(query_norm),
        None if key_norm is None else _norm(key_norm),
        _product([attention.o_proj]),
        _norm(layer.post_attention_layernorm),
        _product([mlp.gate_proj, mlp.up_proj]),
        mlp.act_fn,
        _product([mlp.down_proj]),
    )


def _product(layers: list[Any]) -> Product:
    """Return linear layers of one input as one. Raises TypeError for anything but plain linear layers."""
    import torch

    if not all(type(layer) is torch.nn.Linear for layer in layers):
        raise TypeError("a layer is not a plain linear one")
    weights = [layer.weight.detach() for layer in layers]
    weight = weights[0] if len(weights) == 1 else torch.cat(weights)
    # in float32 a processor's products are faster with the weight laid out as it is read (89 ms for 100 a step)
    weight = weight.t().contiguous() if weight.dtype == torch.float32 else weight.t()
    biases = [layer.bias for layer in layers]
    if all(bias is None for bias in biases):
        return Product(weight, None)
    return Product(
        weight,
        torch.cat(
            [
                weight.new_zeros(layer.out_features) if bias is None else bias.detach()
                for layer, bias in zip(layers, biases, strict=True)
            ]
        ),
    )


def _norm(module: Any) -> Norm:
    """Return Llama's RMS norm as one call; another as the module it is. Raises AttributeError for what is neither."""
    import torch

    weight = module.weight.detach()
    eps = getattr(module, "variance_epsilon", None)
    if eps is None:
        norm: Norm = module
        return norm
    shape = tuple(weight.shape)
    return lambda x: torch.nn.functional.rms_norm(x, shape, weight, eps)
