"""Answers of a student: batched decoding with a key-value cache.

A loop of our own rather than `generate`: it drops finished rows from batch and cache as they end, gives each row
a finish reason, and draws from a generator of its own, so results depend on inputs, seed and batch size alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from akd_code.student.encode import prompt_ids, stop_ids, turns_of
from akd_code.student.load import Student, StudentError
from akd_code.student.merge import merged

if TYPE_CHECKING:
    import torch

MERGE_BELOW = 200_000_000
"""Models up to this many parameters are sampled through a merged copy; larger ones keep the adapter beside."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One answer. `finish_reason` is `stop` (stop token or string) or `length`; tokens include the stop token."""

    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


OnAnswer = Callable[[int, Sampled], None]
"""`on_answer(place, answer)`: the answer to the prompt at this place has ended. Answers end in any order."""


def _untold(place: int, answer: Sampled) -> None:
    return


def sample_answers(
    student: Student,
    conversations: Sequence[Sequence[Any]],
    *,
    temperature: float = 0.0,
    top_p: float = 1.0,
    max_new_tokens: int = 512,
    seed: int = 0,
    batch_size: int = 64,
    stop: Sequence[str] = (),
    on_answer: OnAnswer = _untold,
) -> list[Sampled]:
    """Return one answer per conversation, in the order given; `on_answer` gets each as soon as it ends.

    Conversations are sequences of messages (mappings, pairs or objects with role and content). `temperature` 0 is
    greedy. An answer ends at a stop token, before the first of the `stop` strings, or after `max_new_tokens`. For
    several answers to one prompt give it several times. Equal inputs, seed and batch size give equal answers.

    Raises:
        StudentError: an empty prompt, or settings out of range.
    """
    import torch

    _check(temperature, top_p, max_new_tokens, batch_size)
    prompts = [prompt_ids(student.tokenizer, turns_of(conversation)) for conversation in conversations]
    if not all(prompts):
        raise StudentError("a conversation has no tokens at all; give every prompt some text")
    order = sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index))
    decoder = _Decoder(
        sampling_model(student), student, stop_ids(student), tuple(stop), temperature, top_p, max_new_tokens
    )
    answers: dict[int, Sampled] = {}
    with torch.inference_mode():
        for number, at in enumerate(range(0, len(order), batch_size)):
            batch = order[at : at + batch_size]
            generator = torch.Generator(device=student.device).manual_seed(seed * 1_000_003 + number)

            def ended(row: int, answer: Sampled, batch: list[int] = batch) -> None:
                on_answer(batch[row], answer)

            made = decoder.answer([prompts[index] for index in batch], generator, ended)
            answers.update(zip(batch, made, strict=True))
    return [answers[index] for index in range(len(prompts))]


def sample_ids(
    student: Student,
    prompts: Sequence[Sequence[int]],
    *,
    model: Any = None,
    copies: int = 1,
    temperature: float = 0.0,
    top_p: float = 1.0,
    max_new_tokens: int = 512,
    seed: int = 0,
    stop: Sequence[str] = (),
    on_answer: OnAnswer = _untold,
) -> list[Sampled]:
    """Return `copies` answers to each prompt (token ids) as one batch: prompt by prompt, copies side by side.

    The copies share the prompt's prefill: it is computed once and its cache repeated. `model` is what `sampling_model`
    returned, to be given where many batches follow each other. Equal arguments give equal answers. `on_answer` gets
    each answer, with its place in the list, as soon as it ends.

    Raises:
        StudentError: an empty prompt, or settings out of range.
    """
    import torch

    _check(temperature, top_p, max_new_tokens, copies)
    if not all(prompts):
        raise StudentError("a prompt has no tokens at all; give every prompt some text")
    chosen = sampling_model(student) if model is None else model
    decoder = _Decoder(chosen, student, stop_ids(student), tuple(stop), temperature, top_p, max_new_tokens)
    generator = torch.Generator(device=student.device).manual_seed(seed)
    with torch.inference_mode():
        return decoder.answer(prompts, generator, on_answer, copies)


def _check(temperature: float, top_p: float, max_new_tokens: int, rows: int) -> None:
    """Raise StudentError for settings out of range; `rows` is the batch size, or the copies of each prompt."""
    if temperature < 0 or not 0 < top_p <= 1 or max_new_tokens < 1 or rows < 1:
        needs = "temperature >= 0, 0 < top_p <= 1, max_new_tokens >= 1 and at least one row at a time"
        raise StudentError(f"sampling needs {needs}")


