"""Reads into slots by the model's own forward pass, with a cache of ours under it: for every model that takes one.

Keys and values of all slots lie in one table per layer that grows in steps. A step's new ones are written in place, so
no step copies what was read before, and rows of different lengths share a step without padding on the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

from akd_code.student.logits import inner_model

if TYPE_CHECKING:
    import torch

GROWTH = 128
"""Positions that a table grows by at least."""


def grown(capacity: int, positions: int) -> int:
    """Return the capacity of a table of `capacity` positions that is to hold `positions`."""
    while capacity < positions:
        capacity += max(GROWTH, capacity // 4)
    return capacity


def _layer_class() -> Any:
    """Return the cache's layer, made on the first use: importing transformers takes seconds."""
    from transformers.cache_utils import DynamicLayer

    class SlotLayer(DynamicLayer):  # type: ignore[no-untyped-call]
        """Keys and values of one layer, [slots, heads, positions, dim]."""

        def __init__(self, table: Table) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.table = table

        def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            return self.table.write(self, key_states, value_states)

        def get_seq_length(self) -> int:
            return self.table.read

        def get_mask_sizes(self, query_length: Any, *args: Any) -> tuple[int, int]:
            queries = query_length if isinstance(query_length, int) else int(query_length.shape[0])
            return self.table.read + queries, 0

    return SlotLayer


class Table:
    """The slots' keys and values, and where the next forward pass writes.

    Reading prompts, `slots` says for each row of the pass which slots take it, and nothing older is looked at; then
    every slot in use gets one token, at its own position.
    """

    def __init__(self, model: Any, slots: int) -> None:
        """Prepare for `slots` answers at once; nothing is allocated yet."""
        from transformers import Cache

        config = model.config.get_text_config(decoder=True)
        layer = _layer_class()
        self.slots = slots
        self.layers = [layer(self) for _ in range(config.num_hidden_layers)]
        self.cache = Cache(layers=self.layers)
        self.read = 0
        self._capacity = 0
        self._taking: torch.Tensor | None = None
        self._from: torch.Tensor | None = None
        self._places: torch.Tensor | None = None
        self._rows: torch.Tensor | None = None

    def take(self, slots: torch.Tensor, rows: torch.Tensor, length: int) -> None:
        """The next pass reads prompts: `slots[i]` takes what row `rows[i]` gives, `length` positions."""
        self.read = 0
        self._taking, self._from = slots, rows
        self._capacity = grown(self._capacity, length)

    def step(self, places: torch.Tensor, last: int) -> None:
        """The next pass writes one token for each of the first slots, at these positions, `last` at most.

        That is told on its own so that nobody waits for an accelerator to find it.
        """
        import torch

        self._taking = None
        self._places = places
        self._rows = torch.arange(len(places), device=places.device)
        self.read = last
        self._capacity = grown(self._capacity, self.read + 1)

    def write(self, layer: Any, keys: Any, values: Any) -> tuple[Any, Any]:
        """Store a pass's keys and values [b, heads, q, dim]; return those it attends to."""
        for name, new in (("keys", keys), ("values", values)):
            table = getattr(layer, name)
            if table is None or table.shape[2] < self._capacity:
                setattr(layer, name, self._grown(table, new))
        if self._taking is not None:
            length = keys.shape[2]
            layer.keys[self._taking, :, :length] = keys[self._from]
            layer.values[self._taking, :, :length] = values[self._from]
            return keys, values
        layer.keys[self._rows, :, self._places] = keys[:, :, 0]
        layer.values[self._rows, :, self._places] = values[:, :, 0]
        rows, end = keys.shape[0], self.read + 1
        return layer.keys[:rows, :, :end], layer.values[:rows, :, :end]

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` positions of a slot to another."""
        for layer in self.layers:
            for table in (layer.keys, layer.values):
                table[target, :, :length] = table[source, :, :length]

    def _grown(self, table: Any, new: Any) -> Any:
        larger = new.new_zeros(self.slots, new.shape[1], self._capacity, new.shape[3])
        if table is not None:
            larger[:, :, : table.shape[2]] = table
        return larger


class OwnReader:
    """Reads prompts and single tokens by `model(...)`."""

    def __init__(self, model: Any, slots: int, device: str) -> None:
        """Prepare for `slots` answers at once."""
        self._model, self._device = model, device
        self._table = Table(model, slots)

    def read(self, prompts: Sequence[tuple[int, ...]], takes: Sequence[int], first: int) -> torch.Tensor:
        """As `Reader.read` (`slots.py`)."""
        import torch

        length = max(map(len, prompts))
        ids = torch.tensor([[*one, *([0] * (length - len(one)))] for one in prompts], device=self._device)
        slots = torch.arange(first, first + len(takes), device=self._device)
        self._table.take(slots, torch.tensor(takes, device=self._device), length)
        return self._last_logits(ids, torch.tensor([len(one) - 1 for one in prompts], device=self._device))

    def step(self, tokens: Sequence[int], places: Sequence[int]) -> torch.Tensor:
        """As `Reader.step`."""
        import torch

        where = torch.tensor(places, device=self._device)
        self._table.step(where, max(places))
        ids = torch.tensor(tokens, device=self._device)[:, None]
        seen = torch.arange(self._table.read + 1, device=self._device)[None, :] <= where[:, None]
        found: torch.Tensor = self._forward(ids, where[:, None], self._as_told(seen))[:, -1]
        return found

    def move(self, source: int, target: int, length: int) -> None:
        """As `Reader.move`."""
        self._table.move(source, target, length)

    def _last_logits(self, ids: Any, ends: Any) -> torch.Tensor:
        """Return the logits [b, v] at each row's last token; what stands behind it in a row is padding."""
        import torch

        positions = torch.arange(ids.shape[1], device=self._device).expand(len(ids), -1)
        kept, where = torch.unique(ends, return_inverse=True)
        logits = self._forward(ids, positions, None, kept)
        if logits.shape[1] != len(kept):  # the model has no logits_to_keep
            where = ends
        found: torch.Tensor = logits[torch.arange(len(ids), device=self._device), where]
        return found

    def _as_told(self, mask: Any) -> Any:
        """Return a mask [b, s] of what is seen in the form that the model's attention takes, [b, 1, 1, s]."""
        import torch

        mask = mask[:, None, None, :]
        if self._model.config._attn_implementation == "sdpa":
            return mask
        hidden = torch.finfo(self._model.dtype).min
        return torch.where(mask, 0.0, hidden).to(self._model.dtype)

    def _forward(self, ids: Any, positions: Any, mask: Any, kept: Any = None) -> Any:
        extra = {}
        if kept is not None and "logits_to_keep" in signature(inner_model(self._model).forward).parameters:
            extra["logits_to_keep"] = kept
        return self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=self._table.cache,
            use_cache=True,
            **extra,
        ).logits
