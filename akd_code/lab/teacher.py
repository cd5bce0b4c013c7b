"""What the lab's teacher answers to the project's real prompts: from the grammar, with errors at stated rates.

The rates are the recipe's `LabSection`. A direct answer to a task of depth d is wrong with probability `error_base` +
`error_per_depth` x (d - 1). `judge_noise`: the judge takes one answer for the other. `test_error`: a test it writes is
wrong or malformed. `garbled`: an answer of the judge, the generator, the test writer or the decomposer lacks the form
that was asked for, or a modular answer speaks of what it was shown.

The other ways to ask change that rate by a factor; the defaults are milder than what AMR-Evol reports of real teachers
(arXiv 2410.00558). A modular answer's is the mean over the task's steps of 1 where nothing about the step is shown,
`stub_error` where its stub is, `module_error` where a verified module of its name is. `cot_error` is that of an answer
after thinking aloud. A repaired answer stays wrong with `repair_error`; `misled`: a right answer is changed into a
wrong one because a test that it is said to fail is itself wrong. `stubborn`: the share of draws that are one and the
same for a task, however it is asked: errors that asking again or otherwise does not shake.
"""

from __future__ import annotations

import ast
import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz.distance import Indel

from akd_code.errors import AkdError
from akd_code.lab import grammar, modular
from akd_code.recipe import LabSection
from akd_prompts import (
    CotInputs,
    DecomposeInputs,
    EvolveInputs,
    FromCodeInputs,
    GenerateEasyInputs,
    GenerateHardInputs,
    JudgeInputs,
    Message,
    MixTopicsInputs,
    MutateSecurityInputs,
    Recognised,
    ReferenceInputs,
    RepairInputs,
    SelfInstructInputs,
    ShownFailureInputs,
    ShownSolutionInputs,
    SolveInputs,
    SubtopicsInputs,
    TaskInputs,
    TestModuleInputs,
    TopicInputs,
    WriteTestsInputs,
    fenced_blocks,
    recognise,
)
from akd_sandbox.syntax import NOT_PYTHON, parse

REFUSAL = "I'm sorry, but I can only help with the tasks of the lab."
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORST_ERROR = 0.95


class LabError(AkdError):
    """The lab's teacher cannot be started."""


