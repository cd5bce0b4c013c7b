"""The LLM judge: two calls with the answers swapped, so that no answer gains by its place (Lion, arXiv 2305.12870)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from akd_code.models import ChatModel, PromptRefusedError, Sampling
from akd_code.reading import spoken
from akd_code.records import Answer, Judgement, Prompt
from akd_prompts import SCORES_SCHEMA, JudgeInputs, PromptParseError, Scores, parse_scores, render

SAMPLING = Sampling(temperature=0.2, max_tokens=512)
"""Lion's settings for its referee."""


async def ask_judge(
    prompt: Prompt,
    teacher: Answer,
    student: Answer,
    model: ChatModel,
    *,
    sampling: Sampling = SAMPLING,
    attempts: int = 3,
    structured: bool = True,
) -> Judgement:
    """Return the judge's mean scores for both answers, which it sees without the reasoning before them.

    A reply that cannot be read, or was cut by length, is asked for again, as the next sample, up to `attempts` times in
    all, and every request counts; a call that stays unreadable or is refused lowers `parsed_calls`, which leaves the
    prompt undecided. `structured`: endpoints that can are told to hold the reply to a JSON schema. Raises ModelError.
    """
    if structured:
        sampling = replace(sampling, schema=SCORES_SCHEMA)
    teachers, students = (spoken(answer.text) for answer in (teacher, student))
    first, second = await asyncio.gather(
        _ask(model, JudgeInputs(prompt.text, teachers, students), sampling, attempts),
        _ask(model, JudgeInputs(prompt.text, students, teachers), sampling, attempts),
    )
    straight, swapped = first.scores, second.scores
    for_teacher: list[float] = []
    for_student: list[float] = []
    if straight is not None:
        for_teacher.append(straight.first)
        for_student.append(straight.second)
    if swapped is not None:
        for_teacher.append(swapped.second)
        for_student.append(swapped.first)
    requests, refused = first.requests + second.requests, first.refused or second.refused
    leads = (straight.first - straight.second, swapped.first - swapped.second) if straight and swapped else None
    return Judgement(prompt.id, _mean(for_teacher), _mean(for_student), len(for_teacher), requests, refused, leads)


@dataclass(frozen=True, slots=True)
class _Call:
    """The scores of one call, None if no reply could be read or the endpoint refused, and the requests it took."""

    scores: Scores | None
    requests: int
    refused: bool = False


async def _ask(model: ChatModel, inputs: JudgeInputs, sampling: Sampling, attempts: int) -> _Call:
    messages = render(inputs).messages
    for sample in range(attempts):
        try:
            completion = await model.complete(messages, sampling, sample=sample)
        except PromptRefusedError:
            return _Call(None, sample + 1, refused=True)
        if completion.finish_reason == "length":
            continue  # `Scores: 9 1` may have been going to be `Scores: 9 10`
        try:
            return _Call(parse_scores(spoken(completion.text)), sample + 1)
        except PromptParseError:
            continue
    return _Call(None, attempts)


def _mean(scores: list[float]) -> float | None:
    return sum(scores) / len(scores) if scores else None
