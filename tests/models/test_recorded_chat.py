"""Answers from a file of past responses."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from akd_code.models import Completion, Message, NoRecordedAnswerError, RecordedChat, RecordingError, Sampling


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def ask(model: RecordedChat, *messages: tuple[str, str], sample: int = 0) -> Completion:
    return asyncio.run(model.complete([Message(*message) for message in messages], Sampling(), sample=sample))


def test_a_prompt_row_answers_any_conversation_that_ends_with_it(tmp_path: Path) -> None:
    model = RecordedChat(write(tmp_path / "a.jsonl", {"prompt": "one", "response": "1"}))
    assert ask(model, ("system", "s"), ("user", "one")) == Completion("1", "stop", None, None, "a")


def test_a_messages_row_answers_exactly_that_conversation_and_goes_first(tmp_path: Path) -> None:
    conversation = [{"role": "system", "content": "s"}, {"role": "user", "content": "one"}]
    model = RecordedChat(
        write(tmp_path / "a.jsonl", {"prompt": "one", "response": "p"}, {"messages": conversation, "response": "m"})
    )
    assert ask(model, ("system", "s"), ("user", "one")).text == "m"
    assert ask(model, ("system", "t"), ("user", "one")).text == "p"


def test_what_was_recorded_beside_the_text_comes_back(tmp_path: Path) -> None:
    row = {"prompt": "one", "response": "1", "finish_reason": "length", "model": "big", "usage": {"prompt_tokens": 5}}
    assert ask(RecordedChat(write(tmp_path / "a.jsonl", row)), ("user", "one")) == Completion(
        "1", "length", 5, None, "big"
    )


def test_samples_are_numbered_by_the_row_or_by_their_order(tmp_path: Path) -> None:
    model = RecordedChat(
        write(
            tmp_path / "a.jsonl",
            {"prompt": "one", "response": "a"},
            "",
            {"prompt": "one", "response": "b"},
            {"prompt": "two", "response": "c", "sample": 3},
        )
    )
    assert [ask(model, ("user", "one"), sample=i).text for i in (0, 1)] == ["a", "b"]
    assert ask(model, ("user", "two"), sample=3).text == "c"


def test_a_request_without_an_answer_names_the_prompt(tmp_path: Path) -> None:
    model = RecordedChat(write(tmp_path / "a.jsonl", {"prompt": "one", "response": "1"}))
    with pytest.raises(NoRecordedAnswerError, match=r"a\.jsonl holds no answer, sample 1, to the prompt 'one'"):
        ask(model, ("user", "one"), sample=1)
    with pytest.raises(NoRecordedAnswerError, match=r"'two words x+\.\.\.'"):
        ask(model, ("user", "two\nwords " + "x" * 200))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "Expecting property name"),
        ("[1]", "must be an object"),
        ("[" * 100_000, ""),
        ({"response": "x"}, 'either "messages" or "prompt"'),
        ({"prompt": "a", "messages": [], "response": "x"}, 'either "messages" or "prompt"'),
        ({"messages": [], "response": "x"}, "list of objects"),
        ({"messages": [{"role": "user"}], "response": "x"}, '"content" must be text'),
        ({"prompt": "a"}, '"response" must be text'),
        ({"prompt": 1, "response": "x"}, '"prompt" must be text'),
        ({"prompt": "a", "response": "x", "sample": -1}, '"sample"'),
        ({"prompt": "a", "response": "x", "usage": [1]}, '"usage"'),
        ({"prompt": "a", "response": "x", "usage": {"prompt_tokens": "7"}}, '"prompt_tokens"'),
        ({"prompt": "ok", "response": "again", "sample": 0}, "there twice"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, row: Any, reason: str) -> None:
    path = write(tmp_path / "a.jsonl", {"prompt": "ok", "response": "1"}, row)
    with pytest.raises(RecordingError) as caught:
        RecordedChat(path)
    assert f"{path}:2: " in str(caught.value)
    assert reason in str(caught.value)


def test_bytes_that_are_not_text_are_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"prompt": "\xff", "response": "x"}\n')
    with pytest.raises(RecordingError, match=r"a\.jsonl:1: "):
        RecordedChat(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot read the recorded answers .*No such file"):
        RecordedChat(tmp_path / "none.jsonl")