def direct_error(settings: LabSection, depth: int) -> float:
    """Return the probability that a direct answer to a task of this depth is wrong."""
    return min(_WORST_ERROR, settings.error_base + settings.error_per_depth * (depth - 1))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the teacher says. `kind` is the prompt it recognised, "unknown" if none; token counts are of words."""

    kind: str
    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def reply(
    settings: LabSection,
    messages: Sequence[Message],
    *,
    teacher_seed: int = 0,
    temperature: float = 0.0,
    seed: int | None = None,
    max_tokens: int | None = None,
) -> Reply:
    """Return the teacher's answer: a function of the arguments alone, whatever was asked before.

    `teacher_seed` tells teachers of equal rates apart. `seed` is the request's; as at real endpoints it matters only at
    a temperature above 0. What exceeds `max_tokens` is cut off.
    """
    drawn = seed if temperature > 0 else None
    rng = random.Random(_digest(teacher_seed, drawn, [list(message) for message in messages]))
    found = recognise(messages)
    kind = found.name if found else "unknown"
    text = _answer(settings, teacher_seed, found, rng) if found else None
    if text is None:
        kind, text = "unknown", REFUSAL
    ends = [match.end() for match in _TOKEN.finditer(text)]
    finish_reason = "stop"
    if max_tokens is not None and len(ends) > max_tokens:
        text, finish_reason = text[: ends[max_tokens - 1]] if max_tokens else "", "length"
        ends = ends[:max_tokens]
    prompt_tokens = sum(len(_TOKEN.findall(message.content)) for message in messages)
    return Reply(kind, text, finish_reason, prompt_tokens, len(ends))


def endpoint_name(settings: LabSection, teacher_seed: int = 0) -> str:
    """Return the name of this teacher in cache keys: the same for the same rates, seed and grammar."""
    rates = settings.model_dump(exclude=set(settings.tasks))
    return f"lab:{_digest({'seed': teacher_seed, **rates}, _source_digest())[:16]}"


def _answer(settings: LabSection, teacher_seed: int, found: Recognised, rng: random.Random) -> str | None:
    """Return the answer to a recognised prompt, or None if it is not about a task of the lab."""
    match found.inputs:
        case ReferenceInputs(reference):
            task = grammar.parse_instruction(reference)
            if isinstance(found.inputs, MutateSecurityInputs):
                return None  # a task of the lab works on plain values: there is nothing to exploit
            return None if task is None else _new_task(settings, grammar.mutated(task, found.name, rng), rng)
        case SubtopicsInputs(topic, count):
            return _listed(settings, grammar.subtopics_of(topic, count, rng), rng)
        case TopicInputs(_, subtopic, _):
            return _new_task(settings, grammar.task_on([subtopic], rng), rng)
        case MixTopicsInputs(_, first, _, second, _):
            return _new_task(settings, grammar.task_on([first, second], rng), rng)
        case FromCodeInputs():
            return _new_task(settings, grammar.task_beside(rng), rng)
        case SelfInstructInputs(examples):
            shown = [task for text in SelfInstructInputs(examples).tasks if (task := grammar.parse_instruction(text))]
            return _new_task(settings, grammar.task_among(shown, rng), rng) if shown else None
        case inputs:
            return _answer_on(settings, teacher_seed, inputs, rng)


def _answer_on(settings: LabSection, teacher_seed: int, inputs: TaskInputs, rng: random.Random) -> str | None:
    """Return the answer to a prompt that holds a task to solve, to test, to judge or to draw inspiration from."""
    text = inputs.seed if isinstance(inputs, GenerateHardInputs | GenerateEasyInputs) else inputs.instruction
    task = grammar.parse_instruction(text)
    if task is None:
        return None
    stubborn = random.Random(_digest("stubborn", teacher_seed, task.instruction)).random()
    match inputs:
        case SolveInputs():
            return _fenced(_solution(settings, task, stubborn, rng))
        case CotInputs():
            return _reasoned(settings, task, stubborn, rng)
        case DecomposeInputs():
            return _stubs(settings, task, rng)
        case EvolveInputs():
            return _evolved(settings, task, inputs, stubborn, rng)
        case RepairInputs():
            return _fenced(_repaired(settings, task, inputs.program, rng))
        case TestModuleInputs():
            lines = modular.module_tests(task, inputs.name, max(1, min(inputs.count, 32)))
            return None if lines is None else _tests(settings, lines, rng)
        case JudgeInputs():
            return _verdict(settings, task, inputs.first, inputs.second, rng)
        case GenerateHardInputs():
            return _new_task(settings, grammar.harder_like(task, rng), rng)
        case GenerateEasyInputs():
            return _new_task(settings, grammar.rarer_like(task, rng), rng)
        case WriteTestsInputs():
            return _tests(settings, grammar.assert_lines(task, max(1, min(inputs.count, 32)), rng), rng)
        case ShownSolutionInputs() | ShownFailureInputs():
            return None  # these are asked of the student


def _solution(settings: LabSection, task: grammar.LabTask, stubborn: float, rng: random.Random) -> str:
    if _errs(settings, task, 1.0, stubborn, rng):
        return grammar.wrong_solution(task, rng)
    return task.solution


def _errs(settings: LabSection, task: grammar.LabTask, factor: float, stubborn: float, rng: random.Random) -> bool:
    """Draw whether an answer is wrong, at the direct rate times `factor`; `stubborn` is the task's own draw."""
    rate = min(_WORST_ERROR, direct_error(settings, task.depth) * factor)
    drawn, fresh = rng.random(), rng.random()
    return (stubborn if drawn < settings.stubborn else fresh) < rate


