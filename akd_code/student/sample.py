"""Answers of a student: any number of prompts, some of them written at once.

A loop of our own rather than `generate`: an answer that ends makes room for the next, has a finish reason, and is drawn
from a source of its own. What it says depends on its prompt, its seed and the settings, not on what is written beside
it (but for rounding: sums of floating-point numbers come out a little differently in another batch).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from akd_code.student.ask import Ask, OnAnswer, Sampled, Writer, Writing, pick
from akd_code.student.batches import Batches
from akd_code.student.encode import prompt_ids, stop_ids, turns_of
from akd_code.student.load import Student, StudentError
from akd_code.student.logits import positions_of
from akd_code.student.merge import cast_weights, merged
from akd_code.student.readers import way_of, writer_of
from akd_code.student.slots import Slots

if TYPE_CHECKING:
    import torch

MERGE_BELOW = 200_000_000
"""Models up to this many parameters are sampled through a merged copy; larger ones keep the adapter beside."""

_WORTH_SHARING = 8


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
    dtype: str | None = None,
) -> list[Sampled]:
    """Return one answer per conversation, in the order given; `on_answer` gets each as soon as it ends.

    Conversations are sequences of messages (mappings, pairs or objects with role and content). `temperature` 0 is
    greedy. An answer ends at a stop token, before the first of the `stop` strings, or after `max_new_tokens`. For
    several answers to one prompt give it several times. Equal inputs and seed give equal answers.

    Raises:
        StudentError: an empty prompt, or settings out of range.
    """
    prompts = [tuple(prompt_ids(student.tokenizer, turns_of(conversation))) for conversation in conversations]
    asks = [Ask(ids, ask_seed(seed, place), tuple(stop)) for place, ids in enumerate(prompts)]
    return sample_asks(
        student,
        asks,
        temperature=temperature,
        top_p=top_p,
        max_new_tokens=max_new_tokens,
        batch_size=batch_size,
        on_answer=on_answer,
        dtype=dtype,
    )


def ask_seed(*parts: object) -> int:
    """Return the seed of one answer, made from what tells it from all others."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def sample_asks(
    student: Student,
    asks: Sequence[Ask],
    *,
    temperature: float = 0.0,
    top_p: float = 1.0,
    max_new_tokens: int = 512,
    batch_size: int = 64,
    on_answer: OnAnswer = _untold,
    dtype: str | None = None,
) -> list[Sampled]:
    """Return the answer to each ask, in their order; `on_answer` gets each as soon as it ends.

    The longest prompts are read first, so that what does not fit into memory fails at the start. `batch_size` answers
    are written at once; one that reaches the end of the model's table of positions is cut there. `dtype` is the type of
    the weights they are written with, the student's unless told otherwise.

    Raises:
        StudentError: a prompt that is empty or longer than the model reads, settings out of range, or a model that no
            way of sampling suits.
    """
    import torch

    if temperature < 0 or not 0 < top_p <= 1 or max_new_tokens < 1 or batch_size < 1:
        needs = "temperature >= 0, 0 < top_p <= 1, max_new_tokens >= 1 and at least one row at a time"
        raise StudentError(f"sampling needs {needs}")
    if not all(ask.ids for ask in asks):
        raise StudentError("a prompt has no tokens at all; give every prompt some text")
    if not asks:
        return []
    model, device = sampling_model(student, dtype), student.device
    size = min(batch_size, len(asks))
    positions, longest = positions_of(model), max(len(ask.ids) for ask in asks)
    if positions is not None and longest >= positions:
        raise StudentError(
            f"a prompt has {longest} tokens and this model reads {positions} with its answer; give shorter prompts"
        )
    writer = Writer(student.tokenizer, stop_ids(student), max_new_tokens, positions)
    answers: dict[int, Sampled] = {}

    def step(logits: torch.Tensor, rows: Sequence[Writing]) -> list[Sampled | None]:
        tokens = pick(logits, rows, temperature, top_p)
        return [row.take(token, writer) for row, token in zip(rows, tokens, strict=True)]

    def ended(place: int, answer: Sampled) -> None:
        answers[place] = answer
        on_answer(place, answer)

    order = sorted(range(len(asks)), key=lambda place: (-len(asks[place].ids), asks[place].ids, place))
    with torch.inference_mode():
        way = _way(model, device, size, asks, student.tokenizer.pad_token_id)
        way.write((Writing(place, asks[place]) for place in order), step, ended)
    return [answers[place] for place in range(len(asks))]


def _way(model: Any, device: str, size: int, asks: Sequence[Ask], pad: Any) -> Slots | Batches:
    """Return the fastest way that suits the model and the asks."""
    way = way_of(model, device)
    writer = writer_of(model, device, way, size, shared_beginning(asks), pad)
    return Batches(model, size, device, pad) if writer is None else writer


def shared_beginning(asks: Sequence[Ask]) -> tuple[int, ...]:
    """Return the tokens that different prompts all begin with, such as a template's; none where that saves nothing."""
    prompts = {ask.ids for ask in asks}
    first, last, most = min(prompts), max(prompts), min(map(len, prompts)) - 1  # what these two share, all between do
    shared = next((at for at in range(most) if first[at] != last[at]), most)
    return first[:shared] if len(prompts) > 1 and shared >= _WORTH_SHARING else ()


def sampling_way(student: Student) -> str:
    """Return one line that says how this student's answers are written, by what it was shown to give."""
    ways = {
        "lean": "answers are written side by side, by short passes that give this model's own logits",
        "own": "answers are written side by side, by the model's own code",
        "batches": "answers are written batch by batch, with transformers' cache: this model takes no other",
        "alone": "answers are written one after the other: padding changes what this model says",
    }
    return ways[way_of(sampling_model(student), student.device)]


def sampling_model(student: Student, dtype: str | None = None) -> Any:
    """Return a model to sample from: a copy in `dtype` if given; else the student's own, or where cheap a merged copy.

    The student itself is never merged: merging and unmerging leaves rounding errors in its weights, and half-precision
    merges change answers.
    """
    import copy

    import torch

    model = student.model
    if dtype is not None and getattr(torch, dtype) != model.dtype:
        if student.has_adapter:
            return merged(student, dtype).model
        model = copy.deepcopy(model)
        cast_weights(model, dtype)
        return model
    if not student.has_adapter or model.dtype != torch.float32 or model.num_parameters() > MERGE_BELOW:
        return model
    return merged(student).model
