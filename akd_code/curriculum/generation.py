"""Asking for new prompts: a quota for each way, every answer filtered, what is refused asked for again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from akd_code.curriculum.streams import Stream, quotas
from akd_code.curriculum.way import Request
from akd_code.filters import FilterChain
from akd_code.models import ChatModel, Completion, ModelError, NoRecordedAnswerError, PromptRefusedError, Sampling
from akd_code.records import Prompt, content_id
from akd_code.security import unneutral
from akd_prompts import PromptParseError, parse_generated, render

LOST, REFUSED, CUT, UNPARSABLE, REPEATED = "lost", "refused", "cut", "unparsable", "repeated"
NOT_NEUTRAL = "not neutral"
"""Reasons that belong to no filter: no recorded answer, refused by the endpoint, cut by length, not in the form that
was asked for, the same text again; a weakness or an attack is named where that must not be.

(Equal texts would make prompts of one id; a filter for similar texts, where there is one, speaks first.)
"""


@dataclass(frozen=True, slots=True)
class Generation:
    """The new prompts, in the order of their requests, and what they took.

    `asked` requests, and ways that need none, gave `sources` prompts from hard prompts, easy ones, and neither (`new`,
    where there are any), and `ways` in each way; the others were `rejected`, counted by reason. `warnings` is empty if
    the quotas were met.
    """

    prompts: tuple[Prompt, ...]
    asked: int
    sources: dict[str, int]
    rejected: dict[str, int]
    warnings: tuple[str, ...] = ()
    ways: dict[str, int] = field(default_factory=dict)


async def generate(
    streams: Sequence[Stream],
    known: Sequence[Prompt],
    model: ChatModel,
    filters: FilterChain,
    *,
    wanted: int,
    tries: int,
    sampling: Sampling,
    round: int,
) -> Generation:
    """Return `wanted` new prompts, of which each stream makes its share.

    Every answer passes the filters, which know all of `known` and everything accepted before it, in all streams. A
    rejected or lost request is replaced by the stream's next one, `tries` requests per wanted prompt at most.
    Acceptance goes by the order of the requests, not by the order in which answers arrive, so the result depends on the
    arguments alone.

    The share of a stream that has nothing to start from goes to the others; when the tries or a stream's requests run
    out, what was obtained is returned. Both are said in `warnings`. Raises ModelError if the model cannot be asked at
    all.
    """
    able = {stream.name: stream for stream in streams if not stream.way.lacks}
    wanted_of = quotas({name: stream.share for name, stream in able.items()}, wanted)
    filters.admit(known)
    taken = {prompt.text for prompt in known}
    accepted: list[Prompt] = []
    rejected: Counter[str] = Counter()
    made: Counter[str] = Counter()
    asked, offered, most = 0, 0, tries * wanted
    while offered < most and (offers := _next_offers(able, wanted_of, made, most - offered)):
        offered += len(offers)
        answers = await _ask_all(model, [offer for _, offer in offers if isinstance(offer, Request)], sampling)
        asked += len(answers)
        said = iter(answers)
        found = [offer if isinstance(offer, Prompt) else _read(next(said), offer, round) for _, offer in offers]
        for (way, offer), one in zip(offers, _filtered(found, filters, taken), strict=True):
            if isinstance(offer, Request):
                able[way].way.settled(offer, taken=isinstance(one, Prompt))
            if isinstance(one, str):
                rejected[one] += 1
                continue
            taken.add(one.text)
            made[way] += 1
            accepted.append(one)
        filters.admit(accepted)
        if answers and not accepted and rejected.total() == rejected[LOST] + rejected[REFUSED]:
            _raise_first_error(answers)
    return Generation(
        tuple(accepted),
        asked,
        _by_source(accepted),
        dict(sorted(rejected.items())),
        _warnings(streams, wanted_of, made, asked),
        {name: made[name] for name in able},
    )


def _next_offers(
    streams: Mapping[str, Stream], wanted: Mapping[str, int], made: Counter[str], most: int
) -> list[tuple[str, Request | Prompt]]:
    """Return a request, or a finished prompt, for each prompt that is still missing, `most` at most, in turns."""
    missing = {name: quota - made[name] for name, quota in wanted.items()}
    turns = [name for turn in range(max(missing.values(), default=0)) for name in missing if turn < missing[name]]
    found = ((name, offer) for name in turns if (offer := streams[name].way.next()) is not None)
    return list(islice(found, most))


def _by_source(prompts: Sequence[Prompt]) -> dict[str, int]:
    counts = Counter(prompt.source for prompt in prompts)
    neither = {"new": counts["new"]} if counts["new"] else {}
    return {"hard": counts["hard"], "easy": counts["easy"], **neither}


def _warnings(streams: Sequence[Stream], wanted: Mapping[str, int], made: Counter[str], asked: int) -> tuple[str, ...]:
    idle = [f"{stream.name}: {stream.way.lacks}" for stream in streams if stream.way.lacks]
    if not wanted:
        return (f"nothing was generated ({'; '.join(idle)})",)
    said = [f"{one}; its share goes to the other ways" for one in idle]
    short = [f"{name} made {made[name]} of {quota}" for name, quota in wanted.items() if made[name] < quota]
    if short:
        total = f"{made.total()} of {sum(wanted.values())} new tasks after {asked} requests"
        said.append(f"{total}: {', '.join(short)}")
    return tuple(said)


async def _ask_all(model: ChatModel, requests: Sequence[Request], sampling: Sampling) -> list[Completion | ModelError]:
    """Return the answers in the order of the requests; how many are under way at once is the model's business."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_ask(model, request, sampling)) for request in requests]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _ask(model: ChatModel, request: Request, sampling: Sampling) -> Completion | ModelError:
    """Return the answer, or the error where the endpoint refuses this one prompt (a content filter, say)."""
    if sampling.max_tokens is not None:
        sampling = replace(sampling, max_tokens=request.longest)
    try:
        return await model.complete(render(request.inputs).messages, sampling, sample=request.sample)
    except (PromptRefusedError, NoRecordedAnswerError) as error:
        return error


def _read(answer: Completion | ModelError, request: Request, round: int) -> Prompt | str:
    """Return the prompt in an answer, or the reason why there is none."""
    if isinstance(answer, ModelError):
        return REFUSED if isinstance(answer, PromptRefusedError) else LOST
    if answer.finish_reason == "length":
        return CUT
    try:
        task = parse_generated(answer.text)
    except PromptParseError:
        return UNPARSABLE
    if request.neutral and unneutral(task.text):
        return NOT_NEUTRAL
    return Prompt(
        id=content_id(task.text),
        text=task.text,
        entry_point=task.entry_point,
        source=request.source,
        parent=request.origin.parents[0] if request.origin.parents else None,
        round=round,
        origin=request.origin,
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
