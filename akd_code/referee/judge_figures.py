"""How far the judge can be trusted: its agreement with the tests, and what the order of the answers does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.records import Gap
from akd_code.referee.hardness import JUDGE_GAP, disagree


@dataclass(frozen=True, slots=True)
class Agreement:
    """Prompts on which tests and judge both spoke: what the tests said, then what the judge said."""

    hard_hard: int = 0
    hard_easy: int = 0
    easy_hard: int = 0
    easy_easy: int = 0

    @property
    def prompts(self) -> int:
        """All of them."""
        return self.hard_hard + self.hard_easy + self.easy_hard + self.easy_easy

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: agreement beyond what the two shares of hard prompts give by chance, at most 1.

        None where it is not defined: nothing compared, or both always say one and the same.
        """
        if not self.prompts:
            return None
        observed = (self.hard_hard + self.easy_easy) / self.prompts
        by_tests = (self.hard_hard + self.hard_easy) / self.prompts
        by_judge = (self.hard_hard + self.easy_hard) / self.prompts
        chance = by_tests * by_judge + (1 - by_tests) * (1 - by_judge)
        return None if chance == 1.0 else (observed - chance) / (1 - chance)


@dataclass(frozen=True, slots=True)
class PositionBias:
    """What the place of an answer does to the judge, over prompts of which both calls could be read.

    `lead` is the mean of the first answer's score less the second's: 0 without bias, since each answer stands first
    once. `turned` counts the prompts whose better answer changes with the order.
    """

    prompts: int
    lead: float
    turned: int


def agreement(gaps: Sequence[Gap], *, tau: float = JUDGE_GAP) -> Agreement:
    """Return the table of tests against judge; a tie of passing answers that the judge broke is in none."""
    counts = {(by_tests, by_judge): 0 for by_tests in (True, False) for by_judge in (True, False)}
    for gap in gaps:
        differ = disagree(gap, tau=tau)
        if differ is not None:
            counts[bool(gap.hard), gap.hard != differ] += 1
    return Agreement(*counts.values())


def position_bias(gaps: Sequence[Gap]) -> PositionBias | None:
    """Return the judge's position bias; None where it was not asked."""
    leads = [gap.leads for gap in gaps if gap.leads is not None]
    if not leads:
        return None
    mean = sum(one + other for one, other in leads) / (2 * len(leads))
    return PositionBias(len(leads), mean, sum(one * other > 0 for one, other in leads))


def judge_figures(gaps: Sequence[Gap], *, tau: float = JUDGE_GAP) -> dict[str, Any]:
    """Return what the report shows of the judge; {} where it said nothing."""
    figures: dict[str, Any] = {}
    table, bias = agreement(gaps, tau=tau), position_bias(gaps)
    if table.prompts:
        figures["agreement"] = {
            "tests hard, judge hard": table.hard_hard,
            "tests hard, judge easy": table.hard_easy,
            "tests easy, judge hard": table.easy_hard,
            "tests easy, judge easy": table.easy_easy,
            "kappa": None if table.kappa is None else round(table.kappa, 4),
        }
    if bias is not None:
        figures["position"] = {"prompts": bias.prompts, "lead": round(bias.lead, 4), "turned": bias.turned}
    return figures


def judge_lines(figures: Mapping[str, Any]) -> list[str]:
    """Return what `judge_figures` found in words, a line each."""
    lines = []
    if table := figures.get("agreement"):
        *counts, kappa = table.values()
        both_hard, only_tests, only_judge, both_easy = counts
        said = "undefined" if kappa is None else f"{kappa:.2f}"
        lines.append(
            f"tests and judge on {sum(counts)} prompts: both hard {both_hard}, both easy {both_easy}, "
            f"only tests hard {only_tests}, only judge hard {only_judge}; Cohen's kappa {said}"
        )
    if bias := figures.get("position"):
        lines.append(
            f"judge's position bias on {bias['prompts']} prompts: the answer shown first leads by {bias['lead']:+.2f}; "
            f"the better answer changes with the order on {bias['turned']}"
        )
    return lines
