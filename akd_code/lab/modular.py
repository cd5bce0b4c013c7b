"""The lab's teacher at work on modules: stubs of a task's steps, programs built from them, and tests of one step."""

from __future__ import annotations

import random
from dataclasses import replace

from akd_code.lab import grammar

_TYPES = {
    "INT": "int",
    "INTS": "list[int]",
    "STR": "str",
    "WORDS": "list[str]",
    "TABLE": "dict[str, int]",
    "BOOL": "bool",
}
_CASES = 12
_LONGEST = 200  # characters of a value in a test line


def stubs(task: grammar.LabTask) -> str:
    """Return the task's steps as typed signatures with docstrings, in order."""
    made = []
    for step, call in zip(task.steps, task.calls, strict=True):
        source, target = (_TYPES.get(kind.name, "object") for kind in (call.op.src, call.op.dst))
        sentence = step.description[0].upper() + step.description[1:]
        doc = (
            f'"""{sentence}.\n\n    Args:\n        {step.source}: what to work on.\n\n    Returns the result.\n    """'
        )
        made.append(f"def {step.name}({step.source}: {source}) -> {target}:\n    {doc}\n")
    return "\n\n".join(made)


def program(task: grammar.LabTask) -> str:
    """Return the right program of a task, built from one function per step."""
    return _assemble(task, [step.module for step in task.steps])


def wrong_program(task: grammar.LabTask, rng: random.Random) -> str:
    """Return a modular program of which one module does not do what its docstring says, and which so fails a test.

    Where no single module can be wrong with effect, a monolithic wrong program.
    """
    inputs = [args for args, _ in grammar.cases(task, 6, random.Random(0))]
    right = [grammar.apply_calls(task.calls, args[0]) for args in inputs]
    places = list(range(task.depth))
    rng.shuffle(places)
    for place in places:
        rivals = _rivals(task.calls[place])
        rng.shuffle(rivals)
        for rival in rivals[:8]:
            calls = (*task.calls[:place], rival, *task.calls[place + 1 :])
            if [grammar.apply_calls(calls, args[0]) for args in inputs] == right:
                continue
            modules = [step.module for step in task.steps]
            modules[place] = replace(task.steps[place], code=rival.fill(rival.op.code)).module
            return _assemble(task, modules)
    return grammar.wrong_solution(task, rng)


def module_tests(task: grammar.LabTask, name: str, count: int) -> list[str] | None:
    """Return asserts over the step called `name`, on the values that reach it; None if the task has no such step."""
    place = next((index for index, step in enumerate(task.steps) if step.name == name), None)
    if place is None:
        return None
    lines: dict[str, None] = {}
    for args, _ in grammar.cases(task, _CASES, random.Random(f"module {name}")):
        value = grammar.apply_calls(task.calls[:place], args[0])
        line = f"assert {name}({value!r}) == {grammar.apply_calls(task.calls[place : place + 1], value)!r}"
        if len(line) <= 2 * _LONGEST:
            lines[line] = None
    return list(lines)[:count]


def _rivals(call: grammar.Call) -> list[grammar.Call]:
    """Return the calls that could be taken for this one: another constant, another operation between equal kinds."""
    made = []
    for position, choices in enumerate(call.op.choices):
        for other in choices:
            params = (*call.params[:position], other, *call.params[position + 1 :])
            if params != call.params and len(set(params)) == len(params):
                made.append(grammar.Call(call.op, params))
    for op in grammar.OPERATIONS:
        if op.src is call.op.src and op.dst is call.op.dst and op.name != call.op.name and not op.choices:
            made.append(grammar.Call(op))
    return made


def _assemble(task: grammar.LabTask, modules: list[str]) -> str:
    names = {step.name for step in task.steps} | {task.entry_point}
    if len(names) <= task.depth:
        return task.solution  # a step is called like the task's own function: no program can hold both

    def variable(name: str) -> str:
        return f"{name}_" if name in names else name

    lines = [f"def {task.entry_point}({variable(task.steps[0].source)}):"]
    lines += [f"    {variable(step.target)} = {step.name}({variable(step.source)})" for step in task.steps]
    lines.append(f"    return {variable(task.steps[-1].target)}")
    return "\n\n".join([*modules, "\n".join(lines) + "\n"])
