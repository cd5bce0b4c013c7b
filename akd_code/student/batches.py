"""Answers written batch by batch, with transformers' own cache: for models that do not fit into slots.

Finished rows leave batch and cache as they end. Slower than `slots.py`: every step copies what was read before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from itertools import islice
from typing import Any

from akd_code.student.ask import Sampled, Writing
from akd_code.student.logits import inner_model
from akd_code.student.slots import Step


@dataclass(frozen=True, slots=True)
class Batches:
    """Writes the answers to any number of asks, `size` at once; `pad` is the padding's token."""

    model: Any
    size: int
    device: str
    pad: int

    def write(self, asks: Iterator[Writing], step: Step, ended: Callable[[int, Sampled], None]) -> None:
        """Write until no ask is left; `ended` is told each answer with its ask's place."""
        while rows := list(islice(asks, self.size)):
            self._batch(rows, step, ended)

    def _batch(self, rows: list[Writing], step: Step, ended: Callable[[int, Sampled], None]) -> None:
        import torch

        logits, mask, positions, cache = self._read([row.ask.ids for row in rows])
        while True:
            answers = step(logits, rows)
            for row, answer in zip(rows, answers, strict=True):
                if answer is not None:
                    ended(row.place, answer)
            kept = [place for place, answer in enumerate(answers) if answer is None]
            if not kept:
                return
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
            positions = positions[:, -1:] + 1
            if len(kept) < len(rows):
                rows = [rows[place] for place in kept]
                index = torch.tensor(kept, device=self.device)
                positions, mask = positions[index], mask[index]
                cache.reorder_cache(index)  # which every kind of layer has, recurrent ones too
            ids = torch.tensor([[row.tokens[-1]] for row in rows], device=self.device)
            logits = self._forward(ids, mask, positions, cache)

    def _read(self, prompts: Sequence[Sequence[int]]) -> tuple[Any, Any, Any, Any]:
        """Return (logits [b, v], mask [b, s], positions [b, s], cache) after the prompts, padded on the left."""
        import torch
        from transformers import DynamicCache

        length = max(map(len, prompts))
        ids = torch.tensor([[self.pad] * (length - len(row)) + list(row) for row in prompts], device=self.device)
        mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in prompts], device=self.device)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        cache = DynamicCache(config=self.model.config)
        return self._forward(ids, mask, positions, cache), mask, positions, cache

    def _forward(self, ids: Any, mask: Any, positions: Any, cache: Any) -> Any:
        """Return the logits of the next token, [b, v]."""
        taken = signature(inner_model(self.model).forward).parameters
        kept = {"past_key_values": cache}
        if "cache_params" in taken:  # a recurrent model; where padding ends it knows once the prompts are read
            kept, mask = {"cache_params": cache}, mask if ids.shape[1] > 1 else None
        return self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1, **kept
        ).logits[:, -1]
