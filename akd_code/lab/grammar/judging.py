"""Test cases of a task, and plausible wrong programs that they catch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

from akd_code.lab.grammar.inputs import CORE, canonical_texts, input_pool, is_moderate, random_input
from akd_code.lab.grammar.kinds import Call, GrammarError, LabTask, Op, Parameter, Value, apply_calls
from akd_code.lab.grammar.operations import ops_from
from akd_code.lab.grammar.wording import solution_text


def cases(task: LabTask, n: int, rng: random.Random) -> list[tuple[tuple[Value, ...], Value]]:
    """Return `n` test cases (arguments, expected result) with distinct inputs, by the reference functions.

    The first six do not depend on `rng`: an edge value, then inputs chosen to tell this task from its near misses
    (a step missing, two swapped, a constant off). The rest is random.
    """
    kind = task.calls[0].op.src
    chosen = [input_pool(kind)[index] for index in _core(task.calls)[:n]]
    seen = {repr(value) for value in chosen}
    while len(chosen) < n:
        value = random_input(kind, rng)
        if repr(value) not in seen and is_moderate(apply_calls(task.calls, value)):
            seen.add(repr(value))
            chosen.append(value)
    return [((value,), apply_calls(task.calls, value)) for value in chosen]


def assert_lines(task: LabTask, n: int, rng: random.Random) -> list[str]:
    """Return the test cases of `cases` as `assert name(input) == result` lines."""
    return [f"assert {task.entry_point}({args[0]!r}) == {expected!r}" for args, expected in cases(task, n, rng)]


def wrong_solution(task: LabTask, rng: random.Random) -> str:
    """Return a plausible wrong program: it runs, and fails on at least one of the first six cases of the task.

    One slip away from the solution: a step left out, neighbours swapped, a constant off, an operation confused.

    Raises:
        GrammarError: no near miss differs on those cases.
    """
    core = _core(task.calls)
    right = canonical_texts(task.calls)
    misses = list(near_misses(task.calls))
    rng.shuffle(misses)
    for calls in (*misses, *_overdone(task.calls)):
        wrong = canonical_texts(calls)
        if any(wrong[index] != right[index] for index in core):
            return solution_text(calls, _comments(calls, task), task.entry_point)
    raise GrammarError(f"no near miss of {task.composition!r} fails its tests")


def _comments(calls: tuple[Call, ...], task: LabTask) -> tuple[str, ...]:
    """Return one comment per step: in the task's own words where it is a step of the task."""
    own = {call: step.description for call, step in zip(task.calls, task.steps, strict=True)}
    return tuple(own.get(call, call.fill(call.op.phrases[0])) for call in calls)


def near_misses(calls: tuple[Call, ...]) -> Iterator[tuple[Call, ...]]:
    """Yield compositions one slip away: a step left out, neighbours swapped, a constant off, an operation confused."""
    for index, call in enumerate(calls):
        before, after = calls[:index], calls[index + 1 :]
        if call.op.src is call.op.dst:
            if len(calls) > 1:
                yield before + after
            if index and calls[index - 1].op.src is call.op.src is calls[index - 1].op.dst:
                yield (*before[:-1], call, before[-1], *after)
        for position, value in enumerate(call.params):
            for other in _next_to(value, call.op.choices[position]):
                yield (*before, Call(call.op, (*call.params[:position], other, *call.params[position + 1 :])), *after)
        rivals = [op for op in ops_from(call.op.src) if op is not call.op and op.dst is call.op.dst]
        rivals.sort(key=lambda op: op.family != call.op.family)
        for op in rivals[:6]:
            yield (*before, _confused(call, op), *after)


def _overdone(calls: tuple[Call, ...]) -> Iterator[tuple[Call, ...]]:
    """Yield compositions with a needless step before or behind, for tasks without a near miss that fails."""
    first, last = calls[0].op.src, calls[-1].op.dst
    for op in ops_from(last):
        if op.dst is last:
            yield (*calls, _midmost(op))
    for op in ops_from(first):
        if op.dst is first:
            yield (_midmost(op), *calls)


def _midmost(op: Op) -> Call:
    return Call(op, tuple(choices[(len(choices) + place) // 2] for place, choices in enumerate(op.choices)))


def _next_to(value: Parameter, choices: tuple[Parameter, ...]) -> list[Parameter]:
    at = choices.index(value)
    return [choice for choice in dict.fromkeys((choices[at - 1], choices[(at + 1) % len(choices)])) if choice != value]


def _confused(call: Call, op: Op) -> Call:
    params: list[Parameter] = []
    for position, choices in enumerate(op.choices):
        kept = call.params[position] if position < len(call.params) else None
        params.append(kept if kept in choices and kept is not None else choices[len(choices) // 2])
    return Call(op, tuple(params))


@lru_cache(maxsize=4096)
def _core(calls: tuple[Call, ...]) -> tuple[int, ...]:
    """Return the pool indices of the fixed cases: the first edge, then those that catch most uncaught near misses."""
    right = canonical_texts(calls)
    uncaught = [
        {index for index, value in enumerate(canonical_texts(miss)) if value != right[index]}
        for miss in near_misses(calls)
    ]
    core = [0]
    while len(core) < CORE:
        uncaught = [misses for misses in uncaught if misses and not misses.intersection(core)]
        shown = {right[index] for index in core}
        core.append(
            max(
                (index for index in range(len(right)) if index not in core),
                key=lambda index: (sum(index in misses for misses in uncaught), right[index] not in shown, -index),
            )
        )
    return tuple(core)
