"""Reads into slots by passes of our own, in few steps, for Llama-shaped models (`lean_weights.py`).

A step takes about fifteen operations per layer where the model's own code takes forty, nothing but attention is padded,
and the beginning that all prompts share is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from akd_code.student.own_reader import grown

if TYPE_CHECKING:
    import torch

    from akd_code.student.lean_weights import LeanLayer, LeanWeights

_ROWS_TOGETHER = 16
"""Rows whose attention reads as many positions as the longest of them, on a processor: memory's speed is the limit."""
Attend = Callable[[int, "torch.Tensor"], "torch.Tensor"]
"""Takes a layer's number and its queries, keys and values [n, (heads + 2 key heads) * dim], the first two rotated;
returns what is attended to, [n, heads * dim]."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Slots `first` to `last` of a step attend to `end` positions; mask [rows, 1, 1, end] is added to the scores."""

    first: int
    last: int
    end: int
    mask: torch.Tensor


class LeanReader:
    """All slots' keys and values, a table [slots, positions, 2, key heads, dim] per layer, and what writes them."""

    def __init__(self, weights: LeanWeights, slots: int, prefix: tuple[int, ...] = (), begin: int = 0) -> None:
        """Prepare for `slots` answers at once to prompts that all begin with `prefix`, and are longer.

        `begin` is the position of a prompt's first token for the rotary embeddings.
        """
        self._weights = weights
        self._begin = begin
        self._slots = slots
        self._width = weights.key_heads * weights.head_dim
        self._capacity = 0
        self._tables: list[torch.Tensor] = []
        self._prefix = 0
        if prefix:
            self._grow(len(prefix))
            self.read([prefix], [0], 0)
            self._prefix = len(prefix)
            for table in self._tables:
                table[1:, : len(prefix)] = table[0, : len(prefix)]

    def read(self, prompts: Sequence[tuple[int, ...]], takes: Sequence[int], first: int) -> torch.Tensor:
        """As `Reader.read` (`slots.py`)."""
        import torch

        device, start = self._weights.embedding.device, self._prefix
        self._grow(max(map(len, prompts)))
        lengths = [len(one) - start for one in prompts]
        ids = torch.tensor([token for one in prompts for token in one[start:]], device=device)
        positions = torch.cat([torch.arange(start, start + length) for length in lengths]).to(device)
        ends = torch.tensor(lengths).cumsum(0)
        begins = (ends - torch.tensor(lengths)).tolist()
        source = torch.cat([torch.arange(begins[one], begins[one] + lengths[one]) for one in takes]).to(device)
        target = torch.cat(
            [torch.arange(lengths[one]) + ((first + at) * self._capacity + start) for at, one in enumerate(takes)]
        ).to(device)
        attend = self._over_prompts(lengths)

        def stored(number: int, found: torch.Tensor) -> torch.Tensor:
            fresh = found[:, -2 * self._width :]
            self._flat(number).index_copy_(0, target, fresh.index_select(0, source))
            return attend(number, found)

        return self._pass(ids, positions, stored, (ends - 1).to(device))

    def step(self, tokens: Sequence[int], places: Sequence[int]) -> torch.Tensor:
        """As `Reader.step`."""
        import torch

        device, weights = self._weights.embedding.device, self._weights
        self._grow(max(places) + 1)
        where = torch.tensor(places, device=device)
        target = torch.arange(len(places), device=device) * self._capacity + where
        groups = self._groups(places, where)
        shape = (weights.key_heads, weights.heads // weights.key_heads, weights.head_dim)

        def attend(number: int, found: torch.Tensor) -> torch.Tensor:
            self._flat(number).index_copy_(0, target, found[:, -2 * self._width :])
            table = self._tables[number]
            queries = found[:, : -2 * self._width].view(-1, *shape)
            return torch.cat([self._seen(table, queries, group) for group in groups])

        return self._pass(torch.tensor(tokens, device=device), where, attend)

    def move(self, source: int, target: int, length: int) -> None:
        """As `Reader.move`."""
        for table in self._tables:
            table[target, :length] = table[source, :length]

    def _pass(
        self, ids: torch.Tensor, positions: torch.Tensor, attend: Attend, kept: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the logits [n, v] of tokens [n] at these positions, or of those `kept` alone."""
        import torch

        weights = self._weights
        x = weights.embedding.index_select(0, ids)
        cosines, sines = weights.rotary(x[None], positions[None] + self._begin)
        half = weights.head_dim // 2
        turned = torch.cat([-sines[0, :, :half], sines[0, :, half:]], dim=-1)[:, None], cosines[0][:, None]
        for number, layer in enumerate(weights.layers):
            found = layer.query_key_value(layer.norm(x))
            self._rotate(layer, found, *turned)
            x = layer.out.added(x, attend(number, found))
            gate, up = layer.gate_up(layer.mlp_norm(x)).chunk(2, dim=-1)
            x = layer.down.added(x, layer.activation(gate).mul_(up))
        if kept is not None:
            x = x.index_select(0, kept)
        return weights.head(weights.norm(x))

    def _rotate(self, layer: LeanLayer, found: torch.Tensor, sines: torch.Tensor, cosines: torch.Tensor) -> None:
        """Turn queries and keys by their positions, in place; the first half of the sines is negated."""
        import torch

        weights = self._weights
        turning = found[:, : -self._width].view(len(found), -1, weights.head_dim)
        if layer.query_norm is not None and layer.key_norm is not None:
            turning[:, : weights.heads] = layer.query_norm(turning[:, : weights.heads])
            turning[:, weights.heads :] = layer.key_norm(turning[:, weights.heads :])
        other = turning.roll(weights.head_dim // 2, dims=2)
        torch.addcmul(turning * cosines, other, sines, out=turning)

    def _over_prompts(self, lengths: Sequence[int]) -> Attend:
        """Return the attention of packed prompts: of so many tokens each, one behind the other, [t, ...]."""
        import torch

        device, weights, start = self._weights.embedding.device, self._weights, self._prefix
        longest = max(lengths)
        at = torch.arange(longest, device=device)
        counts = torch.tensor(lengths, device=device)
        begins = counts.cumsum(0) - counts
        # behind its end a row repeats its last token
        apart = (begins[:, None] + torch.minimum(at[None, :], counts[:, None] - 1)).flatten()
        real = (at[None, :] < counts[:, None]).flatten().nonzero()[:, 0]
        seen = None
        if start:
            seen = torch.arange(start + longest, device=device)[None, :] <= at[:, None] + start
        heads = weights.heads + 2 * weights.key_heads

        def attend(number: int, found: torch.Tensor) -> torch.Tensor:
            rows = found if len(lengths) == 1 else found.index_select(0, apart)
            split = rows.view(len(lengths), longest, heads, weights.head_dim).transpose(1, 2)
            first_value = weights.heads + weights.key_heads
            queries, keys, values = split.tensor_split([weights.heads, first_value], dim=1)
            if start:
                before = (
                    self._tables[number][0, :start].permute(1, 2, 0, 3)[:, None].expand(-1, len(lengths), -1, -1, -1)
                )
                keys, values = torch.cat([before[0], keys], dim=2), torch.cat([before[1], values], dim=2)
            keys, values = (one.repeat_interleave(weights.heads // weights.key_heads, dim=1) for one in (keys, values))
            answer = torch.nn.functional.scaled_dot_product_attention(
                queries, keys, values, attn_mask=seen, is_causal=seen is None, scale=weights.scale
            )
            flat = answer.transpose(1, 2).reshape(len(lengths) * longest, -1)
            return flat if len(real) == len(flat) else flat.index_select(0, real)

        return attend

    def _groups(self, places: Sequence[int], where: torch.Tensor) -> list[_Group]:
        import torch

        rows = _ROWS_TOGETHER if where.device.type == "cpu" else len(places)
        edges = [*range(0, len(places), rows), len(places)]
        groups = []
        for first, last in pairwise(edges):
            end = max(places[first:last]) + 1
            seen = torch.arange(end, device=where.device)[None, :] <= where[first:last, None]
            mask = torch.where(seen, 0.0, -torch.inf).to(self._weights.embedding.dtype)
            groups.append(_Group(first, last, end, mask[:, None, None]))
        return groups

    def _seen(self, table: torch.Tensor, queries: torch.Tensor, group: _Group) -> torch.Tensor:
        """Return what a group's queries [rows, key heads, heads of each, dim] attend to, [rows, heads * dim]."""
        import torch

        keys, values = table[group.first : group.last, : group.end].permute(2, 0, 3, 1, 4)
        return torch.nn.functional.scaled_dot_product_attention(
            queries[group.first : group.last], keys, values, attn_mask=group.mask, scale=self._weights.scale
        ).flatten(1)

    def _flat(self, number: int) -> torch.Tensor:
        """Return a layer's table as one row per position of all slots, [slots * positions, 2 * key heads * dim]."""
        return self._tables[number].view(self._slots * self._capacity, 2 * self._width)

    def _grow(self, positions: int) -> None:
        """Make room for so many positions in every slot, a layer after the other."""
        if positions <= self._capacity:
            return
        weights, before = self._weights, self._capacity
        self._capacity = grown(before, positions)
        shape = (self._slots, self._capacity, 2, weights.key_heads, weights.head_dim)
        for number in range(len(weights.layers)):
            table = weights.embedding.new_zeros(shape)
            if number < len(self._tables):
                table[:, :before] = self._tables[number]
                self._tables[number] = table
            else:
                self._tables.append(table)
