"""A run whose prompts come in every way that there is: shares, ancestry, the topic tree, `akd data tree`."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from small_runs import pools, run_akd, write_recipe

from akd_code.curriculum import GENERATORS
from akd_code.recipe import Recipe, recipe_from
from akd_code.records import Gap, Origin, Prompt
from akd_code.stages import Generate

WAYS = ("akd", "evol", "lion-easy", "lion-hard", "mix", "oss", "self-instruct", "topics")


@pytest.fixture(scope="module")
def folder(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recipe, the code that tasks are inspired by, and the finished run."""
    made = tmp_path_factory.mktemp("ways")
    (made / "code").mkdir()
    (made / "code" / "total.py").write_text("def total(rows):\n    return sum(row.price for row in rows)\n")
    # a share goes to the other ways where all prompts are hard, or none is: an untrained student's are all hard
    streams = dict.fromkeys(WAYS, 2.0)
    recipe = write_recipe(
        made, student, generator={"prompts": 16, "rouge": 0.95, "streams": streams, "code": "code"}, lab={"garbled": 0}
    )
    done = run_akd("run", recipe, "--run-dir", made / "run")
    assert done.returncode == 0, done.stderr
    return made


def test_the_ways_that_come_with_the_package_are_these_and_stress() -> None:
    assert GENERATORS.names() == tuple(sorted((*WAYS, "stress")))


def test_every_way_makes_its_share_and_every_prompt_knows_how_it_was_made(folder: Path) -> None:
    made = pools(folder / "run")["1 generation"]
    facts, prompts = made["facts"], made["items"]
    assert facts["ways"] == {"topics": 3, "self-instruct": 3, "oss": 2, "mix": 2, "lion-hard": 2, "evol": 2, "akd": 2}
    assert facts["warnings"] == ["lion-easy: there is no easy prompt; its share goes to the other ways"]
    assert Counter(prompt["origin"]["way"] for prompt in prompts) == facts["ways"]
    assert facts["streams"] == {"hard": 6, "easy": 0, "new": 10}
    assert all(prompt["origin"]["template"].endswith("/1") for prompt in prompts)
    mixed = [prompt["origin"] for prompt in prompts if prompt["origin"]["way"] == "mix"]
    assert {len(origin["parents"]) for origin in mixed} == {2}
    assert {prompt["origin"]["code"].split(":")[0] for prompt in prompts if prompt["origin"]["way"] == "oss"} == {
        "total.py"
    }


def test_new_prompts_are_labelled_and_trained_on_in_the_next_round(folder: Path) -> None:
    made = pools(folder / "run")
    new = [prompt["id"] for prompt in made["1 generation"]["items"]]
    assert [label["prompt"]["id"] for label in made["2 labels"]["items"]] == new


def calls(run: Path) -> int:
    with contextlib.closing(sqlite3.connect(run / "run.db")) as db:
        (count,) = db.execute("SELECT count(*) FROM calls WHERE stage = 'topics'").fetchone()
        return int(count)


def test_a_run_that_was_interrupted_asks_only_for_the_topics_it_had_not_got_to(folder: Path) -> None:
    run = folder / "run"
    assert calls(run) == 70
    with contextlib.closing(sqlite3.connect(run / "run.db")) as db:
        (step,) = db.execute("SELECT key FROM steps WHERE stage = 'topics'").fetchone()
        db.execute("DELETE FROM steps WHERE stage = 'topics'")
        db.execute("DELETE FROM items WHERE step = ? AND position >= 60", (step,))
        db.commit()
    (run / "answers.db").unlink()
    before = pools(run)
    done = run_akd("run", folder / "recipe.yaml", "--run-dir", run)
    assert done.returncode == 0, done.stderr
    assert calls(run) == 70 + 10
    assert pools(run) == before


def tree(*arguments: str | Path) -> Any:
    return run_akd("data", "tree", *arguments)


