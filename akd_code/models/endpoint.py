"""The client of one OpenAI-compatible endpoint: its key, its connections, how often and how patiently it is asked.

Chat and embeddings share it (`OpenAIChat`, `EndpointEmbeddings`): the same rules hold for every request.
"""

from __future__ import annotations

import asyncio
import email.utils
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

from akd_code.models.errors import EndpointError, MissingKeyError, ModelError, ModelSpecError, RequestRefusedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
DEFAULT_URL = "https://api.openai.com/v1"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_RETRIED_STATUS = frozenset({408, 409, 425, 429})
_NO_KEY = "none"


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


@dataclass(frozen=True, slots=True)
class Attempted(Generic[T]):
    """An endpoint's reply, the requests sent until it came, and the seconds since the first, waits included."""

    reply: T
    attempts: int
    latency_s: float


class MalformedReplyError(ModelError):
    """A well-formed reply without what was asked for in it; the request is repeated."""


class AskDifferentlyError(ModelError):
    """The endpoint wants the request in another form; the caller has noted which, and it is repeated at once."""


class Endpoint:
    """A connection to an OpenAI-compatible endpoint.

    At most `concurrency` requests are under way at once. Connection faults, timeouts, 408, 409, 425, 429 and 5xx are
    repeated as `retries` says; anything else the endpoint refuses is not.

    The key is read from AKD_API_KEY, else OPENAI_API_KEY; an endpoint on loopback needs none and is never given the
    latter.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        concurrency: int = 16,
        timeout_s: float = 120.0,
        retries: Retries | None = None,
        seed: int = 0,
    ) -> None:
        """Prepare, without connecting. Raises ModelSpecError for an unusable URL, MissingKeyError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelSpecError(f"{url!r} is not the URL of an endpoint; write http://HOST:PORT/v1 or https://HOST/v1")
        if parts.username or parts.password:
            raise ModelSpecError(f"the URL of {parts.hostname} holds a password; put the key into AKD_API_KEY instead")
        if concurrency < 1:
            raise ModelSpecError(f"concurrency is {concurrency}; it must be at least 1")
        self.url = url.rstrip("/")
        self._loopback = parts.hostname in _LOOPBACK
        self._key = _api_key(self.url, self._loopback)
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._retries = retries or Retries()
        self._jitter = random.Random(seed)
        self._not_before = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: AsyncOpenAI | None = None
        self._slots = asyncio.Semaphore(concurrency)

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r})"

    async def attempted(self, ask: Callable[[AsyncOpenAI], Awaitable[T]], model: str, wanted: str) -> Attempted[T]:
        """Return what `ask` gives, repeated as the retries say; `model` and `wanted` (what it asks for) are for errors.

        Raises RequestRefusedError for what repeating cannot mend, EndpointError when all attempts failed; both say how
        many requests were sent, in `attempts`.
        """
        import openai

        client = self._connect()
        began: float | None = None
        reason = ""
        for attempt in range(1, self._retries.attempts + 1):
            wait: float | None = None
            async with self._slots:
                await self._until_allowed()
                began = time.monotonic() if began is None else began
                try:
                    return Attempted(await ask(client), attempt, time.monotonic() - began)
                except AskDifferentlyError as error:
                    reason = str(error)
                    continue
                except openai.APIStatusError as error:
                    reason = self._status_reason(error)
                    if (refusal := self._refusal(error, model, reason)) is not None:
                        raise _with_effort(refusal, attempt, began) from None
                    wait = _retry_after_s(error.response.headers)
                    if wait is not None and error.status_code == 429:
                        self._hold_back(min(wait, self._retries.retry_after_s))
                except openai.APITimeoutError:
                    reason = f"no answer within {self._timeout_s:g} s"
                except openai.APIConnectionError as error:
                    reason = f"no connection ({error.__cause__ or error})"
                except (openai.APIResponseValidationError, ValueError, MalformedReplyError) as error:
                    reason = f"its reply is not {wanted} ({type(error).__name__})"
            if attempt < self._retries.attempts:
                await asyncio.sleep(self._pause_s(attempt, wait))
        failure = EndpointError(
            f"{self.url} failed {self._retries.attempts} times, the last time: {self._scrubbed(reason)}; "
            "check that the server runs and the URL is right, then run the same command again"
        )
        raise _with_effort(failure, self._retries.attempts, began)

    async def aclose(self) -> None:
        """Close the connections; the endpoint can be asked again afterwards."""
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
                api_key=self._key, base_url=self.url, max_retries=0, timeout=self._timeout_s, http_client=http
            )
            self._loop = loop
            self._slots = asyncio.Semaphore(self._concurrency)
        return self._client

    def _status_reason(self, error: Any) -> str:
        said = self._scrubbed(str(error)).replace("\n", " ")[:300]
        return f"status {error.status_code}: {said}"

    def _refusal(self, error: Any, model: str, reason: str) -> RequestRefusedError | None:
        """Return the error to raise where repeating cannot mend what the endpoint said, else None."""
        status: int = error.status_code
        if status == 429 and getattr(error, "code", None) == "insufficient_quota":
            return RequestRefusedError(f"{self.url} says the quota is used up; check plan and billing ({reason})")
        if status in _RETRIED_STATUS or status >= 500:
            return None
        todo = {
            401: "check the key in AKD_API_KEY or OPENAI_API_KEY",
            403: "check that the key may use this model",
            404: f"check the URL and the model's name {model!r}",
        }.get(status, "check the model's settings")
        said = reason.partition(": ")[2]
        return RequestRefusedError(f"{self.url} refused the request with status {status}; {todo} ({said})")

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


def name_at_url(text: str, spec: str) -> tuple[str, str]:
    """Return (model name, URL) of NAME or NAME@URL; the URL defaults to OPENAI_BASE_URL, else OpenAI's own.

    `spec` is the whole text that was given, for the message. Raises ModelSpecError.
    """
    # Some names hold an @ themselves, hence the last one and the scheme after it.
    name, at, url = text.rpartition("@") if "@http" in text else (text, "", "")
    if not name or name.endswith("@") or (not at and "@" in name[1:]):
        raise ModelSpecError(f"{spec!r} lacks a model name or a URL; write openai:NAME@http://HOST:PORT/v1")
    return name, url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL


def _api_key(url: str, loopback: bool) -> str:
    # Keys are often pasted with a line break, which the HTTP library would refuse and print.
    key = os.environ.get("AKD_API_KEY", "").strip()
    if not key and not loopback:
        key = os.environ.get("OPENAI_API_KEY", "").strip()
        if not key:
            raise MissingKeyError(f"no API key for {url}; set OPENAI_API_KEY, or AKD_API_KEY, to your key")
    return key or _NO_KEY


def _with_effort(error: ModelError, attempts: int, began: float | None) -> ModelError:
    error.attempts = attempts
    error.latency_s = 0.0 if began is None else time.monotonic() - began
    return error


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
