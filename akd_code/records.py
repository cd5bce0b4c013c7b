"""Frozen records that every stage of the loop passes on: plain data, no behaviour.

The data's way: `Prompt` -> teacher `Answer` -> `Suite` and verdicts -> `ChatRow` -> adapter ->
student `Answer` -> `Gap` (hard or easy) -> new `Prompt`s -> next round.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

PromptSource = Literal["seed", "hard", "easy"]
SuiteOrigin = Literal["given", "teacher"]
DecidedBy = Literal["tests", "judge", "tests+judge", "none"]


def content_id(*parts: str) -> str:
    """Return 16 hex digits that name the given texts: equal texts, equal id."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Suite:
    """Unit tests of one prompt: `assert` lines over its entry point.

    `origin` tells whether the tests came with the seed or were written by the teacher. `setup` is
    code that the asserts need (imports, helper classes). Only suites that were validated decide anything.
    """

    asserts: tuple[str, ...]
    origin: SuiteOrigin
    setup: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """An instruction for teacher and student.

    `parent` is the id of the prompt it was generated from; `round` the round that made it (0 = seed).
    """

    id: str
    text: str
    entry_point: str | None = None
    source: PromptSource = "seed"
    parent: str | None = None
    round: int = 0
    suite: Suite | None = None
    meta: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote for a prompt; `code` is what was extracted from it (None: no code found)."""

    prompt_id: str
    text: str
    code: str | None
    finish_reason: str
    extraction: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The LLM judge's two calls on one prompt (answers swapped in the second), scores 1-10.

    `teacher` and `student` are means over the calls that could be parsed; None when neither could.
    """

    prompt_id: str
    teacher: float | None
    student: float | None
    parsed_calls: int


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the student is behind the teacher on a prompt, and what decided it.

    `value` is a pass-rate difference in [-1, 1] (tests) or a score difference in [-9, 9] (judge).
    `hard` is None when nothing could decide: such a prompt is counted and left out of both streams.
    """

    prompt_id: str
    value: float | None
    hard: bool | None
    decided_by: DecidedBy
    teacher_pass_rate: float | None = None
    student_pass_rate: float | None = None
    judge_gap: float | None = None


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One training row in the HF chat shape: `messages` ends with the assistant's answer."""

    messages: tuple[tuple[str, str], ...]
    prompt_id: str
    meta: tuple[tuple[str, str], ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the row as written to train.jsonl: `messages` plus `meta`."""
        return {
            "messages": [{"role": role, "content": content} for role, content in self.messages],
            "meta": {"prompt_id": self.prompt_id, **dict(self.meta)},
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """A preference pair: chosen and rejected answers to the same prompt."""

    prompt_id: str
    prompt: str
    chosen: str
    rejected: str
