"""From hidden states to what is said of each token, a chunk of tokens at a time: [tokens, vocabulary] never exists.

A causal LM's logits are its output layer over its last hidden states, in some families scaled or soft-capped.
`readout_of` reads that off the configuration; whether it is right is tested on the model itself (`shortcuts.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad
from torch.utils.checkpoint import checkpoint

from akd_code.student.layout import few_sizes
from akd_code.student.precision import product_dtype

CHUNK_BYTES = {"cpu": 64 * 2**20}
"""Of a chunk's float32 logits: on a processor little more than its caches hold."""
_OTHER_CHUNK_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Readout:
    """The output layer `head` [v, h], and what is done to its logits: times `scale`, then soft-capped at `cap`."""

    head: Any
    scale: float = 1.0
    cap: float | None = None

    @property
    def plain(self) -> bool:
        """Whether it is a linear layer that is not trained, and nothing else."""
        bare = isinstance(self.head, torch.nn.Linear) and type(self.head).forward is torch.nn.Linear.forward
        frozen = not any(weight.requires_grad for weight in self.head.parameters())
        return bare and frozen and self.scale == 1.0 and self.cap is None

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the logits [n, v] of hidden states [n, h], float32."""
        found: torch.Tensor = self.head(hidden.to(self._weight_dtype())).float()
        if self.scale != 1.0:
            found = found * self.scale
        return found if self.cap is None else torch.tanh(found / self.cap) * self.cap

    def chunks(self, hidden: torch.Tensor) -> int:
        """Return how many tokens of these a chunk has."""
        vocabulary = int(next(self.head.parameters()).shape[0])
        return max(1, CHUNK_BYTES.get(hidden.device.type, _OTHER_CHUNK_BYTES) // (4 * vocabulary))

    def _weight_dtype(self) -> torch.dtype:
        dtype: torch.dtype = next(self.head.parameters()).dtype
        return dtype


def readout_of(model: Any) -> Readout | None:
    """Return how the model's configuration says that its hidden states become logits; None without an output layer."""
    head = model.get_output_embeddings()
    if head is None or model.base_model is model:
        return None
    config = model.config
    scale = 1.0
    if getattr(config, "logit_scale", None):  # Cohere
        scale = float(config.logit_scale)
    elif getattr(config, "logits_scaling", None):  # Granite
        scale = 1.0 / float(config.logits_scaling)
    return Readout(head, scale, getattr(config, "final_logit_softcapping", None))  # Gemma


def cross_entropies(readout: Readout, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy [n] of each target after its hidden state [n, h], float32."""
    if readout.plain:
        head = readout.head
        weight = head.weight.to(product_dtype(head.weight))
        found: torch.Tensor = _FrozenHeadLoss.apply(  # type: ignore[no-untyped-call]
            hidden, weight, head.bias, targets, readout.chunks(hidden)
        )
        return found
    return over_logits(readout, hidden, _cross_entropy, targets)


def over_logits(
    readout: Readout, hidden: torch.Tensor, said: Callable[..., torch.Tensor], *along: torch.Tensor
) -> torch.Tensor:
    """Return `said(logits, *along)` of all tokens, [n, ...], computed chunk by chunk, and again for its gradient.

    `said` takes float32 logits [c, v] and the same tokens' part of each tensor of `along`, and returns [c, ...].
    """

    def of_chunk(part: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        return said(readout.logits(part), *others)

    size = readout.chunks(hidden)
    parts = zip(torch.split(hidden, size), *(torch.split(one, size) for one in along), strict=True)
    if not torch.is_grad_enabled():
        return torch.cat([of_chunk(*part) for part in parts])
    return torch.cat([checkpoint(of_chunk, *part, use_reentrant=False) for part in parts])


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits, targets, reduction="none")


class _FrozenHeadLoss(torch.autograd.Function):
    """Cross-entropy through a frozen output layer; the gradient of a chunk is made beside its loss, not from scratch.

    It is [n, h]: what is multiplied by the gradient of each token's loss afterwards.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        targets: torch.Tensor,
        size: int,
    ) -> torch.Tensor:
        losses, gradients = [], []
        tokens = len(targets)
        filler = few_sizes(tokens % size) - tokens % size  # the last chunk's logits are as large as any chunk's
        with torch.autocast(hidden.device.type, enabled=False):
            parts = torch.split(pad(hidden.detach().to(weight.dtype), (0, 0, 0, filler)), size)
            for part, wanted in zip(parts, torch.split(pad(targets, (0, filler)), size), strict=True):
                logits = torch.nn.functional.linear(part, weight).float()
                if bias is not None:
                    logits += bias
                total = logits.logsumexp(-1, keepdim=True)
                losses.append((total - logits.gather(-1, wanted[:, None]))[:, 0])
                if ctx.needs_input_grad[0]:
                    shares = logits.sub_(total).exp_()
                    shares.scatter_add_(-1, wanted[:, None], shares.new_full((len(wanted), 1), -1.0))
                    gradients.append(shares.to(weight.dtype) @ weight)
        if gradients:
            ctx.save_for_backward(torch.cat(gradients)[:tokens])
            ctx.dtype = hidden.dtype
        return torch.cat(losses)[:tokens]

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        (gradients,) = ctx.saved_tensors
        return (gradients * outer[0][:, None]).to(ctx.dtype), None, None, None, None
