"""What hardening asks, and its pairs: own answers first, small differences, benign pairs beside them."""

from __future__ import annotations

import random

import pytest
from test_generation import Scripted, answer, run

from akd_code.curriculum import check_ways
from akd_code.curriculum.hardening import (
    CONTROLS,
    EXPLOITABLE,
    OWN,
    Material,
    exam_groups,
    hardening_pairs,
    training_groups,
)
from akd_code.curriculum.stress import as_prompt
from akd_code.errors import RecipeError
from akd_code.recipe import HardenSection, recipe_from
from akd_code.records import Answer, Candidate, Label, LabelOutcome, Origin, Prompt, PromptTests
from akd_code.security import Family, Stressed, StressTry, cells, prompt_of, weaknesses

STRESS = Prompt(
    "p", "Look a user up.", "f",
    tests=PromptTests(("assert f(1) == 1", "assert f('x') is None"), "catalogue", exploits=1),
    origin=Origin("stress", "catalogue/1", mutation="implicit", topic="CWE-089", subtopic="find-user"),
)  # fmt: skip
BENIGN = Prompt("b", "Add.", "f", tests=PromptTests(("assert f(1) == 1",), "given"))
INSECURE = "def f(x):\n    return run('select ' + x)"
SECURE = "def f(x):\n    return run('select ?', x)"
FAR = "import sqlite3\nclass Query:\n    pass\nlookup = {}\ndef other(a, b, c):\n    return [a, b, c]\nf = other"


def said(program: str, passed: bool, safe: bool | None, finish: str = "stop") -> StressTry:
    return StressTry(
        Answer("p", f"```python\n{program}\n```", program, finish), passed, safe, "" if safe else "assert e"
    )


def pairs(*tries: StressTry, of: Prompt = STRESS, teachers: str = "", **settings: object) -> list[tuple[str, str, str]]:
    taught = Answer("p", f"Here: {teachers}", teachers, "stop") if teachers else None
    made = hardening_pairs(
        Material(of, Stressed(of.id, tries), taught),
        HardenSection(**settings),
        random.Random(0),  # type: ignore[arg-type]
    )
    return [(dict(one.meta)["chosen"], one.chosen, one.rejected) for one in made]


def code(program: str) -> str:
    return f"```python\n{program}\n```"


class TestPairs:
    def test_the_students_own_safe_answer_is_preferred_to_its_exploitable_one(self) -> None:
        found = pairs(said(INSECURE, True, False), said(SECURE, True, True), teachers=SECURE, references=True)
        assert found == [("student", code(SECURE), code(INSECURE))]

    def test_without_one_the_teachers_is_chosen_and_without_that_the_catalogues(self) -> None:
        assert pairs(said(INSECURE, True, False), teachers=SECURE) == [("teacher", f"Here: {SECURE}", code(INSECURE))]
        assert pairs(said(INSECURE, True, False)) == []
        (found,) = pairs(said(INSECURE, True, False), references=True, max_change=1)
        assert found[0] == "reference"
        assert "def f(" in found[1]

    def test_an_exploitable_answer_that_does_not_work_teaches_nothing(self) -> None:
        assert pairs(said(INSECURE, False, False), said(SECURE, True, True)) == []

    def test_an_answer_of_which_nothing_is_proven_teaches_nothing(self) -> None:
        assert pairs(said(INSECURE, True, None), said(SECURE, True, True)) == []

    def test_an_answer_that_was_cut_is_neither_chosen_nor_rejected(self) -> None:
        assert pairs(said(INSECURE, True, False, "length"), said(SECURE, True, True)) == []
        assert pairs(said(INSECURE, True, False), said(SECURE, True, True, "length")) == []

    def test_programs_too_far_apart_make_no_pair_and_a_nearer_answer_is_looked_for(self) -> None:
        assert pairs(said(INSECURE, True, False), said(FAR, True, True)) == []
        near = pairs(said(INSECURE, True, False), said(FAR, True, True), teachers=SECURE)
        assert [chosen for chosen, _, _ in near] == ["teacher"]

    def test_a_prompt_has_so_many_pairs_at_most_each_of_another_program(self) -> None:
        wrong = [said(f"{INSECURE} + {n}", True, False) for n in (1, 2, 3, 4, 4)]
        found = pairs(*wrong, said(SECURE, True, True))
        assert len(found) == len({rejected for _, _, rejected in found}) == 3
        assert len(pairs(*wrong, said(SECURE, True, True), per_prompt=9)) == 4

    def test_where_nothing_can_be_exploited_a_wrong_answer_is_rejected_however_far(self) -> None:
        found = pairs(said(FAR, False, None), said(SECURE, True, None), of=BENIGN)
        assert found == [("student", code(SECURE), code(FAR))]


def label(one: Prompt, outcome: LabelOutcome = LabelOutcome.VERIFIED) -> Label:
    return Label(one, (Candidate(Answer(one.id, "x", "x", "stop"), "direct"),), 0, outcome, 1.0, 1, 1)


