"""New tasks made of a task, or about a part of a topic: what the lab's teacher answers to the curriculum's prompts.

Each mutation leads to recognisably different tasks, so that ways to make prompts can be compared in the lab.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from akd_code.lab.grammar.judging import near_misses
from akd_code.lab.grammar.kinds import DOMAINS, Call, LabTask, Op, ValueKind, composition_key, draw_call, split_of
from akd_code.lab.grammar.operations import OPERATIONS, ops_from, weights
from akd_code.lab.grammar.sampling import (
    COMMON_SKEW,
    DEEPEST,
    RARE_SKEW,
    harder_like,
    is_sound,
    sample_skewed,
    sample_task,
)
from akd_code.lab.grammar.wording import word_task

_TRIES = 400
_EVEN_SKEW = 0.0
_SUBTOPIC = re.compile(r"(\w+) steps on (\w+)")
Calls = tuple[Call, ...]


def _longer(calls: Calls, rng: random.Random, more: int, at_end: bool = False) -> Calls:
    """Return the calls with up to `more` steps put in that keep the kind, DEEPEST in all."""
    made = list(calls)
    for _ in range(min(more, DEEPEST - len(calls))):
        place = len(made) if at_end else rng.randrange(len(made) + 1)
        kind = made[place - 1].op.dst if place else made[0].op.src
        fitting = [op for op in ops_from(kind) if op.dst is kind]
        if fitting:
            made.insert(place, draw_call(rng.choice(fitting), rng))
    return tuple(made)


def _replaced(calls: Calls, places: list[int], rng: random.Random, fits: Callable[[Op, Op], bool]) -> Calls:
    """Return the calls with another operation between the same kinds at each place where one `fits(new, old)`."""
    made = list(calls)
    for place in places:
        old = calls[place].op
        fitting = [op for op in ops_from(old.src) if op.dst is old.dst and fits(op, old)]
        if fitting:
            made[place] = draw_call(rng.choice(fitting), rng)
    return tuple(made)


def _rarer(new: Op, old: Op) -> bool:
    return new.rank > old.rank


def _complexity(task: LabTask, rng: random.Random) -> Calls:
    if task.depth == DEEPEST:
        return _one_rarer(task, rng)
    return _longer(task.calls, rng, rng.choice((1, 2)))


def _opposite(task: LabTask, rng: random.Random) -> Calls:
    """Return a chain between the same kinds of which no step is of the family that stood in its place."""
    made: list[Call] = []
    kind = task.calls[0].op.src
    for old in task.families:
        fitting = [op for op in ops_from(kind) if op.family != old]
        if not fitting:
            return task.calls
        made.append(draw_call(rng.choice(fitting), rng))
        kind = made[-1].op.dst
    return tuple(made) if kind is task.calls[-1].op.dst else task.calls


def _deceptive(task: LabTask, rng: random.Random) -> Calls:
    return _replaced(task.calls, list(range(task.depth)), rng, _rarer)


def _shift(task: LabTask, rng: random.Random) -> Calls:
    others = [kind for kind in DOMAINS if kind is not task.calls[0].op.src]
    return sample_skewed(rng, task.depth, split="train", skew=_EVEN_SKEW, start=rng.choice(others)).calls


def _pitfalls(task: LabTask, rng: random.Random) -> Calls:
    """Return what a usual error on the task would be the right answer to: steps swapped or confused, a constant off."""
    misses = [calls for calls in near_misses(task.calls) if len(calls) == task.depth]
    return rng.choice(misses) if misses else task.calls


def _constraint(task: LabTask, rng: random.Random) -> Calls:
    return _longer(task.calls, rng, 1, at_end=True)


def _one_rarer(task: LabTask, rng: random.Random) -> Calls:
    return _replaced(task.calls, [rng.randrange(task.depth)], rng, _rarer)


def _reasoning(task: LabTask, rng: random.Random) -> Calls:
    return _longer(task.calls, rng, 2)


def _costlier(task: LabTask, rng: random.Random) -> Calls:
    return harder_like(task, rng).calls


_MUTATIONS: dict[str, Callable[[LabTask, random.Random], Calls]] = {
    "mutate_complexity": _complexity,
    "mutate_opposite": _opposite,
    "mutate_deceptive": _deceptive,
    "mutate_shift": _shift,
    "mutate_pitfalls": _pitfalls,
    "evol_constraint": _constraint,
    "evol_rarer": _one_rarer,
    "evol_reasoning": _reasoning,
    "evol_misleading": _pitfalls,
    "evol_complexity": _costlier,
}


def mutated(task: LabTask, template: str, rng: random.Random) -> LabTask:
    """Return the train task that a template of a mutation asks for, of another composition.

    complexity: one or two more steps. opposite: every step of another family than the one in its place, the same
    kinds in and out. deceptive: rarer steps between the same kinds. shift: as deep, in another domain. pitfalls:
    what a usual error would be right for. constraint: one more step at the end. rarer: one step is a rarer one.
    reasoning: two more steps. misleading: as pitfalls, for a task of the lab holds no code. complexity (of Code
    Evol-Instruct): as Lion's hard stream. Where none of these can be had, a harder task.
    """
    change = _MUTATIONS[template]
    for _ in range(_TRIES):
        calls = change(task, rng)
        if composition_key(calls) != task.composition and split_of(calls) == "train" and is_sound(calls):
            return word_task(calls, rng)
    return harder_like(task, rng)


def subtopics_of(topic: str, count: int, rng: random.Random) -> list[str]:
    """Return phrases for parts of a topic: a family of operations and a domain, drawn at random."""
    pairs = sorted({(op.family, DOMAINS[op.src]) for op in OPERATIONS})
    return [f"{family} steps on {domain}" for family, domain in rng.sample(pairs, min(count, len(pairs)))]


def task_on(subtopics: list[str], rng: random.Random) -> LabTask:
    """Return a train task of two or three steps with the families that phrases of `subtopics_of` name.

    It starts in the domain of the first. Of other phrases, and where no such task is found, any task.
    """
    named = [match.groups() for text in subtopics if (match := _SUBTOPIC.fullmatch(text))]
    domains = {domain: kind for kind, domain in DOMAINS.items()}
    start: ValueKind | None = domains.get(named[0][1]) if named else None
    wanted = {family for family, _ in named}
    task = sample_skewed(rng, rng.choice((2, 3)), split="train", skew=_EVEN_SKEW, start=start)
    for _ in range(_TRIES):
        if wanted <= set(task.families):
            break
        task = sample_skewed(rng, rng.choice((2, 3)), split="train", skew=_EVEN_SKEW, start=start)
    return task


def task_among(shown: list[LabTask], rng: random.Random) -> LabTask:
    """Return a train task that would not stand out among those shown, and is none of them.

    As deep as one of them and in its domain; half of its steps are operations of theirs, the others come by frequency.
    """
    known = {task.composition for task in shown}
    theirs = [call.op for task in shown for call in task.calls]
    for _ in range(_TRIES):
        like = rng.choice(shown)
        calls = _like(like, theirs, rng)
        if calls and composition_key(calls) not in known and split_of(calls) == "train" and is_sound(calls):
            return word_task(calls, rng)
    return sample_task(rng, rng.choice(shown).depth, split="train")


def _like(task: LabTask, theirs: list[Op], rng: random.Random) -> Calls:
    """Return as many calls as `task` has, of operations among `theirs` or any; empty where the kinds lead nowhere."""
    calls: list[Call] = []
    kind = task.calls[0].op.src
    for _ in range(task.depth):
        known = [op for op in theirs if op.src is kind]
        if known and rng.random() < 0.5:
            op = rng.choice(known)
        elif ops := ops_from(kind):
            op = rng.choices(ops, weights(kind, COMMON_SKEW))[0]
        else:
            return ()
        calls.append(draw_call(op, rng))
        kind = op.dst
    return tuple(calls)


def task_beside(rng: random.Random) -> LabTask:
    """Return a train task that somebody's code might inspire: any of two or three steps, rare ones preferred."""
    return sample_skewed(rng, rng.choice((2, 3)), split="train", skew=RARE_SKEW)
