"""The topic tree: our own root topics, and their subtopics, which the generator writes (AKD, arXiv 2505.06267)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from akd_code.models import ChatModel, NoRecordedAnswerError, PromptRefusedError, Sampling
from akd_code.records import Leaf, content_id
from akd_prompts import PromptParseError, SubtopicsInputs, parse_subtopics, render

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Topic:
    """A root topic with its subtopics, from fundamental to advanced.

    It has none where no answer to `requests` requests could be read.
    """

    name: str
    subtopics: tuple[str, ...]
    requests: int


def leaves_of(topics: Iterable[Topic]) -> tuple[Leaf, ...]:
    """Return the leaves of the tree, topic by topic."""
    return tuple(
        Leaf(content_id("leaf", topic.name, subtopic), topic.name, subtopic)
        for topic in topics
        for subtopic in topic.subtopics
    )


async def ask_subtopics(topic: str, count: int, model: ChatModel, sampling: Sampling) -> Topic:
    """Return a topic with the subtopics that the model names, `count` at most.

    An answer that cannot be read is asked for again, three times in all; a topic that the endpoint refuses has no
    subtopics. Raises ModelError.
    """
    messages = render(SubtopicsInputs(topic, count)).messages
    for sample in range(_TRIES):
        try:
            answer = await model.complete(messages, sampling, sample=sample)
            return Topic(topic, parse_subtopics(answer.text, count), sample + 1)
        except PromptParseError:
            continue
        except (PromptRefusedError, NoRecordedAnswerError):
            return Topic(topic, (), sample + 1)
    return Topic(topic, (), _TRIES)