def _reasoned(settings: LabSection, task: grammar.LabTask, stubborn: float, rng: random.Random) -> str:
    steps = [f"{number}. {step.description}" for number, step in enumerate(task.steps, 1)]
    wrong = _errs(settings, task, settings.cot_error, stubborn, rng)
    code = grammar.wrong_solution(task, rng) if wrong else task.solution
    return "\n".join(steps) + "\n\n" + _fenced(code)


def _stubs(settings: LabSection, task: grammar.LabTask, rng: random.Random) -> str:
    if rng.random() < settings.garbled:
        return "The task can be taken apart into its steps, one function each."
    return _fenced(modular.stubs(task))


def _evolved(
    settings: LabSection, task: grammar.LabTask, inputs: EvolveInputs, stubborn: float, rng: random.Random
) -> str:
    factors = []
    for step in task.steps:
        head = f"def {step.name}("
        shown = settings.module_error if head in inputs.modules else 1.0
        if head not in inputs.modules and head in inputs.stubs:
            shown = settings.stub_error
        factors.append(shown)
    wrong = _errs(settings, task, sum(factors) / len(factors), stubborn, rng)
    answer = _fenced(modular.wrong_program(task, rng) if wrong else modular.program(task))
    return f"Following the provided plan:\n{answer}" if rng.random() < settings.garbled else answer


def _repaired(settings: LabSection, task: grammar.LabTask, program: str, rng: random.Random) -> str:
    right = _tree(program) == _tree(task.solution)
    wrong = rng.random() < (settings.misled if right else settings.repair_error)
    return grammar.wrong_solution(task, rng) if wrong else task.solution


def _fenced(code: str) -> str:
    return f"```python\n{code.rstrip()}\n```"


def _verdict(settings: LabSection, task: grammar.LabTask, first: str, second: str, rng: random.Random) -> str:
    one, two = _quality(task, first), _quality(task, second)
    if rng.random() < settings.judge_noise:
        one, two = two, one
    explanation = f"The task asks for {task.entry_point}. Assistant 1 earns {one}, assistant 2 earns {two}."
    if rng.random() < settings.garbled:
        return explanation
    return f"{explanation}\nScores: {one} {two}"


def _quality(task: grammar.LabTask, answer: str) -> int:
    """Return 9 for the reference program, 1 for no program, and 2 to 6 in between by likeness to the reference.

    Programs are compared by their syntax trees, so that layout and comments play no part.
    """
    wanted = _tree(task.solution)
    trees = [tree for block in fenced_blocks(answer) if (tree := _tree(block.body))]
    if not trees or wanted is None:
        return 1
    if wanted in trees:
        return 9
    return 2 + round(4 * max(Indel.normalized_similarity(wanted, tree) for tree in trees))


def _tree(code: str) -> str | None:
    try:
        return ast.dump(parse(code))
    except NOT_PYTHON:
        return None


def _new_task(settings: LabSection, task: grammar.LabTask, rng: random.Random) -> str:
    if rng.random() < settings.garbled:
        return task.instruction
    return f"Function: {task.entry_point}\n```text\n{task.instruction}\n```"


def _listed(settings: LabSection, items: list[str], rng: random.Random) -> str:
    if rng.random() < settings.garbled:
        return "A topic like this has many sides."
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))


def _tests(settings: LabSection, lines: list[str], rng: random.Random) -> str:
    results = [line.rpartition(" == ")[2] for line in lines]
    for index, line in enumerate(lines):
        if rng.random() >= settings.test_error:
            continue
        call = line.rpartition(" == ")[0]
        others = sorted({result for result in results if result != results[index]})
        lines[index] = f"{call} == {rng.choice(others)}" if others and rng.random() < 0.5 else f"{call} == ("
    if rng.random() < settings.garbled:
        return "The function should be tested with typical inputs and with edge cases."
    return _fenced("\n".join(lines))


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _source_digest() -> str:
    here = Path(__file__)
    files = [here, Path(modular.__file__), *sorted(Path(grammar.__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
