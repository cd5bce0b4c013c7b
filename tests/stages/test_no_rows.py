"""A round without a row to train on ends in one line that says what became of the answers."""

from __future__ import annotations

import pytest

from akd_code.records import LabelOutcome
from akd_code.stages.imitate import NoRowsError


@pytest.mark.parametrize("outcome", LabelOutcome)
def test_every_way_an_answer_can_end_is_counted_in_one_line(outcome: LabelOutcome) -> None:
    said = str(NoRowsError({outcome: 2}))
    assert said.startswith("no row to train on: 2 answers ")
    assert "\n" not in said


def test_the_commonest_end_comes_first() -> None:
    said = str(NoRowsError({LabelOutcome.NO_CODE: 1, LabelOutcome.EXPLOITABLE: 3}))
    assert said.startswith("no row to train on: 3 answers that an exploit works on, 1 answer without code; ")


def test_a_round_without_prompts_points_to_the_round_before() -> None:
    said = str(NoRowsError({}))
    assert said.startswith("no row to train on: there is no prompt, as the round before made none; ")
