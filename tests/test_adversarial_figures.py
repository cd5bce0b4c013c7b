"""The figures of the experiment on the adversary, on curves small enough to work out by hand."""

from __future__ import annotations

import json
import math
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adversarial import ARMS, Size, merged, recipe_of, waiting
from adversarial_figures import against, at_equal_rounds, calls_to_reach, curves, interval, read_rows, share_at
from adversarial_page import FIRST, LAST, page, plot, table


def row(arm: str, seed: int, round_: int, calls: int, passed: str, recipe: str = "r") -> dict[str, Any]:
    """One examination on four tasks, two of each depth; a tenth of the calls go to the generator."""
    by_depth = {"1": passed[:2], "2": passed[2:]}
    asked = {"teacher": calls - calls // 10, "generator": calls // 10}
    return {
        "arm": arm, "seed": seed, "round": round_, "calls": asked, "seconds": 1.0, "passed": by_depth,
        "new": {"2": 10} if round_ > 1 else {}, "recipe": recipe,
    }  # fmt: skip


def runs(arm: str, *passed: str, seeds: int = 3) -> list[dict[str, Any]]:
    """The same run for several seeds, 100 calls a round."""
    return [row(arm, seed, number, 100 * number, one) for seed in range(seeds) for number, one in enumerate(passed)]


@pytest.mark.parametrize(
    ("shares", "level", "calls"),
    [
        ([0.2, 0.4, 0.6, 0.6], 0.5, 150.0),  # half way between rounds 1 and 2
        ([0.2, 0.4, 0.6, 0.6], 0.6, 200.0),
        ([0.2, 0.6, 0.4, 0.8], 0.5, 225.0),  # reached at first in round 1, but lost again
        ([0.5, 0.4, 0.7, 0.9], 0.3, 0.0),
        ([0.2, 0.6, 0.6, 0.4], 0.5, math.inf),
    ],
)
def test_calls_are_counted_until_a_level_is_reached_for_good(shares: list[float], level: float, calls: float) -> None:
    assert calls_to_reach([0, 100, 200, 300], shares, level) == pytest.approx(calls)


def test_a_share_between_two_examinations_is_interpolated() -> None:
    assert share_at([0, 100, 300], [0.2, 0.4, 0.8], 200) == pytest.approx(0.6)
    assert share_at([0, 100, 300], [0.2, 0.4, 0.8], 900) == pytest.approx(0.8)


def test_an_interval_leaves_out_a_fortieth_at_either_end() -> None:
    assert interval([float(number) for number in range(1, 42)]) == (2.0, 40.0)  # places 1 and 39 of 0 to 40
    assert interval([1.0] * 30 + [math.inf] * 11) == (1.0, math.inf)


def test_an_arm_without_variation_has_intervals_without_width() -> None:
    every_task = [*runs("random", "0000", "0000", "1111"), *runs("adversary", "0000", "1111", "1111")]
    found = curves(every_task, rounds=2)
    beside = against(found["adversary"], found["random"], np.random.default_rng(0), draws=50)
    assert beside is not None and beside.seeds == 3
    assert [(one.value, one.low, one.high) for one in (beside.reached, beside.saved)] == [(0.5,) * 3, (1.0,) * 3]
    assert (beside.gain.value, beside.final.value) == (0.0, 1.0)


def test_intervals_cover_the_choice_of_tasks() -> None:
    half = [*runs("random", "0000", "0000"), *runs("adversary", "0000", "1100")]
    found = curves(half, rounds=1)
    beside = against(found["adversary"], found["random"], np.random.default_rng(0), draws=2000)
    assert beside is not None
    # four tasks drawn of four, each passed with chance 1/2: 0 or 4 of them with chance 1/16 each
    assert (beside.gain.value, beside.gain.low, beside.gain.high) == (0.5, 0.0, 1.0)


def test_an_arm_is_compared_on_the_seeds_that_it_shares_with_the_baseline() -> None:
    rows = [*runs("random", "0000", "1111", seeds=2), *runs("adversary", "0000", "1111", seeds=3)]
    found = curves(rows, rounds=1)
    beside = against(found["adversary"], found["random"], np.random.default_rng(0), draws=10)
    assert beside is not None and beside.seeds == 2


def test_runs_that_were_cut_short_count_where_that_leaves_more_examinations() -> None:
    whole = runs("lion", "0000", "1100", "1110", "1111", seeds=2)
    short = [row("lion", seed, number, 100 * number, "0000") for seed in (5, 6) for number in (0, 1)]
    found = curves(whole + short, rounds=3)["lion"]
    assert (found.seeds, found.passed.shape[1] - 1) == ((0, 1), 3)  # 2 seeds x 3 rounds, rather than 4 x 1
    found = curves(whole[:3] + short, rounds=3)["lion"]
    assert (found.seeds, found.passed.shape[1] - 1) == ((0, 5, 6), 1)  # 3 x 1, rather than 1 x 2
    assert curves([row("lion", 0, 0, 0, "0000")], rounds=3) == {}


def test_results_of_several_folders_are_put_together_once_each(tmp_path: Path) -> None:
    for name, seeds in (("a", (0, 1)), ("b", (1, 2))):
        (tmp_path / name).mkdir()
        lines = [json.dumps(row("random", seed, 0, 0, "0000")) for seed in seeds]
        (tmp_path / name / "results.jsonl").write_text("\n".join(lines) + "\n")
    assert [one["seed"] for one in read_rows([tmp_path / "a", tmp_path / "b"])] == [0, 1, 2]


def test_results_of_two_recipes_are_not_put_together(tmp_path: Path) -> None:
    lines = [json.dumps(row("random", seed, 0, 0, "0000", recipe=f"r{seed}")) for seed in (0, 1)]
    (tmp_path / "results.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(SystemExit, match="two recipes"):
        read_rows([tmp_path])


def test_the_page_keeps_its_text_and_shows_the_claim(tmp_path: Path) -> None:
    rows = [*runs("random", "0000", "0000", "1111"), *runs("lion", "0000", "1111", "1111")]
    path = tmp_path / "page.md"
    path.write_text(f"Before.\n{FIRST}\nstale\n{LAST}\nAfter.\n")
    text = page(rows, 2, ["random", "lion"], path)
    assert text.startswith("Before.\n") and text.endswith("\nAfter.\n") and "stale" not in text
    assert "holds for lion (50 [50, 50] % of the calls)" in text
    assert "| lion | 3 x 2 | 100.0 [100.0, 100.0] | 180 + 20 + 0 | 50 [50, 50] | +0.0 [+0.0, +0.0] |" in text
    assert plot(rows, 2, ["random", "lion"]).count("<polyline") == 2  # no panel shows what one before it shows


def test_an_arm_that_changes_one_thing_stands_beside_the_other_after_as_many_rounds() -> None:
    rows = [*runs("random", "0000", "0000"), *runs("lion", "0000", "0011"), *runs("lion 3:1", "0000", "0111", "1111")]
    found = curves(rows, rounds=2)
    assert at_equal_rounds(found["lion 3:1"], found["lion"], np.random.default_rng(0), draws=50).value == 0.25
    text = table(rows, 2, ["random", "lion", "lion 3:1"])
    (line,) = [line for line in text.splitlines() if line.startswith("| lion 3:1 | lion |")]
    assert line.startswith("| lion 3:1 | lion | +25.0 [")


def test_without_the_baseline_there_is_nothing_to_show() -> None:
    assert table(runs("lion", "0000", "1111"), 1, ["lion"]) == "no seed of 'random' has finished a round yet"


def test_every_arm_is_a_recipe_that_holds_together_and_has_the_baselines_training() -> None:
    base = recipe_of("random", 3, Size())
    for arm in ARMS:
        recipe = recipe_of(arm, 3, Size())
        assert (recipe.sft, recipe.seeds, recipe.eval, recipe.generator.prompts) == (
            base.sft,
            base.seeds,
            base.eval,
            base.generator.prompts,
        )


def test_finished_runs_are_not_run_again_and_the_first_arms_come_first(tmp_path: Path) -> None:
    finished, interrupted = row("random", 1, 2, 200, "0000"), row("lion", 0, 1, 100, "0000")
    (tmp_path / "results.jsonl").write_text(f"{json.dumps(finished)}\n{json.dumps(interrupted)}\n")
    options = Namespace(out=tmp_path, rounds=2, arms=["lion", "random"], seeds=[0, 1])
    assert waiting(options) == [("random", 0), ("lion", 0), ("lion", 1)]


def test_what_an_arm_changes_is_laid_over_what_all_share() -> None:
    shared = {"rounds": 3, "lab": {"a": 1, "b": 2}}
    assert merged(shared, {"lab": {"b": 5}, "label": {"c": 1}}) == {
        "rounds": 3,
        "lab": {"a": 1, "b": 5},
        "label": {"c": 1},
    }
