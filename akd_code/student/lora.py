"""LoRA layers in few steps: peft's forward pass casts, multiplies and adds over and over, and keeps it all for later.

One function gives x W' + s (x A') B' and its gradients from one cast of x; beside x it keeps only x A'. The frozen
weight is cast to the products' type once for a training, not in every pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import ReferenceType, ref

import torch

from akd_code.student.precision import product_dtype


@contextmanager
def lean_lora(model: Any) -> Iterator[int]:
    """Let the LoRA layers of the model work so inside; yields how many do.

    Others stay peft's: those with dropout, a variant such as DoRA, several adapters, or a base that is no plain linear
    layer.
    """
    from peft.tuners.lora import Linear

    lean = _lean_class()
    shared = _SharedCast()
    changed: list[Any] = [module for module in model.modules() if type(module) is Linear and _is_plain(module)]
    for module in changed:
        base = module.base_layer.weight
        kind = product_dtype(base)
        module.lean = _Lean(shared, None if base.dtype == kind else base.detach().to(kind))
        # of another class, not with another `forward`: what torch.compile makes of one layer then fits all
        module.__class__ = lean
    try:
        yield len(changed)
    finally:
        for module in changed:
            module.__class__ = Linear
            del module.lean


@dataclass(frozen=True, slots=True)
class _Lean:
    """What a layer has beside peft's: who casts its input, and its frozen weight in the products' type if cast."""

    cast: _SharedCast
    weight: torch.Tensor | None


@cache
def _lean_class() -> type:
    from peft.tuners.lora import Linear

    class LeanLinear(Linear):
        lean: _Lean

        def forward(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            name = self.active_adapters[0]
            base = self.base_layer
            weight = base.weight if self.lean.weight is None else self.lean.weight
            a, b, scale = self.lora_A[name].weight, self.lora_B[name].weight, float(self.scaling[name])
            if torch.compiler.is_compiling():
                return _in_plain_steps(x.to(weight.dtype), weight, base.bias, a, b, scale)
            found: torch.Tensor = _LoRA.apply(  # type: ignore[no-untyped-call]
                self.lean.cast(x, weight.dtype), weight, base.bias, a, b, scale
            )
            return found.view(*x.shape[:-1], found.shape[-1])  # out here, so that models may add to it in place

    return LeanLinear


def _in_plain_steps(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor, scale: float
) -> torch.Tensor:
    linear = torch.nn.functional.linear
    kind = x.dtype
    return linear(x, weight, None if bias is None else bias.to(kind)) + linear(
        linear(x, a.to(kind)), (b * scale).to(kind)
    )


def _is_plain(module: Any) -> bool:
    if module.merged or module.disable_adapters or len(module.active_adapters) != 1:
        return False
    (name,) = module.active_adapters
    if name not in module.lora_A or name in module.lora_variant:
        return False
    base = module.base_layer
    trained = base.weight.requires_grad or (base.bias is not None and base.bias.requires_grad)
    bare = type(base) is torch.nn.Linear and not trained
    return bare and isinstance(module.lora_dropout[name], torch.nn.Identity) and module.lora_B[name].bias is None


class _SharedCast:
    """Casts what several layers in a row are given (query, key and value; gate and up) once for all of them."""

    def __init__(self) -> None:
        self._source: ReferenceType[torch.Tensor] | None = None
        self._cast: torch.Tensor | None = None
        self._with_gradient = False

    def __call__(self, x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        if x.dtype == dtype:
            return x.to(dtype)
        known = self._source is not None and self._source() is x
        if self._cast is None or not known or self._with_gradient != torch.is_grad_enabled():
            self._source, self._cast = ref(x, self._forget), x.to(dtype)
            self._with_gradient = torch.is_grad_enabled()
        return self._cast

    def _forget(self, source: ReferenceType[torch.Tensor]) -> None:
        if self._source is source:
            self._source = self._cast = None


class _LoRA(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            flat = x.reshape(-1, x.shape[-1])
            small_a, small_b = a.to(x.dtype), (b * scale).to(x.dtype)
            inside = flat @ small_a.T  # [n, r]
            found = flat @ weight.T if bias is None else torch.addmm(bias.to(x.dtype), flat, weight.T)
            found.addmm_(inside, small_b.T)
        ctx.save_for_backward(flat, weight, inside, a, b)
        ctx.scale, ctx.shape = scale, x.shape
        return found

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        flat, weight, inside, a, b = ctx.saved_tensors
        with torch.autocast(flat.device.type, enabled=False):
            given = outer[0].reshape(-1, weight.shape[0]).to(flat.dtype)
            small_a, small_b = a.to(flat.dtype), (b * ctx.scale).to(flat.dtype)
            through = given @ small_b  # [n, r]
            for_a = (through.T @ flat).to(a.dtype)
            for_b = (given.T @ inside).to(b.dtype) * ctx.scale
            for_x = None
            if ctx.needs_input_grad[0]:
                for_x = (given @ weight).addmm_(through, small_a).view(ctx.shape)
        return for_x, None, None, for_a, for_b, None
