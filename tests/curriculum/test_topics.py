"""The topic tree: our lists, and asking for subtopics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from akd_code.curriculum.topics import Topic, ask_subtopics, leaves_of
from akd_code.lists import professions, root_topics
from akd_code.models import Completion, EndpointError, Message, ModelError, PromptRefusedError, Sampling


class Telling:
    name, endpoint = "telling", "test"

    def __init__(self, *answers: str | ModelError) -> None:
        self.answers = list(answers)
        self.samples: list[int] = []

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        self.samples.append(sample)
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return Completion(answer, "stop", 1, 1, "m")

    async def aclose(self) -> None:
        return


def asked(model: Telling) -> Topic:
    return asyncio.run(ask_subtopics("Sets", 2, model, Sampling()))


def test_the_lists_name_seventy_topics_and_forty_eight_professions_once_each() -> None:
    assert len(set(root_topics())) == len(root_topics()) == 70
    assert len(set(professions())) == len(professions()) == 48
    assert all(name == name.strip() and name.isprintable() for name in (*root_topics(), *professions()))


def test_an_answer_that_cannot_be_read_is_asked_for_again() -> None:
    model = Telling("Sure!", "1. union\n2. symmetry\n3. power sets")
    assert asked(model) == Topic("Sets", ("union", "symmetry"), 2)
    assert model.samples == [0, 1]


def test_a_topic_that_nobody_divides_has_no_leaves() -> None:
    assert asked(Telling("no", "no", "no")) == Topic("Sets", (), 3)
    assert asked(Telling(PromptRefusedError("filtered"))) == Topic("Sets", (), 1)
    assert leaves_of([Topic("Sets", (), 3)]) == ()


def test_an_endpoint_that_fails_is_no_empty_topic() -> None:
    with pytest.raises(EndpointError, match="down"):
        asked(Telling(EndpointError("down")))


def test_equal_subtopics_of_different_topics_are_different_leaves() -> None:
    one, other = leaves_of([Topic("Sets", ("basics",), 1), Topic("Heaps", ("basics",), 1)])
    assert (one.topic, one.subtopic, other.topic) == ("Sets", "basics", "Heaps")
    assert one.id != other.id
