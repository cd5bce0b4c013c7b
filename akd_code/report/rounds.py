"""One round in figures: a mapping from stage to what it had to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akd_code.run import CallTotals, cost_of


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """One round; round 0 is the base student.

    `stages` maps a stage's title to its figures. `calls` are the paid calls of the round by role, `wall_s` the seconds
    its steps took when they were done.
    """

    number: int
    train_pool: int
    cache_pool: int
    stages: Mapping[str, Mapping[str, Any]]
    calls: Mapping[str, CallTotals]
    wall_s: float

    @property
    def exams(self) -> dict[str, Mapping[str, Any]]:
        """The examinations by suite, in the recipe's order."""
        return {figures["suite"]: figures["exam"] for figures in self.stages.values() if "exam" in figures}

    @property
    def hardening(self) -> dict[str, Any]:
        """Held-out stress prompts before and after hardening, and pass@1 of each suite; {} where nothing was hardened.

        Utility is what the suites say: what a student is worth that refuses, or writes less, to be safe.
        """
        if "hardening" not in self.stages:
            return {}
        before = {one["suite"]: one["pass@1"] for name, one in self.stages.items() if name.startswith("utility before")}
        return {
            "before": self.stages["stress before"]["groups"],
            "after": self.stages["stress after"]["groups"],
            "utility": {
                suite: {"before": before[suite], "after": exam["pass@1"]}
                for suite, exam in self.exams.items()
                if suite in before
            },
        }

    @property
    def hard_share(self) -> float | None:
        """The share of hard prompts after this round's training; None in the last round, which ends before."""
        share = self.stages.get("discrimination", {}).get("hard_share")
        return None if share is None else float(share)

    @property
    def requests(self) -> int:
        """Requests to teacher, judge and generator, answered from the cache or not."""
        return self._sum("requests")

    @property
    def sandbox_runs(self) -> int:
        """Programs run in labelling and discrimination."""
        return self._sum("sandbox_runs")

    def _sum(self, name: str) -> int:
        return sum(int(figures.get(name, 0)) for figures in self.stages.values())

    def as_json(self) -> dict[str, Any]:
        """Return the entry of summary.json."""
        return {
            "round": self.number,
            "train_pool": self.train_pool,
            "cache_pool": self.cache_pool,
            "hard_share": self.hard_share,
            "teacher_calls": self.requests,
            "sandbox_runs": self.sandbox_runs,
            "cost_usd": cost_of(self.calls.values()),
            "wall_s": round(self.wall_s, 2),
            "calls": {role: totals.as_json() for role, totals in self.calls.items()},
            "stages": {name: dict(figures) for name, figures in self.stages.items() if "exam" not in figures},
            "eval": {suite: dict(exam) for suite, exam in self.exams.items()},
            **({"harden": self.hardening} if self.hardening else {}),
        }
