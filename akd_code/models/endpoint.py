"""The client of one OpenAI-compatible endpoint: its key, its connections, how often and how patiently it is asked.

Chat and embeddings share it (`OpenAIChat`, `EndpointEmbeddings`): the same rules hold for every request.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from akd_code.models.addresses import DEFAULT_URL, Address, Distance, address_of
from akd_code.models.errors import (
    EndpointError,
    MissingKeyError,
    ModelError,
    ModelSpecError,
    PromptRefusedError,
    RequestRefusedError,
)
from akd_code.models.extras import Extras, opened, sendable
from akd_code.models.patience import CircuitBreaker, Retries, retry_after_s
from akd_code.models.refusals import Refusal, one_line, refusal_of
from akd_code.models.reply import MalformedReplyError, ProviderFaultError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
Notice = Callable[[str], None]
"""Is given what whoever watches should know, a line at a time; may be called from any thread."""
_RETRIED_STATUS = frozenset({408, 409, 425, 429})
_NO_KEY = "none"
_TOLD_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Attempted(Generic[T]):
    """An endpoint's reply, the requests sent until it came, and the seconds since the first, waits included."""

    reply: T
    attempts: int
    latency_s: float


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a request failed this time, and how long the endpoint wants to be left alone (None: it does not say)."""

    reason: str
    wait_s: float | None = None
    busy: bool = False


class AskDifferentlyError(ModelError):
    """The endpoint wants the request in another form; the caller has noted which, and it is repeated at once."""


def silent(line: str) -> None:
    """Take note of nothing."""


class Endpoint:
    """A connection to an OpenAI-compatible endpoint.

    At most `concurrency` requests are under way at once. Connection faults, timeouts, 408, 409, 425, 429, 5xx and
    replies that are errors in truth are repeated as `retries` says; anything else the endpoint refuses is not.

    The key is read from AKD_API_KEY, else OPENAI_API_KEY; an endpoint on loopback or in the local network needs none
    and is never given the latter. `notice` is told of waits of more than five seconds.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        concurrency: int = 16,
        timeout_s: float = 120.0,
        retries: Retries | None = None,
        seed: int = 0,
        extras: Extras | None = None,
        notice: Notice = silent,
    ) -> None:
        """Prepare, without connecting. Raises ModelSpecError for an unusable URL, MissingKeyError."""
        if concurrency < 1:
            raise ModelSpecError(f"concurrency is {concurrency}; it must be at least 1")
        self._address = address_of(url)
        self.extras = extras or Extras()
        self._opened = opened(self.extras)
        self._key = _api_key(self._address, self._opened.brings_key)
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._retries = retries or Retries()
        self._breaker = CircuitBreaker(self._retries.in_a_row)
        self._jitter = random.Random(seed)
        self._notice = notice
        self._not_before = self._told_until = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: AsyncOpenAI | None = None
        self._slots, self._probe = asyncio.Semaphore(concurrency), asyncio.Lock()

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r})"

    @property
    def url(self) -> str:
        """The URL that requests are sent under, without its query."""
        return self._address.url

    async def attempted(
        self,
        ask: Callable[[AsyncOpenAI], Awaitable[T]],
        model: str,
        wanted: str,
        settings: Callable[[], Collection[str]] = tuple,
    ) -> Attempted[T]:
        """Return what `ask` gives, repeated as the retries say; `model` and `wanted` (what it asks for) are for errors.

        `settings` tells the fields of the request that are the same for every prompt: a refusal that names one of them
        concerns every prompt. Raises PromptRefusedError, RequestRefusedError for what repeating cannot mend,
        EndpointError when all attempts failed; all say how many requests were sent, in `attempts`.
        """
        client = self._connect()
        sent, failures = 0, 0
        first: float | None = None
        while True:
            async with self._slots, self._turn():
                if self._breaker.open:
                    raise _with_effort(self._paused(), sent, first)
                began = time.monotonic()
                first = began if first is None else first
                sent += 1
                try:
                    failed = await self._once(ask, client, model, wanted, settings)
                except AskDifferentlyError:
                    continue
                except ModelError as error:
                    self._breaker.answered()
                    raise _with_effort(error, sent, first) from None
                if not isinstance(failed, _Failure):
                    self._breaker.answered()
                    return Attempted(failed, sent, time.monotonic() - first)
                failures += 1
                self._note(failed, began)
            if failures >= self._retries.attempts:
                raise _with_effort(self._given_up(failures, failed.reason), sent, first)
            if not self._breaker.open:
                await self._rest(self._retries.pause_s(failures, failed.wait_s, self._jitter), failed.reason)

    def _note(self, failed: _Failure, began: float) -> None:
        """Take note of a failure; where many follow each other, everybody is held back."""
        if not failed.busy and self._breaker.failed(failed.reason, began):
            self._hold_back(self._retries.pause_s(self._breaker.rests, None, self._jitter), failed.reason)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until a request may be sent; while the endpoint fails, one request at a time has its turn."""
        await self._until_allowed()
        if not self._breaker.probing:
            yield
            return
        async with self._probe:
            await self._until_allowed()
            yield

    def tell(self, line: str) -> None:
        """Say something to whoever watches, without any key in it."""
        self._notice(self._scrubbed(line))

    async def aclose(self) -> None:
        """Close the connections; the endpoint can be asked again afterwards."""
        client, self._client, self._loop = self._client, None, None
        if client is not None:
            await client.close()

    async def _once(
        self,
        ask: Callable[[AsyncOpenAI], Awaitable[T]],
        client: AsyncOpenAI,
        model: str,
        wanted: str,
        settings: Callable[[], Collection[str]],
    ) -> T | _Failure:
        """Return the reply, or why there is none that repeating may bring. Raises ModelError for what it may not."""
        import openai

        try:
            return await ask(client)
        except openai.APIStatusError as error:
            said = said_by(error)
            if (refused := self._refused(said, model, settings())) is not None:
                raise refused from None
            wait = retry_after_s(error.response.headers)
            if wait is not None and error.status_code == 429:
                self._hold_back(min(wait, self._retries.retry_after_s), "")
            return _Failure(f"status {said.status}: {self._scrubbed(said.words)}", wait, error.status_code == 429)
        except openai.APITimeoutError:
            return _Failure(f"no answer within {self._timeout_s:g} s")
        except openai.APIConnectionError as error:
            return _Failure(f"no connection ({self._scrubbed(one_line(str(error.__cause__ or error)))})")
        except PromptRefusedError as error:
            raise PromptRefusedError(f"{self.url}: {self._scrubbed(str(error))}") from None
        except ProviderFaultError as error:
            return _Failure(f"it answered with an error, {self._scrubbed(str(error))}")
        except (openai.APIResponseValidationError, ValueError, MalformedReplyError) as error:
            why = str(error) if isinstance(error, MalformedReplyError) else type(error).__name__
            return _Failure(f"its reply is not {wanted} ({self._scrubbed(why)}){self._address.hint}")

    def _connect(self) -> AsyncOpenAI:
        """Return the client of the running event loop: connections cannot outlive the loop they were opened in."""
        import openai

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # A proxy from the environment must not see, or break, what stays on this machine.
            http = openai.DefaultAsyncHttpxClient(trust_env=self._address.distance is not Distance.LOOPBACK)
            self._client = openai.AsyncOpenAI(
                api_key=self._key,
                base_url=self.url,
                max_retries=0,
                timeout=self._timeout_s,
                http_client=http,
                default_headers=dict(self._opened.headers),
                default_query={**dict(self._address.query), **self._opened.query},
            )
            self._loop = loop
            self._slots, self._probe = asyncio.Semaphore(self._concurrency), asyncio.Lock()
        return self._client

    def _refused(self, said: Refusal, model: str, settings: Collection[str]) -> RequestRefusedError | None:
        """Return the error to raise where repeating cannot mend what the endpoint said, else None."""
        words = self._scrubbed(said.words) or "it does not say why"
        if said.status in (402, 429) and (said.is_quota or said.status == 402):
            return RequestRefusedError(f"{self.url} says the quota is used up; check plan and billing ({words})")
        if said.status in _RETRIED_STATUS or said.status >= 500:
            return None
        refused = f"{self.url} refused the request with status {said.status}"
        if said.concerns_one_prompt and (said.about_prompt or not said.speaks_of(settings)):
            return PromptRefusedError(f"{refused}; check the prompt and the model's settings ({words})")
        return RequestRefusedError(f"{refused}; {self._todo(said.status, model)} ({words})")

    def _todo(self, status: int, model: str) -> str:
        keys = "AKD_API_KEY" if self._address.distance is not Distance.PUBLIC else "AKD_API_KEY or OPENAI_API_KEY"
        return {
            401: f"check the key in {keys}",
            403: "check that the key may use this model",
            404: f"check the URL and the model's name {model!r}{self._address.hint}",
            405: f"check the URL{self._address.hint}",
        }.get(status, "check the model's settings")

    def _given_up(self, failures: int, reason: str) -> EndpointError:
        return EndpointError(
            f"{self.url} failed {failures} times, the last time: {reason}; "
            "check that the server runs and the URL is right, then run the same command again"
        )

    def _paused(self) -> EndpointError:
        failures, reason = self._breaker.failures, self._breaker.reason
        return EndpointError(
            f"{self.url} failed {failures} times in a row, the last time: {reason}; nothing more is asked: "
            "once it answers again, run the same command again to go on"
        )

    def _scrubbed(self, text: str) -> str:
        """Return a text without any key in it, however it got there."""
        secrets = {self._key, *self._opened.secrets} - {_NO_KEY, ""}
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _hold_back(self, seconds: float, reason: str) -> None:
        self._not_before = max(self._not_before, time.monotonic() + seconds)
        if reason:
            self._tell_wait(seconds, reason)

    async def _until_allowed(self) -> None:
        """Wait while the endpoint asked everybody to: a request sent earlier would only be refused again."""
        while (left := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _rest(self, seconds: float, reason: str) -> None:
        """Wait before a request is repeated."""
        self._tell_wait(seconds, reason)
        await asyncio.sleep(seconds)

    def _tell_wait(self, seconds: float, reason: str) -> None:
        """Say a long wait, once for all that wait at the same time."""
        now = time.monotonic()
        if seconds > _TOLD_WAIT_S and now >= self._told_until:
            self._told_until = now + seconds
            self._notice(f"waiting {seconds:.0f} s for {self.url} ({reason})")


def _api_key(address: Address, brought: bool) -> str:
    """Return the key, without the line break with which keys are often pasted; `brought`: a header holds one."""
    if key := sendable(os.environ.get("AKD_API_KEY", ""), "the key in AKD_API_KEY"):
        return key
    if brought or address.distance is not Distance.PUBLIC:
        return _NO_KEY
    if key := sendable(os.environ.get("OPENAI_API_KEY", ""), "the key in OPENAI_API_KEY"):
        return key
    raise MissingKeyError(f"no API key for {address.url}; set OPENAI_API_KEY, or AKD_API_KEY, to your key")


def said_by(error: Any) -> Refusal:
    """Return what a refusal says, in the endpoint's own words."""
    try:
        body = error.response.json()
    except ValueError:
        body = None
    return refusal_of(error.status_code, body, error.response.text)


def _with_effort(error: ModelError, attempts: int, began: float | None) -> ModelError:
    error.attempts = attempts
    error.latency_s = 0.0 if began is None else time.monotonic() - began
    return error
