"""A chat model behind any OpenAI-compatible endpoint, through the `openai` SDK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from akd_code.models.addresses import DEFAULT_URL
from akd_code.models.chat import Completion, Message, Sampling, encodable
from akd_code.models.endpoint import Endpoint, Notice, silent
from akd_code.models.extras import Extras
from akd_code.models.patience import Retries
from akd_code.models.reply import completion_of, continuation_of
from akd_code.models.settings import RequestSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint; key, connections and retries are those of `Endpoint`.

    `endpoint` replaces the URL in cache keys, for servers whose port changes between runs. A setting of a request that
    the endpoint does not take is left out from then on; `notice` is told so, once for each.
    """

    def __init__(
        self,
        model: str,
        url: str = DEFAULT_URL,
        *,
        endpoint: str | None = None,
        concurrency: int = 16,
        timeout_s: float = 120.0,
        retries: Retries | None = None,
        seed: int = 0,
        extras: Extras | None = None,
        notice: Notice = silent,
    ) -> None:
        """Prepare, without connecting. Raises ModelSpecError, MissingKeyError."""
        self._model = model
        self._server = Endpoint(
            url, concurrency=concurrency, timeout_s=timeout_s, retries=retries, seed=seed, extras=extras, notice=notice
        )
        self._endpoint = (endpoint or self._server.url) + self._server.extras.suffix
        self._settings = RequestSettings(self._server.url, self._server.tell)

    def __repr__(self) -> str:
        return f"OpenAIChat({self._model!r}, {self._server.url!r})"

    @property
    def name(self) -> str:
        """The model's name at the endpoint."""
        return self._model

    @property
    def endpoint(self) -> str:
        """The URL, or the stable name given for it, and the fields that the user adds to every request."""
        return self._endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the endpoint's answer.

        Raises PromptRefusedError where it refuses this prompt, RequestRefusedError for what else repeating cannot mend,
        EndpointError when all attempts failed.
        """
        said: Any = [{"role": role, "content": encodable(content)} for role, content in messages]

        async def ask(client: AsyncOpenAI, settings: dict[str, Any]) -> Completion:
            return completion_of(await client.chat.completions.create(messages=said, **settings))

        return await self._answered(ask, sampling, sample)

    async def continued(self, prompt: str, sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return what the completion interface writes after a text, for base models. Raises as `complete`."""

        async def ask(client: AsyncOpenAI, settings: dict[str, Any]) -> Completion:
            return continuation_of(await client.completions.create(prompt=encodable(prompt), **settings))

        return await self._answered(ask, sampling, sample)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    async def _answered(
        self, ask: Callable[[AsyncOpenAI, dict[str, Any]], Awaitable[Completion]], sampling: Sampling, sample: int
    ) -> Completion:
        """Return the completion that `ask` gives to a client and the request's settings, with what it took."""
        own = self._server.extras.body

        async def asked(client: AsyncOpenAI) -> Completion:
            settings = self._settings.of(sampling, sample)
            with self._settings.learning(settings):
                return await ask(client, {"model": self._model, **settings, "extra_body": dict(own) or None})

        done = await self._server.attempted(
            asked, self._model, "a chat completion", lambda: {*self._settings.of(sampling, sample), *own}
        )
        return replace(done.reply, attempts=done.attempts, latency_s=done.latency_s)