def test_the_family_tree_is_shown_from_the_seeds_down(folder: Path) -> None:
    shown = tree(folder / "run")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    made = pools(folder / "run")
    seeds = {label["prompt"]["id"] for label in made["1 labels"]["items"]}
    assert {line.split()[0] for line in lines if "  seed  " in line} == seeds
    mutated = next(prompt for prompt in made["1 generation"]["items"] if prompt["origin"]["way"] == "akd")
    (place,) = [n for n, line in enumerate(lines) if line.startswith(f"  {mutated['id']}")]
    assert f"round 1  akd {mutated['origin']['mutation']}" in lines[place]
    above = next(line for line in reversed(lines[:place]) if not line.startswith(" "))
    assert above.split()[0] == mutated["parent"]


def test_one_prompt_is_shown_with_what_it_descends_from(folder: Path) -> None:
    mixed = next(
        prompt for prompt in pools(folder / "run")["1 generation"]["items"] if prompt["origin"]["way"] == "mix"
    )
    shown = tree(folder / "run", mixed["id"][:12], "--json")
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    own = next(row for row in rows if row["id"] == mixed["id"])
    assert (own["made"], own["parents"], own["template"]) == ("mix", mixed["origin"]["parents"], "mix_topics/1")
    assert {row["id"] for row in rows} == {mixed["id"], *mixed["origin"]["parents"]}
    assert {row["made"] for row in rows} == {"mix", "topic"}


def test_an_unknown_prompt_is_one_line_with_near_ones(folder: Path) -> None:
    prompt = pools(folder / "run")["1 generation"]["items"][0]["id"]
    refused = tree(folder / "run", prompt[:-1] + "x")
    assert refused.returncode == 2
    assert "did you mean" in refused.stderr
    assert prompt in refused.stderr
    assert "Traceback" not in refused.stderr
    assert tree(folder).returncode == 2


def test_a_run_of_lions_two_streams_has_a_tree_as_well(finished: Path) -> None:
    lines = tree(finished).stdout.splitlines()
    assert any(line.startswith("  ") and "  lion-hard  " in line for line in lines)


def test_a_way_that_there_is_not_is_one_line_before_anything_is_paid_for(folder: Path, tmp_path: Path) -> None:
    refused = run_akd(
        "run", folder / "recipe.yaml", "--run-dir", tmp_path / "run", "--set", "generator.streams={akt: 1}"
    )
    assert refused.returncode == 2
    assert "unknown way to make prompts 'akt'; did you mean akd?" in refused.stderr
    assert not (tmp_path / "run" / "summary.json").exists()


def test_the_dry_run_tells_the_requests_of_each_way(folder: Path) -> None:
    told = run_akd("run", folder / "recipe.yaml", "--dry-run", "--json")
    ways = json.loads(told.stdout)["ways"]
    assert ways == {"topic tree": 70, **dict.fromkeys(WAYS, 2)}  # sixteen prompts, in one of two rounds


def inputs(recipe: Recipe, prompts: list[Prompt], gaps: list[Gap]) -> tuple[Any, ...]:
    return Generate(cast(Any, SimpleNamespace(recipe=recipe)), 1, prompts, gaps).inputs


def test_lions_streams_are_found_again_by_what_older_releases_knew_them_by(tmp_path: Path) -> None:
    prompts = [Prompt("a", "one", origin=Origin("akd", "mutate_shift/1", ("x",))), Prompt("b", "two")]
    gaps = [Gap("a", 1.0, True, "tests", 1.0, 0.0), Gap("b", 0.0, False, "tests", 1.0, 1.0)]
    assert inputs(recipe_from({}), prompts, gaps) == ("lab", ["one", "two"], [True, False])
    (tmp_path / "a.py").write_text("x = 1\n")
    by_code = recipe_from({"generator": {"streams": {"oss": 1}, "code": str(tmp_path)}})
    before = inputs(by_code, prompts, gaps)
    assert before[:3] == ("lab", ["one", "two"], [True, False])
    (tmp_path / "a.py").write_text("x = 2\n")
    assert inputs(by_code, prompts, gaps) != before
