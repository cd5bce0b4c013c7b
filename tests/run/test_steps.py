"""Finished steps and their items: found by key, read back as records, replaced ones out of sight."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from akd_code.errors import RunError
from akd_code.recipe import Recipe, recipe_from
from akd_code.records import Gap
from akd_code.run import RunFolder, read_items, read_steps
from akd_code.stages.imitate import Imitation

DONE = Imitation(8, 0, 2, 90, 2.0, 1.0)


def test_a_stored_step_is_found_by_its_key_alone(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.steps.store("k1", 1, "imitation", DONE, 0, 3.0)
        found = run.steps.find("k1")
        assert found is not None
        assert run.steps.facts(found, Imitation) == DONE
        assert run.steps.find("k2") is None


def test_a_step_done_anew_takes_the_place_of_the_old_one_in_every_sum(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.steps.store("old", 1, "imitation", DONE, 0, 100.0)
        run.steps.store("new", 1, "imitation", DONE, 0, 3.0)
        assert [step.key for step in read_steps(run.path)] == ["new"]
        assert run.steps.wall_s(["new"]) == 3.0
        run.steps.find("old")  # the settings were put back
        assert [step.key for step in read_steps(run.path)] == ["old"]


def test_items_are_read_back_by_position_and_found_by_state(tmp_path: Path) -> None:
    hard, easy = Gap("a", 1.0, True, "tests", 1.0, 0.0), Gap("b", 0.0, False, "tests", 1.0, 1.0)
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.items.put("k", [(1, ("b", "easy", easy))])
        run.items.put("k", [(0, ("a", "hard", hard))])
        assert run.items.of("k", Gap) == {0: hard, 1: easy}
        assert read_items(run.path, "discrimination", "hard") == []  # the step is not finished
        run.steps.store("k", 1, "discrimination", DONE, 2, 1.0)
        (row,) = read_items(run.path, "discrimination", "hard")
        assert (row.id, row.round, row.position) == ("a", 1, 0)
        assert len(read_items(run.path, "discrimination", round_=1)) == 2
        assert read_items(run.path, "discrimination", round_=2) == []


def test_a_value_that_cannot_be_read_is_one_line_that_names_the_step(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.steps.store("k", 2, "imitation", DONE, 0, 1.0)
        with sqlite3.connect(run.path / "run.db") as db:
            db.execute("""UPDATE steps SET facts = '{"rows": "many"}'""")
        found = run.steps.find("k")
        assert found is not None
        with pytest.raises(RunError, match="'imitation' of round 2") as caught:
            run.steps.facts(found, Imitation)
        assert "\n" not in str(caught.value)


def test_a_run_is_not_continued_under_another_isolation(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.begin("namespace (pid+mount)")
    with RunFolder(tmp_path / "run", Recipe()) as run:
        run.begin("namespace (pid+mount+landlock)")
        with pytest.raises(RunError, match=r"judged with the backend namespace, not process; .*backend=namespace"):
            run.begin("process (rlimits)")


@pytest.mark.parametrize("setting", ["test_s", "memory_mb"])
def test_limits_that_decide_verdicts_cannot_be_changed_in_the_middle(tmp_path: Path, setting: str) -> None:
    RunFolder(tmp_path / "run", Recipe()).close()
    with pytest.raises(RunError, match=f"sandbox.{setting}"):
        RunFolder(tmp_path / "run", recipe_from({"sandbox": {setting: 300}}))


def test_speed_and_place_can_be_changed_in_the_middle(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", Recipe()).close()
    other = {
        "rounds": 9,
        "sandbox": {"workers": 1},
        "teacher": {"concurrency": 2, "price": {"prompt": 1, "completion": 2}},
    }
    RunFolder(tmp_path / "run", recipe_from(other)).close()
