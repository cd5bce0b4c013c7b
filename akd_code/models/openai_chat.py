"""Any OpenAI-compatible endpoint, through the `openai` SDK, with our own retries."""

from __future__ import annotations

import asyncio
import email.utils
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from akd_code.models.chat import Completion, Message, Sampling, encodable
from akd_code.models.errors import EndpointError, MissingKeyError, ModelError, ModelSpecError, RequestRefusedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

DEFAULT_URL = "https://api.openai.com/v1"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_RETRIED_STATUS = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently a request is repeated. Times in seconds.

    The wait before attempt n + 1 is `backoff_s` x 2^(n-1), at most `longest_s`, less a random part of up to half, so
    that clients do not return in step. A Retry-After header replaces it, up to `retry_after_s`.
    """

    attempts: int = 6
    backoff_s: float = 0.5
    longest_s: float = 30.0
    retry_after_s: float = 120.0


class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint.

    At most `concurrency` requests are under way at once. Connection faults, timeouts, 408, 409, 425, 429 and 5xx are
    repeated as `retries` says; anything else the endpoint refuses is not.

    The key is read from AKD_API_KEY, else OPENAI_API_KEY; an endpoint on loopback needs none and is never given the
    latter. `endpoint` replaces the URL in cache keys, for servers whose port changes between runs.
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
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelSpecError(f"{url!r} is no URL of an endpoint; write http://HOST:PORT/v1 or https://HOST/v1")
        if parts.username or parts.password:
            raise ModelSpecError(f"the URL of {parts.hostname} holds a password; put the key into AKD_API_KEY instead")
        if concurrency < 1:
            raise ModelSpecError(f"concurrency is {concurrency}; it must be at least 1")
        self._model = model
        self._url = url.rstrip("/")
        self._endpoint = endpoint or self._url
        self._loopback = parts.hostname in _LOOPBACK
        self._key = _api_key(self._url, self._loopback)
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._retries = retries or Retries()
        self._jitter = random.Random(seed)
        self._length_field = "max_tokens"
        self._not_before = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: AsyncOpenAI | None = None
        self._slots = asyncio.Semaphore(concurrency)

    def __repr__(self) -> str:
        return f"OpenAIChat({self._model!r}, {self._url!r})"

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
            return _completion(await client.chat.completions.create(**self._request(messages, sampling, sample)))

        return await self._attempted(ask)

    async def continued(self, prompt: str, sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return what the completion interface writes after a text, for base models. Raises as `complete`."""

        async def ask(client: AsyncOpenAI) -> Completion:
            request = self._request([], sampling, sample)
            del request["messages"]
            return _continuation(await client.completions.create(**request, prompt=encodable(prompt)))

        return await self._attempted(ask)

    async def _attempted(self, ask: Callable[[AsyncOpenAI], Awaitable[Completion]]) -> Completion:
        """Return what `ask` gives, repeated as the retries say."""
        import openai

        client = self._connect()
        reason = ""
        for attempt in range(1, self._retries.attempts + 1):
            wait: float | None = None
            async with self._slots:
                await self._until_allowed()
                length_field = self._length_field
                try:
                    return await ask(client)
                except openai.APIStatusError as error:
                    if length_field == "max_tokens" and _wants_other_length_field(error):
                        self._length_field, reason = "max_completion_tokens", "it takes no max_tokens"
                        continue
                    reason = self._status_reason(error)
                    wait = _retry_after_s(error.response.headers)
                    if wait is not None and error.status_code == 429:
                        self._hold_back(min(wait, self._retries.retry_after_s))
                except openai.APITimeoutError:
                    reason = f"no answer within {self._timeout_s:g} s"
                except openai.APIConnectionError as error:
                    reason = f"no connection ({error.__cause__ or error})"
                except (openai.APIResponseValidationError, ValueError, _NoAnswerError) as error:
                    reason = f"its reply is not a chat completion ({type(error).__name__})"
            if attempt < self._retries.attempts:
                await asyncio.sleep(self._pause_s(attempt, wait))
        raise EndpointError(
            f"{self._url} failed {self._retries.attempts} times, the last time: {self._scrubbed(reason)}; "
            "check that the server runs and the URL is right, then run the same command again"
        )

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client, self._loop = self._client, None, None
        if client is not None:
            await client.close()

    def _connect(self) -> AsyncOpenAI:
        """Return the client of the running event loop: connections cannot outlive the loop they were opened in."""
        import openai

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # A proxy from the environment must not see, or break, what stays on this machine.
            http = openai.DefaultAsyncHttpxClient(trust_env=not self._loopback)
            self._client = openai.AsyncOpenAI(
                api_key=self._key, base_url=self._url, max_retries=0, timeout=self._timeout_s, http_client=http
            )
            self._loop = loop
            self._slots = asyncio.Semaphore(self._concurrency)
        return self._client

    def _request(self, messages: Sequence[Message], sampling: Sampling, sample: int) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": role, "content": encodable(content)} for role, content in messages],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._length_field: sampling.max_tokens,
        }
        if sampling.stop:
            request["stop"] = list(sampling.stop)
        if sampling.seed is not None:
            request["seed"] = sampling.seed + sample
        return request

    def _status_reason(self, error: Any) -> str:
        """Return why the endpoint failed, or raise if repeating cannot mend it."""
        status: int = error.status_code
        said = self._scrubbed(str(error)).replace("\n", " ")[:300]
        if status == 429 and getattr(error, "code", None) == "insufficient_quota":
            raise RequestRefusedError(f"{self._url} says the quota is used up; check plan and billing ({said})")
        if status in _RETRIED_STATUS or status >= 500:
            return f"status {status}: {said}"
        todo = {
            401: "check the key in AKD_API_KEY or OPENAI_API_KEY",
            403: "check that the key may use this model",
            404: f"check the URL and the model's name {self._model!r}",
        }.get(status, "check the model's settings")
        raise RequestRefusedError(f"{self._url} refused the request with status {status}; {todo} ({said})")

    def _scrubbed(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key != _NO_KEY else text

    def _hold_back(self, seconds: float) -> None:
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    async def _until_allowed(self) -> None:
        """Wait while the endpoint asked everybody to: a request sent earlier would only be refused again."""
        while (left := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def _pause_s(self, attempt: int, retry_after_s: float | None) -> float:
        if retry_after_s is not None:
            return min(retry_after_s, self._retries.retry_after_s)
        longest = min(self._retries.longest_s, self._retries.backoff_s * 2.0 ** (attempt - 1))
        return longest * (1.0 - 0.5 * self._jitter.random())


class _NoAnswerError(ModelError):
    """A well-formed reply without any choice in it."""


def _wants_other_length_field(error: Any) -> bool:
    """Return whether the endpoint refused `max_tokens` in favour of `max_completion_tokens`, as newer models do."""
    return error.status_code == 400 and "max_completion_tokens" in str(error.body or error)


_NO_KEY = "none"


def _api_key(url: str, loopback: bool) -> str:
    key = os.environ.get("AKD_API_KEY") or ("" if loopback else os.environ.get("OPENAI_API_KEY", ""))
    if not key and not loopback:
        raise MissingKeyError(f"no API key for {url}; set OPENAI_API_KEY, or AKD_API_KEY, to your key")
    return key or _NO_KEY


def _completion(reply: Any) -> Completion:
    choices = getattr(reply, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise _NoAnswerError("the reply holds no choice")
    choice = choices[0]
    text = choice.message.content
    if text is None:
        text = getattr(choice.message, "refusal", None) or ""
    if not isinstance(text, str):
        raise _NoAnswerError("the reply's content is no text")
    usage = reply.usage
    return Completion(
        text=encodable(text),
        finish_reason=choice.finish_reason or "stop",
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        model=reply.model or "",
    )


def _continuation(reply: Any) -> Completion:
    choices = getattr(reply, "choices", None)
    if not choices or not isinstance(getattr(choices[0], "text", None), str):
        raise _NoAnswerError("the reply holds no text")
    usage = getattr(reply, "usage", None)
    return Completion(
        text=encodable(choices[0].text),
        finish_reason=choices[0].finish_reason or "stop",
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        model=reply.model or "",
    )


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a Retry-After header asks for, given as seconds, milliseconds or a date; None if none does."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000.0)
        value = headers.get("retry-after", "")
        if value.replace(".", "", 1).isdigit():
            return float(value)
        if value:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
    return None
