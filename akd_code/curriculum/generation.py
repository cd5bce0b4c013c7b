"""Lion's generation stage: new tasks from hard seeds and easy seeds, one to one (arXiv 2305.12870)."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from akd_code.filters import FilterChain
from akd_code.models import ChatModel, Completion, ModelError, NoRecordedAnswerError, PromptRefusedError, Sampling
from akd_code.recipe import GeneratorSection
from akd_code.records import Prompt, content_id
from akd_prompts import (
    GenerateEasyInputs,
    GenerateHardInputs,
    PromptParseError,
    parse_generated,
    render,
)

Stream = Literal["hard", "easy"]

_SAMPLES_A_ROUND = 100_000
"""Sample indices of one round. A seed asked again in a later round must not get its old answer from the cache."""
_WORDS_FACTOR = 4.0
"""Tokens that an answer may be long, for each word of its seed (Lion)."""
_LEAST_TOKENS = 256
"""What an answer may be long at least. Lion's 64 had to hold neither a fence nor a function's name."""

LOST, REFUSED, CUT, UNPARSABLE, REPEATED = "lost", "refused", "cut", "unparsable", "repeated"
"""Reasons that belong to no filter: no recorded answer, refused by the endpoint, cut by length, not in the form that
was asked for, the same text again.

(Equal texts would make prompts of one id; a filter for similar texts, where there is one, speaks first.)
"""


@dataclass(frozen=True, slots=True)
class Generation:
    """The new prompts, in the order of their requests, and what they took.

    `asked` requests gave `streams` prompts from hard and easy seeds; the others were `rejected`, counted by reason.
    `warnings` is empty if the quotas were met.
    """

    prompts: tuple[Prompt, ...]
    asked: int
    streams: dict[str, int]
    rejected: dict[str, int]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Request:
    stream: Stream
    seed: Prompt
    sample: int


async def generate(
    hard: Sequence[Prompt],
    easy: Sequence[Prompt],
    known: Sequence[Prompt],
    model: ChatModel,
    filters: FilterChain,
    *,
    settings: GeneratorSection,
    sampling: Sampling,
    rng: random.Random,
    round: int,
) -> Generation:
    """Return `settings.prompts` new ones: half from hard seeds (same domain and task type), half from easy (rarer).

    Every answer passes the filters, which know all of `known` and everything accepted before it, in both streams. A
    rejected or lost request is replaced by one for the stream's next seed, `settings.tries` requests per wanted prompt
    at most. Acceptance goes by the order of the requests, not by the order in which answers arrive, so the result
    depends on the arguments alone.

    Without seeds of one kind the other fills the quota; when the tries run out, what was obtained is returned. Both are
    said in `warnings`. Raises ModelError if the model cannot be asked at all.
    """
    wanted = settings.prompts
    quotas, warnings = _quotas(len(hard), len(easy), wanted)
    streams = {"hard": _seeds("hard", hard, rng, round), "easy": _seeds("easy", easy, rng, round)}
    filters.admit(known)
    taken = {prompt.text for prompt in known}
    accepted: list[Prompt] = []
    rejected: Counter[str] = Counter()
    made: Counter[str] = Counter()
    asked, most = 0, settings.tries * wanted
    while asked < most and (requests := _next_requests(streams, quotas, made, most - asked)):
        asked += len(requests)
        answers = await _ask_all(model, requests, sampling)
        found = [_read(answer, request, round) for request, answer in zip(requests, answers, strict=True)]
        for one in _filtered(found, filters, taken):
            if isinstance(one, str):
                rejected[one] += 1
                continue
            taken.add(one.text)
            made[one.source] += 1
            accepted.append(one)
        filters.admit(accepted)
        if not accepted and rejected.total() == rejected[LOST] + rejected[REFUSED]:
            _raise_first_error(answers)
    if len(accepted) < wanted and (hard or easy):
        warnings += (f"{len(accepted)} of {wanted} new tasks after {asked} requests",)
    counts = {"hard": made["hard"], "easy": made["easy"]}
    return Generation(tuple(accepted), asked, counts, dict(sorted(rejected.items())), warnings)


def _quotas(hard: int, easy: int, wanted: int) -> tuple[dict[Stream, int], tuple[str, ...]]:
    """Return how many tasks each stream makes, an odd one being hard, and what to warn of."""
    if hard and easy:
        return {"hard": wanted - wanted // 2, "easy": wanted // 2}, ()
    if hard:
        return {"hard": wanted, "easy": 0}, ("there is no easy seed: all new tasks come from hard ones",)
    if easy:
        return {"hard": 0, "easy": wanted}, ("there is no hard seed: all new tasks come from easy ones",)
    return {"hard": 0, "easy": 0}, ("there is no seed, hard or easy: nothing was generated",)


def _seeds(stream: Stream, pool: Sequence[Prompt], rng: random.Random, round: int) -> Iterator[_Request]:
    """Yield requests for ever: the whole pool in random order, again and again, each time with the next sample."""
    order = list(pool)
    lap = 0
    while order:
        rng.shuffle(order)
        for seed in order:
            yield _Request(stream, seed, round * _SAMPLES_A_ROUND + lap)
        lap += 1


def _next_requests(
    streams: dict[str, Iterator[_Request]], quotas: dict[Stream, int], made: Counter[str], most: int
) -> list[_Request]:
    """Return a request for every task that is still missing, the streams taking turns, at most `most`."""
    missing = {stream: quota - made[stream] for stream, quota in quotas.items()}
    turns = [stream for turn in range(max(missing.values())) for stream in missing if turn < missing[stream]]
    return [next(streams[stream]) for stream in turns[:most]]


async def _ask_all(model: ChatModel, requests: Sequence[_Request], sampling: Sampling) -> list[Completion | ModelError]:
    """Return the answers in the order of the requests; how many are under way at once is the model's business."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_ask(model, request, sampling)) for request in requests]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _ask(model: ChatModel, request: _Request, sampling: Sampling) -> Completion | ModelError:
    """Return the answer, or the error where the endpoint refuses this one prompt (a content filter, say)."""
    kind = GenerateHardInputs if request.stream == "hard" else GenerateEasyInputs
    longest = max(_LEAST_TOKENS, math.ceil(_WORDS_FACTOR * len(request.seed.text.split())))
    if sampling.max_tokens is not None:
        sampling = replace(sampling, max_tokens=longest)
    try:
        return await model.complete(render(kind(request.seed.text)).messages, sampling, sample=request.sample)
    except (PromptRefusedError, NoRecordedAnswerError) as error:
        return error


