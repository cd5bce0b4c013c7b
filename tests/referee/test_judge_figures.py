"""How far the judge can be trusted."""

from __future__ import annotations

import pytest

from akd_code.records import Gap
from akd_code.referee.judge_figures import Agreement, agreement, judge_figures, judge_lines, position_bias


def gap(hard: bool | None, judged: float | None, by: str = "tests", leads: tuple[float, float] | None = None) -> Gap:
    return Gap("p", 0.5, hard, by, judge_gap=judged, leads=leads)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        (Agreement(20, 5, 10, 15), 0.4),  # the textbook example: observed 0.7, by chance 0.5
        (Agreement(10, 0, 0, 10), 1.0),
        (Agreement(0, 10, 10, 0), -1.0),
        (Agreement(5, 5, 5, 5), 0.0),
        (Agreement(10, 0, 0, 0), None),  # both say hard of everything: chance alone agrees
        (Agreement(), None),
    ],
)
def test_cohens_kappa(table: Agreement, kappa: float | None) -> None:
    assert table.kappa == (None if kappa is None else pytest.approx(kappa))


def test_only_prompts_on_which_both_spoke_are_in_the_table() -> None:
    gaps = [gap(True, 3.0), gap(True, 0.5), gap(False, 1.0), gap(False, 0.9), gap(None, 3.0), gap(True, None)]
    gaps.append(gap(True, 3.0, by="tests+judge"))
    assert agreement(gaps) == Agreement(1, 1, 1, 1)
    assert agreement(gaps, tau=0.5) == Agreement(2, 0, 2, 0)


def test_position_bias_is_the_mean_lead_of_the_first_answer_and_the_verdicts_that_turn() -> None:
    # the same lead in both orders is all bias; opposite leads are none
    leads = [(3.0, 1.0), (4.0, -4.0), (2.0, -2.0), (5.0, -1.0)]
    bias = position_bias([*(gap(None, 1.0, leads=pair) for pair in leads), gap(None, None)])
    assert bias is not None
    assert (bias.prompts, bias.lead, bias.turned) == (4, 1.0, 1)
    assert position_bias([gap(True, None)]) is None


def test_a_judge_that_was_not_asked_has_no_figures() -> None:
    assert judge_figures([gap(True, None)]) == {}
    assert judge_lines({}) == []


def test_the_figures_are_said_in_words() -> None:
    figures = judge_figures([gap(True, 3.0, leads=(3.0, -3.0)), gap(False, 0.0, leads=(1.0, 1.0))])
    table, bias = judge_lines(figures)
    assert "both hard 1, both easy 1, only tests hard 0, only judge hard 0; Cohen's kappa 1.00" in table
    assert "leads by +0.50; the better answer changes with the order on 1" in bias
