"""A model that answers from a file of past responses, so that a run can be repeated without any endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from akd_code.models.chat import Completion, Message, Sampling, encodable
from akd_code.models.errors import NoRecordedAnswerError, RecordingError

_Key = tuple[str, int]


class RecordedChat:
    """Answers from FILE.jsonl, one row per answer.

    A row is `{"messages": [{"role", "content"}, ...] or "prompt": text, "response": text}` with, if wanted, "sample",
    "finish_reason", "model" and "usage" ({"prompt_tokens", "completion_tokens"}). A row with `messages` answers exactly
    that conversation; one with `prompt` answers any whose last user message is that text. Rows of the same request
    without "sample" are its samples 0, 1, 2, ... in the order of the file.
    """

    def __init__(self, path: Path, *, endpoint: str | None = None) -> None:
        self._path = path
        self._endpoint = endpoint or f"recorded:{path}"
        self._answers = _read(path)

    def __repr__(self) -> str:
        return f"RecordedChat({str(self._path)!r})"

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self._path.stem

    @property
    def endpoint(self) -> str:
        """`recorded:` and the path, or the stable name given for it."""
        return self._endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the recorded answer; `sampling` plays no part. Raises NoRecordedAnswerError if there is none."""
        asked = next((content for role, content in reversed(messages) if role == "user"), "")
        for request in (_conversation_key(messages), _prompt_key(asked)):
            answer = self._answers.get((request, sample))
            if answer is not None:
                return answer
        shown = " ".join(asked.split())
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        raise NoRecordedAnswerError(
            f"{self._path} holds no answer, sample {sample}, to the prompt {shown!r}; add a row for it"
        )

    async def aclose(self) -> None:
        """Do nothing: the file was read at the start."""


def _conversation_key(messages: Sequence[tuple[str, str]]) -> str:
    return json.dumps([[role, content] for role, content in messages], ensure_ascii=False)


def _prompt_key(prompt: str) -> str:
    return json.dumps(prompt, ensure_ascii=False)


def _read(path: Path) -> dict[_Key, Completion]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(
            f"cannot read the recorded answers {path} ({error.strerror}); give the path of a JSONL file"
        ) from None
    answers: dict[_Key, Completion] = {}
    counts: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            request, sample, answer = _parse_row(json.loads(line), path.stem)
        except (ValueError, RecursionError) as error:
            raise RecordingError(f"{path}:{number}: {error}; correct or remove the line") from None
        if sample is None:
            sample = counts[request] = counts.get(request, -1) + 1
        if (request, sample) in answers:
            raise RecordingError(f"{path}:{number}: sample {sample} of this request is there twice; remove one")
        answers[request, sample] = answer
    return answers


def _parse_row(row: Any, model: str) -> tuple[str, int | None, Completion]:
    if not isinstance(row, dict):
        raise ValueError("a row must be an object")
    if ("messages" in row) == ("prompt" in row):
        raise ValueError('a row must have either "messages" or "prompt"')
    request = _messages_of(row["messages"]) if "messages" in row else _prompt_key(_text(row, "prompt"))
    sample = row.get("sample")
    if sample is not None and (not isinstance(sample, int) or isinstance(sample, bool) or sample < 0):
        raise ValueError('"sample" must be an integer from 0')
    usage = row.get("usage") or {}
    if not isinstance(usage, dict):
        raise ValueError('"usage" must be an object')
    answer = Completion(
        text=encodable(_text(row, "response")),
        finish_reason=_text(row, "finish_reason", "stop"),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        model=_text(row, "model", model),
    )
    return request, sample, answer


def _messages_of(value: Any) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(message, dict) for message in value):
        raise ValueError('"messages" must be a list of objects')
    return _conversation_key([(_text(message, "role"), _text(message, "content")) for message in value])


def _text(row: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be text')
    return value


def _count(usage: Mapping[str, Any], key: str) -> int | None:
    value = usage.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError(f'"{key}" must be an integer')
    return value
