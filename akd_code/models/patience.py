"""How often and how patiently a request is repeated, and when nobody asks any more."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

_LEAST_FAILURES, _LEAST_RESTS = 3, 4


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently a request is repeated. Times in seconds.

    The wait before attempt n + 1 is `backoff_s` x 2^(n-1), at most `longest_s`, less a random part of up to half, so
    that clients do not return in step. A Retry-After header replaces it, up to `retry_after_s`. After `in_a_row`
    failures without an answer between them, whichever requests they were, nothing more is asked.
    """

    attempts: int = 6
    backoff_s: float = 0.5
    longest_s: float = 30.0
    retry_after_s: float = 120.0
    in_a_row: int = 10

    def pause_s(self, attempt: int, told_s: float | None, jitter: random.Random) -> float:
        """Return how long to wait after the attempt-th failure, where the endpoint told a wait (None: it did not)."""
        if told_s is not None:
            return min(told_s, self.retry_after_s)
        longest = min(self.longest_s, self.backoff_s * 2.0 ** (attempt - 1))
        return longest * (1.0 - 0.5 * jitter.random())


class CircuitBreaker:
    """Counts failures in a row, of all requests together, so that a dead endpoint is not asked for every prompt.

    From the third on everybody rests after a failure, longer each time, and then one request at a time finds out
    whether the endpoint lives (`probing`). After `in_a_row` failures, and four rests at least, the circuit is open: a
    moment in which all requests under way fail together passes, a dead endpoint does not. An answer of any kind, a
    refusal too, closes it.
    """

    def __init__(self, in_a_row: int) -> None:
        self._most = in_a_row
        self._rested_at = 0.0
        self.failures = self.rests = 0
        self.reason = ""

    @property
    def open(self) -> bool:
        """Whether nothing is to be asked any more; `reason` says why."""
        return bool(self.reason)

    @property
    def probing(self) -> bool:
        """Whether requests are to be sent one at a time."""
        return self.rests > 0

    def answered(self) -> None:
        """Take note that the endpoint is alive."""
        self.failures, self.rests, self.reason = 0, 0, ""

    def failed(self, reason: str, began: float) -> bool:
        """Take note of the failure of a request sent at `began` (monotonic); return whether everybody is to rest."""
        self.failures += 1
        if self.failures < _LEAST_FAILURES or began < self._rested_at:
            return False
        if self.rests >= _LEAST_RESTS and self.failures >= self._most:
            self.reason = reason
            return False
        self.rests += 1
        self._rested_at = time.monotonic()
        return True


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a Retry-After header asks for, given as seconds, milliseconds or a date; None if none does."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000.0)
        value = headers.get("retry-after", "").strip()
        if value.replace(".", "", 1).isdigit():
            return float(value)
        if value:
            date = email.utils.parsedate_to_datetime(value)
            date = date if date.tzinfo else date.replace(tzinfo=UTC)  # "-0000" says: UTC, from nowhere in particular
            return max(0.0, date.timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
    return None
