"""Answers written side by side in slots: as one ends, the next prompt takes its place (continuous batching).

Keys and values of all slots lie in one table per layer that grows in steps. A step's new ones are written in place, so
no step copies what was read before, and rows of different lengths share a step without padding on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

from akd_code.student.ask import Ask, Sampled, Writing
from akd_code.student.logits import inner_model

if TYPE_CHECKING:
    import torch

_GROWTH = 128
"""Positions that the table grows by at least."""
READ_AT_ONCE = 2048
"""Tokens of prompts that are read in one forward pass at most (one prompt may be longer)."""
_ALIKE = 1e-3
Step = Callable[["torch.Tensor", Sequence[Writing]], list[Sampled | None]]
"""Takes logits [b, v] and the rows they belong to; returns for each row its answer, if it has ended."""


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
        self._grow(length)

    def step(self, places: torch.Tensor, last: int) -> None:
        """The next pass writes one token for each of the first slots, at these positions, `last` at most.

        That is told on its own so that nobody waits for an accelerator to find it.
        """
        import torch

        self._taking = None
        self._places = places
        self._rows = torch.arange(len(places), device=places.device)
        self.read = last
        self._grow(self.read + 1)

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

    def move(self, source: int, target: int) -> None:
        """Copy a slot's content to another."""
        for layer in self.layers:
            layer.keys[target], layer.values[target] = layer.keys[source], layer.values[source]

    def _grow(self, positions: int) -> None:
        while self._capacity < positions:
            self._capacity += max(_GROWTH, self._capacity // 4)

    def _grown(self, table: Any, new: Any) -> Any:
        grown = new.new_zeros(self.slots, new.shape[1], self._capacity, new.shape[3])
        if table is not None:
            grown[:, :, : table.shape[2]] = table
        return grown


@dataclass(frozen=True, slots=True)
class Slots:
    """Writes the answers to any number of asks, `size` at once."""

    model: Any
    size: int
    device: str

    def write(self, asks: Iterator[Writing], step: Step, ended: Callable[[int, Sampled], None]) -> None:
        """Write until no ask is left; `ended` is told each answer with its ask's place."""
        import torch

        table = Table(self.model, self.size)
        active: list[Writing] = []
        waiting = _Queue(asks)
        while active or waiting:
            free = self.size - len(active)
            if waiting and (free >= max(1, self.size // 8) or not active):
                self._read(table, active, waiting.take(free), step, ended)
                continue
            lengths = [row.length - 1 for row in active]
            places = torch.tensor(lengths, device=self.device)
            table.step(places, max(lengths))
            ids = torch.tensor([[row.tokens[-1]] for row in active], device=self.device)
            mask = torch.arange(table.read + 1, device=self.device)[None, :] <= places[:, None]
            logits = self._forward(ids, places[:, None], table, self._as_told(mask))[:, -1]
            answers = step(logits, active)
            self._close(table, active, answers, ended)

    def _close(
        self,
        table: Table,
        active: list[Writing],
        answers: Sequence[Sampled | None],
        ended: Callable[[int, Sampled], None],
    ) -> None:
        """Tell of the answers that have ended; the last rows move into their slots, so that those in use are first."""
        over = [slot for slot, answer in enumerate(answers) if answer is not None]
        for slot in over:
            answer = answers[slot]
            assert answer is not None
            ended(active[slot].place, answer)
        for slot in reversed(over):
            last = active.pop()
            if slot < len(active):
                table.move(len(active), slot)
                active[slot] = last

    def _read(
        self,
        table: Table,
        active: list[Writing],
        taken: list[Writing],
        step: Step,
        ended: Callable[[int, Sampled], None],
    ) -> None:
        """Read the prompts of new rows, like lengths together, and write each one's first token."""
        import torch

        for group in _alike(taken):
            prompts = list(dict.fromkeys(row.ask.ids for row in group))
            length = max(map(len, prompts))
            ids = torch.tensor([[*one, *([0] * (length - len(one)))] for one in prompts], device=self.device)
            first = len(active)
            slots = torch.arange(first, first + len(group), device=self.device)
            rows = torch.tensor([prompts.index(row.ask.ids) for row in group], device=self.device)
            table.take(slots, rows, length)
            ends = torch.tensor([len(one) - 1 for one in prompts], device=self.device)
            logits = self._last_logits(ids, ends, table)[rows]
            active += group
            answers = step(logits, group)
            self._close(table, active, [None] * first + answers, ended)

    def _last_logits(self, ids: Any, ends: Any, table: Table) -> Any:
        """Return the logits [b, v] at each row's last token; what stands behind it in a row is padding."""
        import torch

        positions = torch.arange(ids.shape[1], device=self.device).expand(len(ids), -1)
        kept, where = torch.unique(ends, return_inverse=True)
        logits = self._forward(ids, positions, table, None, kept)
        if logits.shape[1] != len(kept):  # the model has no logits_to_keep
            where = ends
        return logits[torch.arange(len(ids), device=self.device), where]

    def _as_told(self, mask: Any) -> Any:
        """Return a mask [b, s] of what is seen in the form that the model's attention takes, [b, 1, 1, s]."""
        import torch

        mask = mask[:, None, None, :]
        if self.model.config._attn_implementation == "sdpa":
            return mask
        hidden = torch.finfo(self.model.dtype).min
        return torch.where(mask, 0.0, hidden).to(self.model.dtype)

    def _forward(self, ids: Any, positions: Any, table: Table, mask: Any, kept: Any = None) -> Any:
        extra = {}
        if kept is not None and "logits_to_keep" in signature(inner_model(self.model).forward).parameters:
            extra["logits_to_keep"] = kept
        return self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=table.cache,
            use_cache=True,
            **extra,
        ).logits


class _Queue:
    """Asks that wait, taken in their order."""

    def __init__(self, asks: Iterator[Writing]) -> None:
        self._asks = asks
        self._next = next(asks, None)

    def __bool__(self) -> bool:
        return self._next is not None

    def take(self, count: int) -> list[Writing]:
        taken: list[Writing] = []
        while self._next is not None and len(taken) < count:
            taken.append(self._next)
            self._next = next(self._asks, None)
        return taken


def _alike(rows: Sequence[Writing]) -> Iterator[list[Writing]]:
    """Yield the rows in groups whose distinct prompts, padded to the longest, stay within READ_AT_ONCE."""
    group: list[Writing] = []
    longest, prompts = 0, set[tuple[int, ...]]()
    for row in sorted(rows, key=lambda one: -len(one.ask.ids)):
        longest = max(longest, len(row.ask.ids))
        if group and longest * len(prompts | {row.ask.ids}) > READ_AT_ONCE:
            yield group
            group, longest, prompts = [], len(row.ask.ids), set()
        group.append(row)
        prompts.add(row.ask.ids)
    if group:
        yield group


def fits(model: Any, device: str) -> bool:
    """Return whether a model can be sampled in slots: it attends to all that came before, and gives the same logits.

    Tried on two short rows of different lengths against plain forward passes, once for each model.
    """
    known: bool | None = getattr(model, "_akd_slots", None)
    if known is None:
        known = _plain_attention(model) and _gives_the_same(model, device)
        model._akd_slots = known
    return known


def _plain_attention(model: Any) -> bool:
    config = model.config.get_text_config(decoder=True)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    parameters = signature(inner_model(model).forward).parameters
    return (
        kinds == {"full_attention"}
        and window is None
        and getattr(config, "_attn_implementation", None) in ("sdpa", "eager")
        and {"position_ids", "past_key_values", "attention_mask"} <= parameters.keys()
    )


def _gives_the_same(model: Any, device: str) -> bool:
    """Compare three steps of two rows with forward passes that use no cache."""
    import torch

    size = model.get_input_embeddings().num_embeddings
    prompts = [tuple((7 * at + 3) % size for at in range(count)) for count in (3, 6)]
    written = {0: [1 % size, 5 % size, 2 % size], 1: [4 % size, 4 % size, 9 % size]}
    seen: dict[int, list[Any]] = {0: [], 1: []}

    def step(logits: Any, rows: Sequence[Writing]) -> list[Sampled | None]:
        answers: list[Sampled | None] = []
        for row, one in zip(rows, logits, strict=True):
            seen[row.place].append(one.float())
            row.tokens.append(written[row.place][len(row.tokens)])
            done = len(row.tokens) == len(written[row.place])
            answers.append(Sampled("", "length", 0, 0) if done else None)
        return answers

    def nothing(place: int, answer: Sampled) -> None:
        return

    rows = (Writing(place, Ask(ids)) for place, ids in enumerate(prompts))
    try:
        with torch.inference_mode():
            Slots(model, 2, device).write(rows, step, nothing)
            for place, ids in enumerate(prompts):
                whole = torch.tensor([[*ids, *written[place][:-1]]], device=device)
                plain = model(input_ids=whole, use_cache=False).logits[0, len(ids) - 1 :].float()
                found = torch.stack(seen[place])
                scale = max(1.0, float(plain.abs().max()))
                tolerance = _ALIKE if plain.dtype == model.dtype else 5e-2
                if not bool((plain - found).abs().max() <= tolerance * scale):
                    return False
    except (RuntimeError, TypeError, AttributeError, ValueError, IndexError, NotImplementedError):
        return False  # a model that takes other arguments or keeps another kind of cache
    return True
