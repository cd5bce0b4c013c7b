"""Lion's generation stage: new tasks from hard seeds and easy seeds, one to one (arXiv 2305.12870)."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from akd_code.filters.rouge import NoveltyIndex
from akd_code.filters.text import Rejection, reject_text
from akd_code.models import ChatModel, Completion, ModelError, NoRecordedAnswerError, RequestRefusedError, Sampling
from akd_code.records import Prompt, content_id
from akd_prompts import (
    GeneratedTask,
    GenerateEasyInputs,
    GenerateHardInputs,
    PromptParseError,
    parse_generated,
    render,
)

Stream = Literal["hard", "easy"]

_SAMPLES_A_ROUND = 100_000
"""Sample indices of one round. A seed asked again in a later round must not get its old answer from the cache."""


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How new tasks are asked for and which are taken.

    `rouge_l`: highest ROUGE-L F1 to any known task, inclusive. An answer may be `words_factor` times as many tokens
    long as its seed has words, but at least `least_tokens` (Lion: 4 and 64; its answers held no fence and no name).
    `attempts` bounds the requests: that many for each task wanted.
    """

    sampling: Sampling = field(default_factory=lambda: Sampling(temperature=1.0))
    rouge_l: float = 0.7
    words_factor: float = 4.0
    least_tokens: int = 256
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class GenerationCounts:
    """What became of the requests: `asked` is the sum of all others."""

    asked: int
    hard: int
    easy: int
    lost: int
    cut: int
    unparsable: int
    short: int
    first_character: int
    leak: int
    similar: int

    def rejected(self) -> dict[str, int]:
        """Return how many answers were refused, by reason."""
        return {reason.value: getattr(self, reason.value) for reason in Rejection}


@dataclass(frozen=True, slots=True)
class Generation:
    """The new prompts, in the order of their requests, and what it took. `warnings` is empty if the quotas were met."""

    prompts: tuple[Prompt, ...]
    counts: GenerationCounts
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
    wanted: int,
    model: ChatModel,
    *,
    rng: random.Random,
    round: int,
    settings: GenerationSettings | None = None,
) -> Generation:
    """Return `wanted` new prompts: half from hard seeds (same domain and task type), half from easy (longer-tailed).

    Every text is compared with all of `known` and with everything accepted before it, in both streams. A rejected or
    lost request is replaced by one for the stream's next seed. Acceptance goes by the order of the requests, not by
    the order in which answers arrive, so the result depends on the arguments alone.

    Without seeds of one kind the other fills the quota; when the attempts run out, what was obtained is returned.
    Both are said in `warnings`. Raises ModelError if the model cannot be asked at all.
    """
    settings = settings or GenerationSettings()
    quotas, warnings = _quotas(len(hard), len(easy), wanted)
    streams = {"hard": _seeds("hard", hard, rng, round), "easy": _seeds("easy", easy, rng, round)}
    index = NoveltyIndex((prompt.text for prompt in known), threshold=settings.rouge_l)
    taken = {prompt.text for prompt in known}
    accepted: list[Prompt] = []
    rejected: Counter[Rejection] = Counter()
    made: Counter[Stream] = Counter()
    left = settings.attempts * wanted
    while left > 0 and (requests := _next_requests(streams, quotas, made, left)):
        left -= len(requests)
        answers = await _ask_all(model, requests, settings)
        for request, answer in zip(requests, answers, strict=True):
            task = _checked(answer, index, taken)
            if isinstance(task, Rejection):
                rejected[task] += 1
                continue
            index.add(task.text)
            taken.add(task.text)
            made[request.stream] += 1
            accepted.append(_prompt(task, request, round))
        if not accepted and rejected.total() == rejected[Rejection.LOST]:
            _raise_first_error(answers)
    if len(accepted) < wanted and (hard or easy):
        warnings += (f"{len(accepted)} of {wanted} new tasks after {settings.attempts * wanted - left} requests",)
    asked = settings.attempts * wanted - left
    counts = GenerationCounts(
        asked, made["hard"], made["easy"], **{reason.value: rejected[reason] for reason in Rejection}
    )
    return Generation(tuple(accepted), counts, warnings)


def _quotas(hard: int, easy: int, wanted: int) -> tuple[dict[Stream, int], tuple[str, ...]]:
    """Return how many tasks each stream makes; the odd one is hard."""
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
    streams: dict[str, Iterator[_Request]], quotas: dict[Stream, int], made: Counter[Stream], most: int
) -> list[_Request]:
    """Return a request for every task that is still missing, the streams taking turns, at most `most`."""
    missing = {stream: quota - made[stream] for stream, quota in quotas.items()}
    turns = [stream for turn in range(max(missing.values())) for stream in missing if turn < missing[stream]]
    return [next(streams[stream]) for stream in turns[:most]]


async def _ask_all(
    model: ChatModel, requests: Sequence[_Request], settings: GenerationSettings
) -> list[Completion | ModelError]:
    """Return the answers in the order of the requests; how many are under way at once is the model's business."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_ask(model, request, settings)) for request in requests]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _ask(model: ChatModel, request: _Request, settings: GenerationSettings) -> Completion | ModelError:
    """Return the answer, or the error where the endpoint refuses this one request (a content filter, say)."""
    kind = GenerateHardInputs if request.stream == "hard" else GenerateEasyInputs
    longest = max(settings.least_tokens, math.ceil(settings.words_factor * len(request.seed.text.split())))
    sampling = replace(settings.sampling, max_tokens=longest)
    try:
        return await model.complete(render(kind(request.seed.text)).messages, sampling, sample=request.sample)
    except (RequestRefusedError, NoRecordedAnswerError) as error:
        return error


def _checked(answer: Completion | ModelError, index: NoveltyIndex, taken: set[str]) -> GeneratedTask | Rejection:
    if isinstance(answer, ModelError):
        return Rejection.LOST
    if answer.finish_reason == "length":
        return Rejection.CUT
    try:
        task = parse_generated(answer.text)
    except PromptParseError:
        return Rejection.UNPARSABLE
    reason = reject_text(task.text)
    # A threshold of 1 lets reworded tasks through, but never the same text twice: texts make the prompts' ids.
    if reason is None and (task.text in taken or index.too_like(task.text) is not None):
        reason = Rejection.SIMILAR
    return reason or task


def _prompt(task: GeneratedTask, request: _Request, round: int) -> Prompt:
    return Prompt(
        id=content_id(task.text),
        text=task.text,
        entry_point=task.entry_point,
        source=request.stream,
        parent=request.seed.id,
        round=round,
    )


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
    counts = GenerationCounts(0, from_hard, from_easy, **{reason.value: 0 for reason in Rejection})
    warnings = (f"{len(chosen)} of {wanted} prompts: no more are decided",) if len(chosen) < wanted else ()
    return Generation(tuple(chosen), counts, warnings)
