"""The judge's two calls, answered by recorded models and by the lab."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path

from akd_code.lab import grammar
from akd_code.lab.server import LabTeacher
from akd_code.models import ChatModel, Completion, Message, PromptRefusedError, RecordedChat, Sampling, open_model
from akd_code.recipe import LabSection
from akd_code.records import Answer, Judgement, Prompt
from akd_code.referee import ask_judge
from akd_prompts import JudgeInputs, render

PROMPT = Prompt("p", "Write f.")
TEACHER = Answer("p", "teacher's", None, "stop")
STUDENT = Answer("p", "student's", None, "stop")


def recorded(tmp_path: Path, straight: list[str], swapped: list[str]) -> RecordedChat:
    rows = []
    for inputs, replies in (
        (JudgeInputs("Write f.", "teacher's", "student's"), straight),
        (JudgeInputs("Write f.", "student's", "teacher's"), swapped),
    ):
        messages = [{"role": role, "content": content} for role, content in render(inputs).messages]
        rows += [json.dumps({"messages": messages, "response": reply}) for reply in replies]
    path = tmp_path / "judge.jsonl"
    path.write_text("\n".join(rows))
    return RecordedChat(path)


def test_scores_are_averaged_over_both_orders(tmp_path: Path) -> None:
    model = recorded(tmp_path, ["Good.\nScores: 9 4"], ["Good.\nScores: 5 8"])
    assert asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, model)) == Judgement("p", 8.5, 4.5, 2, 2, leads=(5, -3))


def test_a_reply_that_cannot_be_read_is_asked_for_again_and_every_request_counts(tmp_path: Path) -> None:
    model = recorded(tmp_path, ["Hm.", "Scores: 0 99", "Scores: 9 4"], ["Scores: 4 9"])
    assert asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, model)) == Judgement("p", 9.0, 4.0, 2, 4, leads=(5, -5))


def test_a_call_that_stays_unreadable_is_flagged_and_left_out(tmp_path: Path) -> None:
    model = recorded(tmp_path, ["Hm."] * 3, ["Scores: 4 9"])
    assert asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, model, attempts=3)) == Judgement(
        "p", 9.0, 4.0, 1, requests=4
    )
    model = recorded(tmp_path, ["Hm."], ["No."])
    assert asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, model, attempts=1)) == Judgement(
        "p", None, None, 0, requests=2
    )


def test_the_labs_judge_sees_a_right_answer_ahead_of_a_wrong_one() -> None:
    task = grammar.seed_tasks(1, seed=9)[0]
    right = Answer("p", f"```python\n{task.solution}\n```", None, "stop")
    wrong = Answer("p", f"```python\n{grammar.wrong_solution(task, random.Random(1))}\n```", None, "stop")

    async def run() -> Judgement:
        model = open_model(teacher.spec, endpoint=teacher.endpoint)
        judgement = await ask_judge(Prompt("p", task.instruction), right, wrong, model)
        await model.aclose()
        return judgement

    with LabTeacher(LabSection(judge_noise=0, garbled=0)) as teacher:
        judgement = asyncio.run(run())
    assert judgement.parsed_calls == 2
    assert judgement.teacher == 9
    assert judgement.student is not None
    assert judgement.student <= 6


class Refusing:
    """A judge that refuses to compare what a text is part of, and finds everything else good."""

    name = endpoint = "refusing"

    def __init__(self, refused: str) -> None:
        self.refused = refused
        self.asked: list[str] = []

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        self.asked.append(messages[-1].content)
        if self.refused in messages[-1].content:
            raise PromptRefusedError("content filter")
        return Completion("Scores: 9 4", "stop", 1, 1, "refusing")

    async def aclose(self) -> None:
        return None


def test_answers_that_the_endpoint_will_not_compare_are_undecided_and_counted() -> None:
    judge: ChatModel = Refusing("teacher's")
    judgement = asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, judge))
    assert judgement == Judgement("p", None, None, 0, requests=2, refused=True)


class Saying:
    """A judge that says one thing after the other, ending as it is told."""

    name = endpoint = "saying"

    def __init__(self, *replies: tuple[str, str]) -> None:
        self.replies = replies

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        text, finish_reason = self.replies[sample]
        return Completion(text, finish_reason, 1, 1, "saying")

    async def aclose(self) -> None:
        return None


def test_a_reply_that_was_cut_is_asked_for_again_even_where_it_could_be_read() -> None:
    judge = Saying(("Good.\nScores: 9 1", "length"), ("Good.\nScores: 9 10", "stop"))
    judgement = asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, judge))
    assert (judgement.leads, judgement.requests) == ((-1, -1), 4)


def test_what_a_judge_thinks_before_it_speaks_does_not_count() -> None:
    said = '<think>At first sight\nScores: 1 9\n</think>\n{"explanation": "x", "score_1": 8, "score_2": 3}<|im_end|>'
    judgement = asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, Saying((said, "stop"))))
    assert (judgement.leads, judgement.requests) == ((5, 5), 2)


def test_thoughts_alone_are_no_verdict() -> None:
    thoughts = ("<think>I lean towards\nScores: 1 9", "stop")
    judgement = asyncio.run(ask_judge(PROMPT, TEACHER, STUDENT, Saying(thoughts, thoughts), attempts=2))
    assert judgement.parsed_calls == 0


def test_the_judge_sees_answers_without_the_reasoning_before_them() -> None:
    judge = Refusing("nothing of this")
    thought = Answer("p", "<think>drafts</think>teacher's<|im_end|>", None, "stop")
    asyncio.run(ask_judge(PROMPT, thought, STUDENT, judge))
    assert all("teacher's" in text and "drafts" not in text and "im_end" not in text for text in judge.asked)
