"""A chat model behind any OpenAI-compatible endpoint, through the `openai` SDK."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from akd_code.models.chat import Completion, Message, Sampling, encodable
from akd_code.models.endpoint import DEFAULT_URL, AskDifferentlyError, Endpoint, MalformedReplyError, Retries

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_OLD_LENGTH, _NEW_LENGTH = "max_tokens", "max_completion_tokens"


class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint; key, connections and retries are those of `Endpoint`.

    `endpoint` replaces the URL in cache keys, for servers whose port changes between runs.
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
    ) -> None:
        """Prepare, without connecting. Raises ModelSpecError, MissingKeyError."""
        self._model = model
        self._server = Endpoint(url, concurrency=concurrency, timeout_s=timeout_s, retries=retries, seed=seed)
        self._endpoint = endpoint or self._server.url
        self._length_field = _OLD_LENGTH

    def __repr__(self) -> str:
        return f"OpenAIChat({self._model!r}, {self._server.url!r})"

    @property
    def name(self) -> str:
        """The model's name at the endpoint."""
        return self._model

    @property
    def endpoint(self) -> str:
        """The URL, or the stable name given for it."""
        return self._endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the endpoint's answer.

        Raises RequestRefusedError for what repeating cannot mend, EndpointError when all attempts failed.
        """

        async def ask(client: AsyncOpenAI) -> Completion:
            request = self._request(sampling, sample)
            request["messages"] = [{"role": role, "content": encodable(content)} for role, content in messages]
            return _completion(await client.chat.completions.create(**request))

        return await self._answered(ask)

    async def continued(self, prompt: str, sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return what the completion interface writes after a text, for base models. Raises as `complete`."""

        async def ask(client: AsyncOpenAI) -> Completion:
            request = self._request(sampling, sample)
            return _continuation(await client.completions.create(**request, prompt=encodable(prompt)))

        return await self._answered(ask)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    async def _answered(self, ask: Callable[[AsyncOpenAI], Awaitable[Completion]]) -> Completion:
        """Return the completion that `ask` gives, with what it took."""
        import openai

        async def asked(client: AsyncOpenAI) -> Completion:
            length_field = self._length_field
            try:
                return await ask(client)
            except openai.BadRequestError as error:
                if length_field == _OLD_LENGTH and _NEW_LENGTH in str(error.body or error):
                    self._length_field = _NEW_LENGTH  # newer models take no other
                    raise AskDifferentlyError(f"it takes no {_OLD_LENGTH}") from None
                raise

        done = await self._server.attempted(asked, self._model, "a chat completion")
        return replace(done.reply, attempts=done.attempts, latency_s=done.latency_s)

    def _request(self, sampling: Sampling, sample: int) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._length_field: sampling.max_tokens,
        }
        if sampling.stop:
            request["stop"] = list(sampling.stop)
        if sampling.seed is not None:
            request["seed"] = sampling.seed + sample
        return request


def _completion(reply: Any) -> Completion:
    choices = getattr(reply, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise MalformedReplyError("the reply holds no choice")
    message = choices[0].message
    text = message.content
    if text is None:
        text = getattr(message, "refusal", None) or ""
    if not isinstance(text, str):
        raise MalformedReplyError("the reply's content is not text")
    return _answer(reply, text)


def _continuation(reply: Any) -> Completion:
    choices = getattr(reply, "choices", None)
    if not choices or not isinstance(getattr(choices[0], "text", None), str):
        raise MalformedReplyError("the reply holds no text")
    return _answer(reply, choices[0].text)


def _answer(reply: Any, text: str) -> Completion:
    usage = getattr(reply, "usage", None)
    return Completion(
        text=encodable(text),
        finish_reason=reply.choices[0].finish_reason or "stop",
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        model=reply.model or "",
    )
