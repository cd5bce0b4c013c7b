"""The ledger: a row when a call is answered; unknown is not zero."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from akd_code.recipe import Recipe
from akd_code.records import PaidCall
from akd_code.run import RunFolder, cost_of, read_calls, read_step_costs


def call(role: str = "teacher", cost: float | None = 0.5, attempts: int = 1, finish: str = "stop") -> PaidCall:
    return PaidCall(role, "m", "http://127.0.0.1", 100, 10, cost, 2.0, attempts, finish)


def test_calls_are_totalled_by_role_and_belong_to_the_step_under_way(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.ledger.round, run.ledger.stage = 1, "labels"
        run.ledger.record(call())
        run.ledger.record(call(attempts=3, finish="length"))
        run.ledger.record(call("referee", cost=0.25))
        run.ledger.round, run.ledger.stage = 2, "labels"
        run.ledger.record(call(finish="refused", cost=None))
        first = run.ledger.totals(1)
        assert (first["teacher"].calls, first["teacher"].attempts, first["teacher"].retried) == (2, 4, 2)
        assert (first["teacher"].cut, first["teacher"].prompt_tokens, first["teacher"].cost_usd) == (1, 200, 1.0)
        assert first["referee"].cost_usd == 0.25
        assert run.ledger.totals(2)["teacher"].refused == 1
    assert read_step_costs(tmp_path / "run") == {(1, "labels"): 1.25, (2, "labels"): 0.0}


def test_one_unknown_cost_makes_the_sum_unknown(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.ledger.record(call(cost=0.5))
        run.ledger.record(call(cost=None))
    assert read_calls(tmp_path / "run")["teacher"].cost_usd is None
    assert cost_of(read_calls(tmp_path / "run").values()) is None


def test_a_call_that_was_refused_costs_nothing_and_hides_no_other_cost(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.ledger.record(call(cost=0.5))
        run.ledger.record(call(cost=None, finish="refused"))
    assert read_calls(tmp_path / "run")["teacher"].cost_usd == 0.5


def test_rows_are_on_disk_before_the_run_is_closed(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.ledger.record(call())
        with sqlite3.connect(f"file:{tmp_path / 'run' / 'run.db'}?mode=ro", uri=True) as db:
            assert db.execute("SELECT role, cost_usd FROM calls").fetchall() == [("teacher", 0.5)]


def test_nothing_paid_for_costs_nothing() -> None:
    assert cost_of([]) == 0.0


def test_a_folder_without_a_run_is_said_in_one_line(tmp_path: Path) -> None:
    from akd_code.errors import RunError

    with pytest.raises(RunError, match="no run in"):
        read_calls(tmp_path)
