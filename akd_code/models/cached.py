"""A model that is asked only for what the cache does not hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from akd_code.models.cache import AnswerCache, request_key
from akd_code.models.chat import ChatModel, Completion, Message, Sampling
from akd_code.models.usage import UsageMeter


class CachedChat:
    """Answers from the cache, and asks the model below only for what is not there.

    A request that is already under way is waited for, not sent again. An answer is returned only after it was
    stored. `meter` is told of the answers that were there.
    """

    def __init__(self, model: ChatModel, cache: AnswerCache, meter: UsageMeter | None = None) -> None:
        self._model = model
        self._cache = cache
        self._meter = meter
        self._under_way: dict[str, asyncio.Future[None]] = {}

    @property
    def name(self) -> str:
        """The name of the model below."""
        return self._model.name

    @property
    def endpoint(self) -> str:
        """The endpoint of the model below."""
        return self._model.endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the answer, from the cache if it is there.

        Raises ModelError; DiskError or CacheError if it cannot be stored.
        """
        key = request_key(self._model, messages, sampling, sample)
        while True:
            answer = self._cache.get(key)
            if answer is not None:
                if self._meter is not None:
                    self._meter.cached(answer.prompt_tokens, answer.completion_tokens)
                return answer
            other = self._under_way.get(key)
            if other is None:
                break
            # Whoever sends the request may fail or be cancelled; then the next in line sends it.
            await asyncio.wait([other])
        self._cache.check_room()
        done = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._model.complete(messages, sampling, sample=sample)
            self._cache.put(self._model, messages, sampling, sample, answer)
        finally:
            del self._under_way[key]
            done.set_result(None)
        # Another process may have stored its answer first: every reader must see the same one.
        stored = self._cache.get(key) or answer
        return replace(stored, cached=False, attempts=answer.attempts, latency_s=answer.latency_s)

    async def aclose(self) -> None:
        """Close the model below; the cache stays open for others."""
        await self._model.aclose()
