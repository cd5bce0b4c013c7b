"""What the lab's teacher makes of the curriculum's prompts: each mutation leads to recognisably different tasks."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from akd_code.lab import grammar
from akd_code.lab.grammar import LabTask
from akd_code.lab.teacher import REFUSAL, reply
from akd_code.recipe import LabSection
from akd_prompts import (
    NEW_TASKS,
    FromCodeInputs,
    Inputs,
    MixTopicsInputs,
    MutateSecurityInputs,
    MutateShiftInputs,
    PromptParseError,
    ReferenceInputs,
    SelfInstructInputs,
    SubtopicsInputs,
    TopicCompletionInputs,
    parse_generated,
    parse_subtopics,
    render,
)

FAULTLESS = LabSection(garbled=0)
TASKS = grammar.seed_tasks(60, seed=9)
MUTATIONS = sorted(
    name for name, kind in NEW_TASKS.items() if issubclass(kind, ReferenceInputs) and kind is not MutateSecurityInputs
)


def say(inputs: Inputs, settings: LabSection = FAULTLESS, seed: int = 1) -> str:
    return reply(settings, render(inputs).messages, temperature=1.0, seed=seed).text


def asked_for(inputs: Inputs, seed: int = 1) -> LabTask:
    made = parse_generated(say(inputs, seed=seed))
    task = grammar.parse_instruction(made.text)
    assert task is not None
    assert task.entry_point == made.entry_point
    return task


def ranks(task: LabTask) -> list[int]:
    return [call.op.rank for call in task.calls]


def operations(task: LabTask) -> list[str]:
    return [call.op.name for call in task.calls]


def within(small: list[str], large: list[str]) -> bool:
    """Whether all of `small` comes in `large` in the same order."""
    rest = iter(large)
    return all(name in rest for name in small)


SIGNS: dict[str, Callable[[LabTask, LabTask], bool]] = {
    "mutate_complexity": lambda old, new: new.depth > old.depth and within(operations(old), operations(new)),
    "mutate_opposite": lambda old, new: (
        new.task_type == old.task_type
        and new.depth == old.depth
        and all(one != other for one, other in zip(old.families, new.families, strict=True))
    ),
    "mutate_deceptive": lambda old, new: new.depth == old.depth and sum(ranks(new)) > sum(ranks(old)),
    "mutate_shift": lambda old, new: new.depth == old.depth and new.domain != old.domain,
    "mutate_pitfalls": lambda old, new: (
        new.depth == old.depth
        and new.task_type == old.task_type
        and sum(one != other for one, other in zip(old.calls, new.calls, strict=True)) <= 2
    ),
    "evol_constraint": lambda old, new: operations(new)[: old.depth] == operations(old) and new.depth == old.depth + 1,
    "evol_rarer": lambda old, new: (
        sum(one.op != other.op for one, other in zip(old.calls, new.calls, strict=False)) == 1
        and sum(ranks(new)) > sum(ranks(old))
    ),
    "evol_reasoning": lambda old, new: new.depth == min(old.depth + 2, 4),
    "evol_misleading": lambda old, new: new.depth == old.depth and new.task_type == old.task_type,
    "evol_complexity": lambda old, new: new.domain == old.domain and new.depth >= old.depth,
}
"""How a task is known that a mutation led to. Where a mutation cannot be had, the teacher answers a harder task."""


def test_every_mutation_has_a_sign() -> None:
    assert sorted(SIGNS) == MUTATIONS


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_leads_to_tasks_of_its_own_kind(name: str) -> None:
    kind = NEW_TASKS[name]
    assert issubclass(kind, ReferenceInputs)
    made = [(task, asked_for(kind(task.instruction))) for task in TASKS]
    assert all(new.composition != old.composition and new.split == "train" for old, new in made)
    assert sum(SIGNS[name](old, new) for old, new in made) >= 0.8 * len(made)


def test_the_five_mutations_of_a_task_are_five_different_tasks() -> None:
    akd = (kind for name, kind in NEW_TASKS.items() if name.startswith("mutate_"))
    five = [kind for kind in akd if issubclass(kind, ReferenceInputs) and kind is not MutateSecurityInputs]
    different = [len({asked_for(kind(task.instruction)).composition for kind in five}) for task in TASKS]
    assert sum(different) >= 4.7 * len(TASKS)  # a task of one step has few neighbours


def test_a_mutation_differs_from_draw_to_draw() -> None:
    kind = MutateShiftInputs
    assert len({asked_for(kind(TASKS[3].instruction), seed).composition for seed in range(10)}) >= 9


def test_an_exercise_is_about_the_family_and_the_domain_of_its_subtopic() -> None:
    subtopics = parse_subtopics(say(SubtopicsInputs("Sorting by several keys", 10)), 10)
    assert len(subtopics) == 10
    for subtopic in subtopics:
        family, _, _, domain = subtopic.split()
        task = asked_for(TopicCompletionInputs("Sorting by several keys", subtopic, "baker"))
        assert task.domain == domain
        assert family in task.families


def test_a_mixture_holds_the_families_of_both_its_parts() -> None:
    made = [
        asked_for(MixTopicsInputs("One", "filter steps on lists", "Two", "order steps on lists", "baker"), seed)
        for seed in range(10)
    ]
    assert all({"filter", "order"} <= set(task.families) and task.domain == "lists" for task in made)


def test_code_and_subtopics_from_outside_the_lab_still_lead_to_tasks_of_the_lab() -> None:
    tasks = [asked_for(FromCodeInputs(f"x = {n}")) for n in range(5)]
    tasks.append(asked_for(TopicCompletionInputs("Sets", "symmetric difference", "baker")))
    assert len({task.composition for task in tasks}) == 6
    assert {task.split for task in tasks} == {"train"}


def test_a_task_like_those_shown_is_none_of_them_and_has_their_depths_and_domains() -> None:
    shown = [task for task in TASKS if task.depth == 2 and task.domain in ("lists", "words")]
    inputs = SelfInstructInputs.showing([task.instruction for task in shown])
    made = [asked_for(inputs, seed) for seed in range(60)]
    assert {(task.depth, task.domain) for task in made} == {(2, "lists"), (2, "words")}
    assert {task.split for task in made} == {"train"}
    assert not {task.composition for task in made} & {task.composition for task in shown}


def test_tasks_like_those_shown_use_their_operations_more_often_than_others_do() -> None:
    shown = [task for task in TASKS if task.domain == "lists"][:3]
    theirs = {name for task in shown for name in operations(task)}
    made = [asked_for(SelfInstructInputs.showing([task.instruction for task in shown]), seed) for seed in range(60)]
    names = [name for task in made for name in operations(task)]
    others = [name for task in TASKS if task.domain == "lists" for name in operations(task)]

    def share(of: list[str]) -> float:
        return sum(name in theirs for name in of) / len(of)

    assert share(others) < share(names) < 1


def test_a_mutation_of_what_is_no_task_of_the_lab_is_refused() -> None:
    assert "only help with the tasks of the lab" in say(MutateShiftInputs("Write a web server."))


@pytest.mark.parametrize("inputs", [MutateShiftInputs(TASKS[0].instruction), FromCodeInputs("x = 1")])
def test_garbled_answers_lack_their_form(inputs: Inputs) -> None:
    with pytest.raises(PromptParseError):
        parse_generated(say(inputs, LabSection(garbled=1)))


def test_a_garbled_list_of_subtopics_is_none() -> None:
    with pytest.raises(PromptParseError):
        parse_subtopics(say(SubtopicsInputs("Sets", 5), LabSection(garbled=1)), 5)


def test_the_mutations_are_functions_of_task_template_and_draw() -> None:
    task = TASKS[7]
    one, other = (grammar.mutated(task, "mutate_opposite", random.Random(5)) for _ in range(2))
    assert one == other


def test_the_lab_says_that_its_tasks_invite_no_weakness() -> None:
    said = reply(FAULTLESS, render(MutateSecurityInputs(TASKS[0].instruction)).messages)
    assert (said.kind, said.text) == ("unknown", REFUSAL)
