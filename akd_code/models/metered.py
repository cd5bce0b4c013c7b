"""A model whose every request is reported to a meter."""

from __future__ import annotations

from collections.abc import Sequence

from akd_code.models.chat import ChatModel, Completion, Message, Sampling
from akd_code.models.errors import ModelError
from akd_code.models.usage import UsageMeter


class MeteredChat:
    """The model below, with each answer and each lost request reported to a meter.

    It stands below the cache: an answer is in the ledger before it is in the cache, so after a crash between the two
    it is paid for again and counted again, never paid for and not counted.
    """

    def __init__(self, model: ChatModel, meter: UsageMeter) -> None:
        self._model = model
        self._meter = meter

    @property
    def name(self) -> str:
        """The name of the model below."""
        return self._model.name

    @property
    def endpoint(self) -> str:
        """The endpoint of the model below."""
        return self._model.endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the answer of the model below. Raises ModelError, and whatever the meter's `record` raises."""
        try:
            answer = await self._model.complete(messages, sampling, sample=sample)
        except ModelError as error:
            self._meter.lost(self.name, self.endpoint, error)
            raise
        self._meter.answered(
            self.name,
            self.endpoint,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            latency_s=answer.latency_s,
            attempts=answer.attempts,
            finish_reason=answer.finish_reason,
        )
        return answer

    async def aclose(self) -> None:
        """Close the model below."""
        await self._model.aclose()