def sampling_model(student: Student) -> Any:
    """Return a model to sample from: a merged float32 copy where that is cheap, the student's own otherwise.

    The student itself is never merged: merging and unmerging leaves rounding errors in its weights, and half-precision
    merges change answers.
    """
    import torch

    model = student.model
    if not student.has_adapter or model.dtype != torch.float32 or model.num_parameters() > MERGE_BELOW:
        return model
    return merged(student).model


@dataclass(frozen=True, slots=True)
class _Decoder:
    model: Any
    student: Student
    stops: frozenset[int]
    stop: tuple[str, ...]
    temperature: float
    top_p: float
    max_new_tokens: int

    def answer(
        self, prompts: Sequence[Sequence[int]], generator: torch.Generator, on_answer: OnAnswer, copies: int = 1
    ) -> list[Sampled]:
        """Return `copies` answers to each of a batch of prompts (token ids), prompt by prompt."""
        import torch

        device = self.student.device
        logits, mask, positions, cache = self._read(prompts, copies)
        prompts = [prompt for prompt in prompts for _ in range(copies)]
        written: list[list[int]] = [[] for _ in prompts]
        texts: dict[int, str] = {}  # of rows that a stop string ended
        answers: dict[int, Sampled] = {}

        def end(row: int, reason: Literal["stop", "length"]) -> None:
            text = texts[row] if row in texts else self._decode(written[row])
            answers[row] = Sampled(text, reason, len(prompts[row]), len(written[row]))
            on_answer(row, answers[row])

        active = list(range(len(prompts)))
        stop_table = torch.tensor(sorted(self.stops), dtype=torch.long, device=device)
        for left in range(self.max_new_tokens, 0, -1):
            tokens = self._pick(logits, generator)
            for row, token in zip(active, tokens.tolist(), strict=True):
                written[row].append(token)
            ended = torch.isin(tokens, stop_table)
            if self.stop:
                ended |= torch.tensor([self._hits(row, written[row], texts) for row in active], device=device)
            for row, stopped in zip(active, ended.tolist(), strict=True):
                if stopped:
                    end(row, "stop")
            if len(answers) == len(prompts):
                break
            ids, positions = tokens[:, None], positions[:, -1:] + 1
            mask = torch.cat([mask, mask.new_ones(len(active), 1)], dim=1)
            if bool(ended.any()):
                kept = (~ended).nonzero().squeeze(-1)
                active = [active[index] for index in kept.tolist()]
                ids, positions, mask = ids[kept], positions[kept], mask[kept]
                cache.batch_select_indices(kept)
            if left > 1:
                logits = self._forward(ids, mask, positions, cache)
        for row in sorted(set(range(len(prompts))) - answers.keys()):
            end(row, "length")
        return [answers[row] for row in range(len(prompts))]

    def _read(self, prompts: Sequence[Sequence[int]], copies: int) -> tuple[Any, Any, Any, Any]:
        """Return (logits [b, v], mask [b, s], positions [b, s], cache) after the prompts, each row `copies` times."""
        import torch
        from transformers import DynamicCache

        device, pad = self.student.device, self.student.tokenizer.pad_token_id
        length = max(map(len, prompts))
        ids = torch.tensor([[pad] * (length - len(row)) + list(row) for row in prompts], device=device)
        mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in prompts], device=device)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        cache = DynamicCache(config=self.model.config)
        logits = self._forward(ids, mask, positions, cache)
        if copies > 1:
            cache.batch_repeat_interleave(copies)
            logits, mask, positions = (one.repeat_interleave(copies, dim=0) for one in (logits, mask, positions))
        return logits, mask, positions, cache

    def _forward(self, ids: Any, mask: Any, positions: Any, cache: Any) -> torch.Tensor:
        """Return the logits of the next token, [b, v]."""
        output = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits

    def _pick(self, logits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return one token per row, [b]: the likeliest, or one drawn from the nucleus of mass `top_p`."""
        import torch

        if self.temperature == 0:
            return logits.argmax(-1)
        shares = torch.softmax(logits / self.temperature, dim=-1)
        if self.top_p < 1:
            ranked, where = shares.sort(dim=-1, descending=True)
            ranked = ranked.masked_fill(ranked.cumsum(-1) - ranked >= self.top_p, 0.0)
            shares = torch.zeros_like(shares).scatter(-1, where, ranked)
        return torch.multinomial(shares, 1, generator=generator).squeeze(-1)

    def _hits(self, row: int, tokens: list[int], texts: dict[int, str]) -> bool:
        """Return whether a stop string has appeared; if so, keep the text before it."""
        text = self._decode(tokens)
        found = [at for at in (text.find(mark) for mark in self.stop) if at >= 0]
        if found:
            texts[row] = text[: min(found)]
        return bool(found)

    def _decode(self, tokens: list[int]) -> str:
        return str(self.student.tokenizer.decode(tokens, skip_special_tokens=True))
