"""The LLM judge: two calls with the answers swapped, so that no answer gains by its place (Lion, arXiv 2305.12870)."""

from __future__ import annotations

import asyncio

from akd_code.models import ChatModel, Sampling
from akd_code.records import Answer, Judgement, Prompt
from akd_prompts import JudgeInputs, PromptParseError, Scores, parse_scores, render

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
) -> Judgement:
    """Return the judge's mean scores for both answers.

    A reply that cannot be read is asked for again, as the next sample, up to `attempts` times in all, and every request
    counts; a call that stays unreadable lowers `parsed_calls`, which leaves the prompt undecided. Raises ModelError.
    """
    (straight, first_requests), (swapped, second_requests) = await asyncio.gather(
        _ask(model, JudgeInputs(prompt.text, teacher.text, student.text), sampling, attempts),
        _ask(model, JudgeInputs(prompt.text, student.text, teacher.text), sampling, attempts),
    )
    for_teacher: list[float] = []
    for_student: list[float] = []
    if straight is not None:
        for_teacher.append(straight.first)
        for_student.append(straight.second)
    if swapped is not None:
        for_teacher.append(swapped.second)
        for_student.append(swapped.first)
    requests = first_requests + second_requests
    return Judgement(prompt.id, _mean(for_teacher), _mean(for_student), len(for_teacher), requests)


async def _ask(model: ChatModel, inputs: JudgeInputs, sampling: Sampling, attempts: int) -> tuple[Scores | None, int]:
    """Return the scores, None if no reply could be read, and how many requests it took."""
    messages = render(inputs).messages
    for sample in range(attempts):
        completion = await model.complete(messages, sampling, sample=sample)
        try:
            return parse_scores(completion.text), sample + 1
        except PromptParseError:
            continue
    return None, attempts


def _mean(scores: list[float]) -> float | None:
    return sum(scores) / len(scores) if scores else None
