"""What a role asked of its model and what it cost: counted as it happens, one record for every paid call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from akd_code.models.errors import ModelError, RequestRefusedError
from akd_code.recipe import PriceSection
from akd_code.records import PaidCall

FREE = PriceSection(prompt=0.0, completion=0.0)
"""The price of what runs here or is on disk already: nothing, however many tokens it takes."""
Recorder = Callable[[PaidCall], None]
"""Takes one row of the ledger; may be called from any thread."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked so far. Tokens are those of calls that were paid for; those of cached answers stand apart.

    `failed_calls` and `refused_calls` brought no answer, `cut_answers` were cut by length, `retried_attempts` counts
    requests beyond the first of each call. `unmetered_calls` and `cached_unmetered_calls` are answers whose endpoint
    told no token counts. `cost_usd` is None, not zero, when it is unknown: no price was given, or some call was
    unmetered.
    """

    calls: int = 0
    cached_calls: int = 0
    failed_calls: int = 0
    refused_calls: int = 0
    retried_attempts: int = 0
    cut_answers: int = 0
    unmetered_calls: int = 0
    cached_unmetered_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_prompt_tokens: int = 0
    cached_completion_tokens: int = 0
    cost_usd: float | None = None

    @property
    def asked(self) -> int:
        """Everything that was asked, whatever came of it."""
        return self.calls + self.cached_calls + self.failed_calls + self.refused_calls

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return asdict(self)


class UsageMeter:
    """Counts what one role asks for, and hands a `PaidCall` to `record` for each call when it is answered or lost.

    The layers around a model report to it: `MeteredChat` and `EndpointEmbeddings` what was asked, the cache what was
    not. Unknown prices and token counts stay unknown. Safe for several threads.
    """

    def __init__(self, role: str, price: PriceSection | None = None, record: Recorder | None = None) -> None:
        """Start from nothing; `price` is in US dollars per million tokens."""
        self.role = role
        self._price = price
        self._record = record
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    @property
    def usage(self) -> Usage:
        """What was asked so far."""
        with self._lock:
            counted = Usage(**self._counts)
        counts = counted.prompt_tokens, counted.completion_tokens
        return replace(counted, cost_usd=self.cost_usd(*((None, None) if counted.unmetered_calls else counts)))

    def cost_usd(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """Return what so many tokens cost; None if the price or a count is unknown."""
        if self._price == FREE:
            return 0.0
        if self._price is None or prompt_tokens is None or completion_tokens is None:
            return None
        return (self._price.prompt * prompt_tokens + self._price.completion * completion_tokens) / 1e6

    def answered(
        self,
        model: str,
        endpoint: str,
        *,
        prompt_tokens: int | None,
        completion_tokens: int | None,
        latency_s: float,
        attempts: int,
        finish_reason: str,
    ) -> None:
        """Take note of an answer that was paid for. Raises what `record` raises."""
        self._count(
            calls=1,
            unmetered_calls=int(prompt_tokens is None or completion_tokens is None),
            prompt_tokens=prompt_tokens or 0,
            completion_tokens=completion_tokens or 0,
            retried_attempts=attempts - 1,
            cut_answers=int(finish_reason == "length"),
        )
        cost = self.cost_usd(prompt_tokens, completion_tokens)
        counts = (prompt_tokens, completion_tokens, cost)
        self._recorded(PaidCall(self.role, model, endpoint, *counts, latency_s, attempts, finish_reason))

    def lost(self, model: str, endpoint: str, error: ModelError) -> None:
        """Take note of a request that will not be answered. Raises what `record` raises."""
        refused = isinstance(error, RequestRefusedError)
        self._count(refused_calls=int(refused), failed_calls=int(not refused), retried_attempts=error.attempts - 1)
        reason = "refused" if refused else "failed"
        told = (None, None, None, error.latency_s, error.attempts, reason)
        self._recorded(PaidCall(self.role, model, endpoint, *told))

    def cached(self, prompt_tokens: int | None, completion_tokens: int | None) -> None:
        """Take note of an answer from the cache: it costs nothing now, and makes no record."""
        self._count(
            cached_calls=1,
            cached_unmetered_calls=int(prompt_tokens is None or completion_tokens is None),
            cached_prompt_tokens=prompt_tokens or 0,
            cached_completion_tokens=completion_tokens or 0,
        )

    def _count(self, **counts: int) -> None:
        with self._lock:
            for name, count in counts.items():
                self._counts[name] = self._counts.get(name, 0) + count

    def _recorded(self, call: PaidCall) -> None:
        if self._record is not None:
            self._record(call)