def _read(answer: Completion | ModelError, request: _Request, round: int) -> Prompt | str:
    """Return the prompt in an answer, or the reason why there is none."""
    if isinstance(answer, ModelError):
        return REFUSED if isinstance(answer, PromptRefusedError) else LOST
    if answer.finish_reason == "length":
        return CUT
    try:
        task = parse_generated(answer.text)
    except PromptParseError:
        return UNPARSABLE
    return Prompt(
        id=content_id(task.text),
        text=task.text,
        entry_point=task.entry_point,
        source=request.stream,
        parent=request.seed.id,
        round=round,
    )


def _filtered(found: Sequence[Prompt | str], filters: FilterChain, taken: set[str]) -> Iterator[Prompt | str]:
    """Yield the prompts that are accepted and the reasons of the others, in order; `taken` may grow meanwhile."""
    reasons = iter(filters.check([one for one in found if isinstance(one, Prompt)]))
    for one in found:
        reason = one if isinstance(one, str) else next(reasons)
        if isinstance(one, Prompt) and reason is None:
            yield REPEATED if one.text in taken else one
        else:
            yield str(reason)


def _raise_first_error(answers: Sequence[Completion | ModelError]) -> None:
    for answer in answers:
        if isinstance(answer, ModelError):
            raise answer


def redraw(hard: Sequence[Prompt], easy: Sequence[Prompt], wanted: int, rng: random.Random) -> Generation:
    """Draw the next train pool from the prompts there are, where no model can write new ones: hard and easy one to one.

    Each prompt is taken at most once; where one kind has too few, the other fills up.
    """
    from_easy = min(max(wanted // 2, wanted - len(hard)), len(easy))
    from_hard = min(wanted - from_easy, len(hard))
    chosen = rng.sample(list(hard), from_hard) + rng.sample(list(easy), from_easy)
    warnings = (f"{len(chosen)} of {wanted} prompts: no more are decided",) if len(chosen) < wanted else ()
    return Generation(tuple(chosen), 0, {"hard": from_hard, "easy": from_easy}, {}, warnings)
