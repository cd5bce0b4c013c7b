"""Counting what models were asked and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.models.chat import ChatModel, Completion, Message, Sampling


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, as the user states them: this project keeps no price table."""

    prompt: float
    completion: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked so far. Tokens are those of calls that were paid for; those of cached ones stand apart.

    `unmetered_calls` are calls whose endpoint told no token counts. `cost_usd` is None, not zero, when it is
    unknown: no price was given, or some call was unmetered. `worth_usd` is what all answers, cached ones too, cost when
    they were first paid for at these prices: a resumed run's figure equals an uninterrupted one's.
    """

    calls: int = 0
    cached_calls: int = 0
    failed_calls: int = 0
    unmetered_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_prompt_tokens: int = 0
    cached_completion_tokens: int = 0
    cost_usd: float | None = None
    worth_usd: float | None = None


class UsageMeter:
    """Counts the calls that go through it to the model below, which may be a `CachedChat`."""

    def __init__(self, model: ChatModel, price: Price | None = None) -> None:
        self._model = model
        self._price = price
        self._calls = self._cached = self._failed = self._unmetered = 0
        self._prompt_tokens = self._completion_tokens = 0
        self._cached_prompt_tokens = self._cached_completion_tokens = 0

    @property
    def name(self) -> str:
        """The name of the model below."""
        return self._model.name

    @property
    def endpoint(self) -> str:
        """The endpoint of the model below."""
        return self._model.endpoint

    @property
    def usage(self) -> Usage:
        """What was asked so far."""
        cost = worth = None
        if self._price is not None and not self._unmetered:
            cost = self._priced(self._price, self._prompt_tokens, self._completion_tokens)
            worth = cost + self._priced(self._price, self._cached_prompt_tokens, self._cached_completion_tokens)
        return Usage(
            calls=self._calls,
            cached_calls=self._cached,
            failed_calls=self._failed,
            unmetered_calls=self._unmetered,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            cached_prompt_tokens=self._cached_prompt_tokens,
            cached_completion_tokens=self._cached_completion_tokens,
            cost_usd=cost,
            worth_usd=worth,
        )

    @staticmethod
    def _priced(price: Price, prompt_tokens: int, completion_tokens: int) -> float:
        return (price.prompt * prompt_tokens + price.completion * completion_tokens) / 1e6

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the answer of the model below, counted."""
        try:
            answer = await self._model.complete(messages, sampling, sample=sample)
        except Exception:
            self._failed += 1
            raise
        if answer.cached:
            self._cached += 1
            self._unmetered += answer.prompt_tokens is None or answer.completion_tokens is None
            self._cached_prompt_tokens += answer.prompt_tokens or 0
            self._cached_completion_tokens += answer.completion_tokens or 0
            return answer
        self._calls += 1
        self._unmetered += answer.prompt_tokens is None or answer.completion_tokens is None
        self._prompt_tokens += answer.prompt_tokens or 0
        self._completion_tokens += answer.completion_tokens or 0
        return answer

    async def aclose(self) -> None:
        """Close the model below."""
        await self._model.aclose()