class TestGroups:
    SETTINGS = HardenSection(prompts=12, benign=0.5, exam=10)

    def test_half_of_the_benign_prompts_are_controls_and_half_the_rounds_own(self) -> None:
        own = [Prompt(f"o{n}", f"task {n}", "f", tests=BENIGN.tests) for n in range(9)]
        found = training_groups(self.SETTINGS, [*map(label, own), label(STRESS)], 1, 1)
        assert {name: len(group) for name, group in found.items()} == {EXPLOITABLE: 12, CONTROLS: 3, OWN: 3}
        assert all(one.tests and one.tests.exploits for one in found[EXPLOITABLE])
        assert not any(one.tests and one.tests.exploits for name in (CONTROLS, OWN) for one in found[name])

    def test_no_unverified_label_is_practised(self) -> None:
        assert training_groups(self.SETTINGS, [label(BENIGN, LabelOutcome.FAILED)], 1, 1)[OWN] == ()

    def test_every_round_has_other_prompts_and_the_examination_always_the_same(self) -> None:
        first, second = ({one.text for one in training_groups(self.SETTINGS, (), 1, n)[EXPLOITABLE]} for n in (1, 2))
        assert not first & second
        assert exam_groups(self.SETTINGS, 1) == exam_groups(self.SETTINGS, 1)

    def test_nothing_that_is_trained_on_is_examined(self) -> None:
        held_out = exam_groups(self.SETTINGS, 1)
        trained = training_groups(self.SETTINGS, (), 1, 1)[EXPLOITABLE]
        assert {name: len(group) for name, group in held_out.items()} == {
            "held-out wordings": 5,
            "held-out exercises": 5,
        }
        exercises = {one.origin.subtopic for one in trained if one.origin}
        assert not exercises & {one.origin.subtopic for one in held_out["held-out exercises"] if one.origin}
        assert not {one.text for one in trained} & {one.text for group in held_out.values() for one in group}


def fresh(stream: str, seed: str, sample: int) -> str:
    return answer(f"Write a function `f(x)` about {stream}, {seed} and number {sample}.")


class TestTheWayStress:
    def test_its_share_of_prompts_comes_from_the_catalogue_and_nobody_is_asked_for_it(self) -> None:
        model = Scripted(fresh)
        shares = {"lion-hard": 0.4, "lion-easy": 0.4, "stress": 0.2}
        made = run(model, wanted=10, streams=shares, filters=["text"])
        stress = [one for one in made.prompts if one.origin and one.origin.way == "stress"]
        assert (len(made.prompts), len(stress), made.asked, len(model.asked)) == (10, 2, 8, 8)
        assert made.ways == {"stress": 2, "lion-hard": 4, "lion-easy": 4}
        for one in stress:
            assert one.tests is not None
            assert one.tests.exploits > 0
            assert one.origin is not None
            assert one.origin.topic.startswith("CWE-")
            assert (one.source, one.round, one.parent) == ("new", 2, None)

    def test_a_prompt_that_the_filters_refuse_is_counted_and_replaced(self) -> None:
        made = run(Scripted(fresh), wanted=30, streams={"stress": 1}, filters=["rouge"], rouge=0.3)
        assert made.asked == 0
        assert made.rejected["similar"] > 0
        assert made.prompts

    def test_a_weakness_that_there_is_not_is_said_before_anything_is_paid_for(self) -> None:
        bad = recipe_from({"generator": {"streams": {"stress": 1}}, "harden": {"only": ["CWE-9999"]}})
        with pytest.raises(RecipeError, match=r"harden: .*CWE-9999"):
            check_ways(bad)

    def test_a_stress_prompt_keeps_all_that_judges_an_answer(self) -> None:
        (cell, *_) = cells(weaknesses(["CWE-089"]), [Family.IMPLICIT])
        stress = prompt_of(cell, 0, 0)
        made = as_prompt(stress, 1)
        assert made.tests == PromptTests(
            (*stress.tests, *stress.exploits), "catalogue", stress.setup, exploits=len(stress.exploits)
        )


class TestTheSecurityMutation:
    def made(self, text: str) -> dict[str, int]:
        def say(stream: str, seed: str, sample: int) -> str:
            return answer(f"{text} Number {sample}.")

        class Any(Scripted):
            async def complete(self, messages, sampling, *, sample=0):  # type: ignore[no-untyped-def]
                from akd_code.models import Completion

                return Completion(say("", "", sample), "stop", 1, 1, "m")

        streams = {"streams": {"akd": 1}, "mutations": ["security"], "filters": []}
        return run(Any(fresh), wanted=2, **streams).rejected

    def test_a_prompt_that_names_a_weakness_is_refused_and_counted(self) -> None:
        assert self.made("Write `f(q)` that is safe from SQL injection.") == {"not neutral": 10}

    def test_a_neutral_one_is_taken(self) -> None:
        assert self.made("Write `f(q)` that finds the rows of table users whose name is q.") == {}
