"""The one protocol behind which every model stands, and the plain data it takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from akd_code.records import REASONING_ONLY
from akd_prompts import Message

__all__ = ["REASONING_ONLY", "ChatModel", "Completion", "Message", "Sampling", "encodable"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. `temperature` 0 is greedy; `max_tokens` counts the answer's tokens alone.

    `seed` is sent to endpoints that take one; sample i of a request is asked with seed + i. What is None is left out of
    a request, and the endpoint's own default holds; a model in this process needs all but the seed. `schema` is the
    JSON schema of an answer, for endpoints that can hold a model to one; it asks for nothing that the conversation does
    not, so it is no part of a cache key, and whoever reads the answer must expect either form.
    """

    temperature: float | None = 0.0
    top_p: float | None = 1.0
    max_tokens: int | None = 1024
    stop: tuple[str, ...] = ()
    seed: int | None = None
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer. `finish_reason` is "stop", "length", REASONING_ONLY or what the endpoint says.

    Token counts are None if unknown. `cached` is True when the answer came from the cache and cost nothing now.
    `attempts` counts the requests sent until the answer came, `latency_s` the seconds from the first of them, waits
    included: how an answer was obtained is no part of what it is, so equality leaves both out.
    """

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    model: str
    cached: bool = False
    attempts: int = field(default=1, compare=False)
    latency_s: float = field(default=0.0, compare=False)


class ChatModel(Protocol):
    """A model that answers a conversation.

    `endpoint` names where the answers come from, equal for equal answers: together with `name` it is part of
    every cache key, so it holds no port that changes from run to run and no key.
    """

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        ...

    @property
    def endpoint(self) -> str:
        """Where the answers come from."""
        ...

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return answer number `sample` to the conversation. Raises ModelError if there will be none."""
        ...

    async def aclose(self) -> None:
        """Let go of connections. The model can be used again afterwards."""
        ...


def encodable(text: str) -> str:
    """Return `text` with each lone surrogate replaced by "?": JSON can carry them, UTF-8 files and SQLite cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
