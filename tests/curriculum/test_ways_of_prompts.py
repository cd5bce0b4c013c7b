"""The ways to make prompts: quotas, AKD's references, Code Evol-Instruct, topics, mixtures, code."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_code.curriculum import Generation, Material, Request, Way, check_ways, generate, open_streams
from akd_code.curriculum.streams import quotas, shares_of
from akd_code.curriculum.topics import Topic, leaves_of
from akd_code.errors import RecipeError
from akd_code.filters import open_filters
from akd_code.lab.server import LabTeacher
from akd_code.lab.suite import lab_seeds
from akd_code.loop import forecast
from akd_code.models import Completion, Message, Sampling, open_model
from akd_code.recipe import recipe_from
from akd_code.records import Origin, Prompt
from akd_prompts import (
    EvolMisleadingInputs,
    FromCodeInputs,
    MixTopicsInputs,
    SelfInstructInputs,
    TopicCompletionInputs,
    TopicProblemInputs,
)

HARD = [Prompt(f"h{n}", f"hard task {n}") for n in range(6)]
EASY = [Prompt(f"e{n}", f"easy task {n}") for n in range(4)]
LEAVES = leaves_of([Topic("Sets", ("union", "symmetry"), 1), Topic("Heaps", ("top k",), 1), Topic("Bare", (), 3)])


def material(settings: dict[str, Any], hard: Sequence[Prompt] = HARD, **more: Any) -> Material:
    recipe = recipe_from({"generator": settings, "prefer": {"method": "dpo"}})
    return Material(
        settings=recipe.generator, seed=1, round=2, hard=hard, easy=EASY, known=[*hard, *EASY],
        rng=random.Random(0), **more,
    )  # fmt: skip


def opened(way: str, hard: Sequence[Prompt] = HARD, leaves: Any = (), more: Any = None, **settings: Any) -> Way:
    (stream,) = open_streams(material({"streams": {way: 1}, **settings}, hard, leaves=leaves, **(more or {})))
    return stream.way


def requests(way: Way, count: int) -> list[Request]:
    return [request for _ in range(count) if (request := way.next()) is not None]


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0, 9, allow_subnormal=False), min_size=1, max_size=7),
    st.integers(0, 500),
)
def test_quotas_add_up_and_none_is_a_whole_prompt_off_its_share(shares: dict[str, float], wanted: int) -> None:
    found = quotas(shares, wanted)
    total = sum(shares.values())
    if not total:
        assert found == {}
        return
    assert sum(found.values()) == wanted
    assert all(abs(found[name] - wanted * share / total) < 1 + 1e-6 for name, share in shares.items())


def test_quotas_go_by_the_largest_remainder() -> None:
    assert quotas({"a": 0.5, "b": 0.3, "c": 0.2}, 7) == {"a": 4, "b": 2, "c": 1}  # 3.5, 2.1, 1.4
    assert quotas({"hard": 0.5, "easy": 0.5}, 5) == {"hard": 3, "easy": 2}
    assert quotas({"a": 0.1, "b": 0.2}, 3) == {"a": 1, "b": 2}


def test_streams_have_one_order_whatever_the_recipes() -> None:
    one, other = ({"lion-easy": 1, "akd": 0, "lion-hard": 1}, {"lion-hard": 1, "akd": 0, "lion-easy": 1})
    orders = [list(shares_of(recipe_from({"generator": {"streams": streams}}).generator)) for streams in (one, other)]
    assert orders == [["lion-hard", "lion-easy"]] * 2


def test_with_the_default_streams_the_labs_prompts_are_those_of_the_release_before() -> None:
    seeds = lab_seeds(30, 3)
    recipe = recipe_from({"generator": {"prompts": 31}})
    streams = open_streams(
        Material(recipe.generator, 3, 1, seeds[:9], seeds[9:], seeds, random.Random("generation 3 1"))
    )

    async def made(teacher: LabTeacher) -> Generation:
        model = open_model(teacher.spec, endpoint=teacher.endpoint)
        sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=1024, seed=3)
        filters = open_filters(recipe, Path())
        found = await generate(streams, seeds, model, filters, wanted=31, tries=4, sampling=sampling, round=1)
        await model.aclose()
        return found

    with LabTeacher(seed=3) as teacher:
        found = asyncio.run(made(teacher))
    rows = [[p.id, p.text, p.entry_point, p.source, p.parent, p.round] for p in found.prompts]
    # printed by that release with the same arguments
    digest = "26038f5395c5368853919d87713d5d746fa2e8426397bf5488be0de53587d81e"
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest() == digest
    assert (found.asked, found.sources, found.rejected) == (
        34,
        {"hard": 16, "easy": 15},
        {"similar": 1, "unparsable": 2},
    )


class TestAkd:
    def test_every_reference_is_asked_for_each_of_the_five_mutations(self) -> None:
        made = requests(opened("akd", references=3), 100)
        assert len(made) == 15
        by_reference: dict[str, list[str]] = {}
        for request in made:
            by_reference.setdefault(request.origin.parents[0], []).append(request.origin.mutation)
        assert len(by_reference) == 3
        assert by_reference.keys() <= {prompt.id for prompt in HARD}
        five = ["complexity", "deceptive", "opposite", "pitfalls", "shift"]
        assert [sorted(names) for names in by_reference.values()] == [five] * 3
        assert {request.source for request in made} == {"hard"}

    def test_a_refused_mutation_is_asked_for_again_so_that_a_reference_gets_its_five(self) -> None:
        way = opened("akd", references=2, tries=3)
        taken: list[Request] = []
        refused = 0
        while (request := way.next()) is not None:
            no = request.origin.mutation == "shift" and refused < 5
            refused += no
            way.settled(request, taken=not no)
            if not no:
                taken.append(request)
        counts = Counter((request.origin.parents[0], request.origin.mutation) for request in taken)
        assert (len(taken), set(counts.values())) == (10, {1})
        samples = [request.sample for request in taken if request.origin.mutation == "shift"]
        assert sum(sample - 200_000 for sample in samples) == 5

    def test_mutations_used_twice_on_a_reference_are_different_requests(self) -> None:
        made = requests(opened("akd", references=1, per_reference=10), 100)
        assert len({(request.inputs, request.sample) for request in made}) == 10

    def test_hard_references_are_drawn_before_less_hard_ones(self) -> None:
        difficulty = {prompt.id: float(n) for n, prompt in enumerate(HARD)}
        sharp = {"softness": 0.01, "references": 2, "per_reference": 1}
        made = requests(opened("akd", more={"difficulty": difficulty}, **sharp), 9)
        assert [request.origin.parents for request in made] == [("h5",), ("h4",)]

    def test_references_by_margin_are_practised_prompts_those_with_low_margins_first(self) -> None:
        margins = {"e1": -90.0, "h2": 0.0, "h0": 90.0}
        made = requests(opened("akd", more={"margins": margins}, drawn_by="margin", per_reference=1), 9)
        assert [(request.origin.parents[0], request.source) for request in made] == [
            ("e1", "easy"), ("h2", "hard"), ("h0", "hard"),
        ]  # fmt: skip

    def test_two_references_of_a_subtopic_at_most(self) -> None:
        origin = Origin("topics", "topic_problem/1", topic="Sets", subtopic="union", profession="baker")
        hard = [Prompt(f"s{n}", f"set task {n}", origin=origin) for n in range(5)]
        made = requests(opened("akd", hard=[*hard, HARD[0]], per_reference=1), 9)
        subtopics = Counter(request.origin.subtopic for request in made)
        assert subtopics == {"union": 2, "": 1}
        assert {request.origin.profession for request in made} == {"baker", ""}

    def test_without_hard_prompts_there_is_nothing_to_mutate(self) -> None:
        assert opened("akd", hard=[]).lacks == "there is no hard prompt"
        assert opened("akd", drawn_by="margin").lacks == "there is no prompt with a margin"


def test_code_evol_instruct_asks_for_a_bound_half_as_often_as_for_anything_else() -> None:
    made = requests(opened("evol"), 90)
    counts = Counter(request.origin.mutation for request in made)
    assert counts == {"constraint": 20, "rarer": 20, "reasoning": 20, "misleading": 20, "complexity": 10}
    assert {request.origin.parents[0]: request.source for request in made} == {
        **{prompt.id: "hard" for prompt in HARD},
        **{prompt.id: "easy" for prompt in EASY},
    }
    assert {type(request.inputs) for request in made if request.origin.mutation == "misleading"} == {
        EvolMisleadingInputs
    }


def test_every_leaf_of_the_topic_tree_has_its_turn_in_both_styles() -> None:
    made = requests(opened("topics", leaves=LEAVES), 6)
    assert {(r.origin.topic, r.origin.subtopic) for r in made[:3]} == {
        ("Sets", "union"), ("Sets", "symmetry"), ("Heaps", "top k"),
    }  # fmt: skip
    assert [type(r.inputs) for r in made[:2]] == [TopicCompletionInputs, TopicProblemInputs]
    assert {r.origin.parents for r in made} == {(leaf.id,) for leaf in LEAVES}
    assert len({(r.inputs, r.sample) for r in made}) == 6


def test_two_leaves_that_are_mixed_have_different_parents() -> None:
    made = requests(opened("mix", leaves=LEAVES), 30)
    topics = {leaf.id: leaf.topic for leaf in LEAVES}
    assert all({topics[one] for one in request.origin.parents} == {"Sets", "Heaps"} for request in made)
    assert all(isinstance(request.inputs, MixTopicsInputs) for request in made)
    assert opened("mix", leaves=LEAVES[:2]).lacks == "the topic tree has no two topics with subtopics"


def test_tasks_from_code_show_lines_of_its_files(tmp_path: Path) -> None:
    lines = [f"value_{n} = {n}" for n in range(40)]
    (tmp_path / "one.py").write_text("\n".join(lines))
    made = requests(opened("oss", code=str(tmp_path)), 20)
    for request in made:
        assert isinstance(request.inputs, FromCodeInputs)
        name, _, span = request.origin.code.partition(":")
        first, last = map(int, span.split("-"))
        assert (name, request.inputs.code) == ("one.py", "\n".join(lines[first - 1 : last]))
        assert 1 <= last - first + 1 <= 15
    again = requests(opened("oss", code=str(tmp_path)), 20)
    assert again == made


def known(seeds: int, written: int) -> list[Prompt]:
    """Seeds, and prompts that were written in the first round."""
    return [Prompt(f"s{n}", f"seed {n}") for n in range(seeds)] + [
        Prompt(f"w{n}", f"written {n}", round=1) for n in range(written)
    ]


def like_the_seeds(prompts: Sequence[Prompt], hard: Sequence[Prompt] = (), **settings: Any) -> Way:
    recipe = recipe_from({"generator": {"streams": {"self-instruct": 1}, **settings}})
    (stream,) = open_streams(Material(recipe.generator, 1, 2, hard, (), prompts, random.Random(0)))
    return stream.way


class TestSelfInstruct:
    def test_a_request_shows_six_seeds_and_two_written_prompts(self) -> None:
        for request in requests(like_the_seeds(known(seeds=20, written=20)), 10):
            assert isinstance(request.inputs, SelfInstructInputs)
            kinds = Counter(text.split()[0] for text in request.inputs.tasks)
            assert kinds == {"seed": 6, "written": 2}
            assert len(set(request.inputs.tasks)) == 8
            assert sorted(one[0] for one in request.origin.parents) == ["s"] * 6 + ["w"] * 2
            assert request.source == "new"

    def test_before_anything_is_written_all_examples_are_seeds_and_few_seeds_are_all_shown(self) -> None:
        (first,) = requests(like_the_seeds(known(seeds=3, written=0), examples=5), 1)
        assert isinstance(first.inputs, SelfInstructInputs)
        assert sorted(first.inputs.tasks) == ["seed 0", "seed 1", "seed 2"]

    def test_it_asks_the_same_whatever_is_hard(self) -> None:
        prompts = known(seeds=20, written=5)
        assert requests(like_the_seeds(prompts, hard=prompts[:7]), 10) == requests(like_the_seeds(prompts), 10)

    def test_requests_differ_from_one_another(self) -> None:
        made = requests(like_the_seeds(known(seeds=20, written=0)), 50)
        assert len({(request.inputs, request.sample) for request in made}) == 50


class Answering:
    name, endpoint = "answering", "test"

    def __init__(self) -> None:
        self.asked = 0

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        self.asked += 1
        words = " ".join(hashlib.sha256(f"{messages} {sample} {n}".encode()).hexdigest() for n in range(6))
        return Completion(f"Function: f\n```\nWrite f {words}\n```", "stop", 1, 1, "m")

    async def aclose(self) -> None:
        return


def generated(settings: dict[str, Any], **more: Any) -> Generation:
    recipe = recipe_from({"generator": settings})
    found = material(settings, **more)
    wanted, tries = found.settings.prompts, found.settings.tries
    return asyncio.run(
        generate(
            open_streams(found), found.known, Answering(), open_filters(recipe, Path()),
            wanted=wanted, tries=tries, sampling=Sampling(), round=2,
        )
    )  # fmt: skip


def test_each_way_makes_its_share_and_says_how_each_prompt_came_about() -> None:
    made = generated({"prompts": 16, "streams": {"lion-hard": 1, "lion-easy": 1, "akd": 2}})
    assert (made.ways, made.warnings) == ({"lion-hard": 4, "lion-easy": 4, "akd": 8}, ())
    assert made.sources == {"hard": 12, "easy": 4}
    origins = [prompt.origin for prompt in made.prompts if prompt.origin is not None]
    assert Counter(origin.way for origin in origins) == made.ways
    assert all(prompt.origin and prompt.parent == prompt.origin.parents[0] for prompt in made.prompts)
    assert {origin.template for origin in origins if origin.mutation in ("", "shift")} == {
        "generate_hard/1", "generate_easy/1", "mutate_shift/1",
    }  # fmt: skip


def test_a_way_that_runs_out_of_references_is_said() -> None:
    made = generated({"prompts": 12, "streams": {"akd": 1}, "references": 2})
    assert (len(made.prompts), made.ways) == (10, {"akd": 10})
    assert made.warnings == ("10 of 12 new tasks after 10 requests: akd made 10 of 12",)


def test_the_share_of_a_way_without_material_goes_to_the_others() -> None:
    made = generated({"prompts": 4, "streams": {"topics": 3, "lion-easy": 1}})
    assert (made.ways, made.sources) == ({"lion-easy": 4}, {"hard": 0, "easy": 4})
    assert made.warnings == ("topics: the topic tree has no subtopics; its share goes to the other ways",)


def test_prompts_of_neither_kind_are_counted_as_new() -> None:
    made = generated({"prompts": 3, "streams": {"topics": 1}}, leaves=LEAVES)
    assert made.sources == {"hard": 0, "easy": 0, "new": 3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"streams": {}}, "generator.streams gives no way a share"),
        ({"streams": {"akd": 0}}, "generator.streams gives no way a share"),
        ({"streams": {"oss": 1}}, "name it in generator.code"),
        ({"streams": {"akd": -1}}, "greater than or equal to 0"),
        ({"streams": {"akd": 1}, "drawn_by": "margin"}, "set prefer.method to dpo"),
    ],
)
def test_streams_that_cannot_work_are_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(said)):
        recipe_from({"generator": changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"streams": {"akt": 1}}, "unknown way to make prompts 'akt'; did you mean akd?"),
        ({"streams": {"akd": 1}, "mutations": ["sideways"]}, "unknown mutation 'sideways'; there are complexity,"),
        ({"streams": {"akd": 1}, "mutations": []}, "generator.mutations is empty"),
        ({"streams": {"akd": 1}, "prompts": 351}, "351 prompts of akd"),
        ({"streams": {"akd": 1, "evol": 1}, "prompts": 800}, "raise references to 80"),
        ({"streams": {"oss": 1}, "code": "/missing"}, "generator.code '/missing' is not a folder"),
    ],
)
def test_what_a_way_cannot_use_is_one_line_before_anything_is_paid_for(changes: dict[str, Any], said: str) -> None:
    recipe = recipe_from({"generator": changes})
    with pytest.raises(RecipeError, match=re.escape(said)):
        check_ways(recipe)
    with pytest.raises(RecipeError, match=re.escape(said)):
        forecast(recipe)
