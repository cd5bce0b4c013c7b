"""The ledger: one row per paid call, written when it is answered, so that what a run cost survives a crash."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from akd_code.records import PaidCall
from akd_code.run.stored import opened_to_read
from akd_code.storage import Database

_COLUMNS = (
    "at, round, stage, role, model, endpoint, prompt_tokens, completion_tokens, cost_usd, latency_s, attempts, "
    "finish_reason"
)
_TOTALS = (
    "count(*), sum(attempts), sum(max(attempts - 1, 0)), sum(finish_reason = 'refused'), "
    "sum(finish_reason = 'failed'), sum(finish_reason = 'length'), sum(prompt_tokens), sum(completion_tokens), "
    "sum(cost_usd), sum(cost_usd IS NULL AND finish_reason NOT IN ('refused', 'failed')), sum(latency_s)"
)


@dataclass(frozen=True, slots=True)
class CallTotals:
    """What the calls of one role came to. `cost_usd` is None as soon as one call's cost is unknown.

    `calls` were paid for or failed for good; `attempts` counts every request sent, `retried` those beyond a call's
    first; `cut` answers ended at the token limit. `latency_s` is summed over calls, waits included.
    """

    calls: int
    attempts: int
    retried: int
    refused: int
    failed: int
    cut: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    latency_s: float

    def as_json(self) -> dict[str, Any]:
        """Return the entry of summary.json."""
        return {**asdict(self), "latency_s": round(self.latency_s, 3)}


class Ledger:
    """The paid calls of an open run. `stage` and `round` say which step the calls belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.round, self.stage = 0, ""

    def record(self, call: PaidCall) -> None:
        """Write a call down; it is on disk when this returns. Raises DiskError."""
        values = (time.time(), self.round, self.stage, *asdict(call).values())
        self._db.write(f"INSERT INTO calls ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)

    def totals(self, round_: int) -> dict[str, CallTotals]:
        """Return what the calls of a round came to, by role."""
        rows = self._db.rows(
            f"SELECT role, {_TOTALS} FROM calls WHERE round = ? GROUP BY role ORDER BY role", (round_,)
        )
        return {role: _totals(figures) for role, *figures in rows}


def cost_of(totals: Collection[CallTotals]) -> float | None:
    """Return what calls of several roles cost together; None as soon as one is unknown, which is not zero."""
    costs = [one.cost_usd for one in totals]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _totals(figures: list[Any]) -> CallTotals:
    calls, attempts, retried, refused, failed, cut, prompt, completion, cost, unknown, latency = figures
    known = None if unknown else float(cost or 0.0)
    return CallTotals(calls, attempts, retried, refused, failed, cut, prompt or 0, completion or 0, known, latency)


def read_calls(path: Path) -> dict[str, CallTotals]:
    """Return what all calls of a run directory came to, by role, without locking it. Raises RunError without a run."""
    with opened_to_read(path) as db:
        rows = db.execute(f"SELECT role, {_TOTALS} FROM calls GROUP BY role ORDER BY role").fetchall()
    return {role: _totals(figures) for role, *figures in rows}


def read_step_costs(path: Path) -> dict[tuple[int, str], float | None]:
    """Return what the calls of each step cost, by (round, stage); None where unknown. Raises RunError without a run."""
    with opened_to_read(path) as db:
        rows = db.execute(f"SELECT round, stage, {_TOTALS} FROM calls GROUP BY round, stage").fetchall()
    return {(number, stage): _totals(figures).cost_usd for number, stage, *figures in rows}
