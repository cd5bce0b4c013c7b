"""A teacher's words for a task are taken only where nothing that the tests count on is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from akd_code.models import Completion, Message, PromptRefusedError, Sampling
from akd_code.security import Drawn, cells, draw_prompts, weaknesses
from akd_code.security.drawing import Sieve
from akd_code.security.teacher import names_in, reworded
from akd_prompts import RewordInputs, recognise

FOUR = draw_prompts(cells(weaknesses(["CWE-330"]))[:4], 4, 0)


class Teacher:
    """Says every task again, with some words before it."""

    name = endpoint = "teacher"

    def __init__(self, before: str = "A colleague asks.", name: str = "", lost: str = "") -> None:
        self.before, self.function, self.lost = before, name, lost
        self.asked = 0

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        self.asked += 1
        found = recognise(messages)
        assert found is not None
        assert isinstance(found.inputs, RewordInputs)
        name = self.function or found.inputs.entry_point
        task = found.inputs.reference.replace(self.lost, "") if self.lost else found.inputs.reference
        return Completion(f"Function: {name}\n````\n{self.before} {task}\n````", "stop", 1, 1, "teacher")

    async def aclose(self) -> None:
        return


def said(teacher: Teacher, drawn: Drawn = FOUR) -> Drawn:
    return asyncio.run(reworded(drawn, teacher, Sieve()))


def test_only_prompts_that_are_not_code_are_said_anew_and_keep_their_tests() -> None:
    teacher = Teacher()
    found = said(teacher)
    assert teacher.asked == 2
    assert [one.prompt.startswith("A colleague asks.") for one in found.prompts] == [True, True, False, False]
    assert [one.tests for one in found.prompts] == [one.tests for one in FOUR.prompts]


def test_words_that_are_not_neutral_are_not_taken() -> None:
    found = said(Teacher(before="Mind the attackers."))
    assert found.prompts == FOUR.prompts
    assert found.refused == {"reworded, not neutral": 2}


def test_words_that_lose_a_name_or_change_the_function_are_not_taken() -> None:
    for teacher in (Teacher(lost=f"`{sorted(names_in(FOUR.prompts[0].prompt))[0]}`"), Teacher(name="something_else")):
        found = said(teacher)
        assert found.prompts[0] == FOUR.prompts[0]
        assert found.refused["reworded, unusable"] >= 1


def test_a_teacher_that_refuses_leaves_the_prompts_as_they_are() -> None:
    class Refusing(Teacher):
        async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
            raise PromptRefusedError("no")

    assert said(Refusing()).prompts == FOUR.prompts
