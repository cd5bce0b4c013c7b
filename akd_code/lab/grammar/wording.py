"""Instructions in varied wording, their canonical solutions, and the exact way back from text to task."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache

from akd_code.lab.grammar.kinds import DOMAINS, Call, LabTask, Op, Parameter, TaskStep, ValueKind
from akd_code.lab.grammar.operations import ops_from

VERBS = (
    "solve", "compute", "build", "make", "get", "process", "transform", "derive", "find", "handle", "convert", "apply",
    "run", "work", "render", "prepare",
)  # fmt: skip
NOUNS: dict[ValueKind, tuple[str, ...]] = {
    ValueKind.INT: ("number", "value", "score", "integer", "amount", "code"),
    ValueKind.INTS: ("numbers", "values", "items", "series", "readings", "data"),
    ValueKind.STR: ("text", "string", "message", "line", "title", "note"),
    ValueKind.WORDS: ("words", "names", "strings", "labels", "tags", "terms"),
    ValueKind.TABLE: ("table", "mapping", "record", "stock", "scores", "prices"),
}
INPUTS: dict[ValueKind, tuple[str, ...]] = {
    ValueKind.INT: ("an integer", "a whole number", "one int"),
    ValueKind.INTS: ("a list of integers", "some integers in a list", "a list of ints"),
    ValueKind.STR: ("a string", "a piece of text", "one str"),
    ValueKind.WORDS: ("a list of strings", "several words in a list", "a list of str"),
    ValueKind.TABLE: ("a dictionary from names to integers", "a dict from str to int", "a name to number dict"),
}
HEADS = (
    "Write a function `{name}` that takes {input}.",
    "Implement `{name}` for {input}.",
    "Given {input}, define `{name}`.",
    "We need a Python function `{name}` whose argument is {input}.",
    "Create `{name}`, which receives {input}.",
    "Code up `{name}` to work on {input}.",
)


ORDINALS = ("first", "second", "third", "fourth")


@dataclass(frozen=True, slots=True)
class ClauseFrame:
    """A way to string the clauses of a body together: each clause follows its ordinal and `mark`."""

    opening: str
    mark: str
    between: str
    closing: str


FRAMES = (
    ClauseFrame(" It should ", " ", "; ", "."),
    ClauseFrame(" Do this: ", ": ", ", ", " and return the result."),
    ClauseFrame(" Your task: ", ", ", "; ", "."),
    ClauseFrame(" Steps are ", " - ", " and ", ". Return what you get."),
)


def entry_names(kind: ValueKind) -> tuple[str, ...]:
    """Return the function names that tasks on `kind` may have."""
    return tuple(f"{verb}_{noun}" for verb in VERBS for noun in NOUNS[kind])


def render_task(
    calls: tuple[Call, ...], entry_point: str, phrases: tuple[str, ...], head: str, source: str, frame: ClauseFrame
) -> LabTask:
    """Return the task for a composition in the given wording (`phrases`: one filled phrase per step, in step order)."""
    marked = [ordinal + frame.mark + phrase for ordinal, phrase in zip(ORDINALS, phrases, strict=False)]
    opening = head.format(name=entry_point, input=source)
    text = opening + frame.opening + frame.between.join(marked) + frame.closing
    steps = tuple(
        TaskStep(call.op.name, phrase, call.fill(call.op.code), call.op.src.value, call.op.dst.value)
        for call, phrase in zip(calls, phrases, strict=True)
    )
    return LabTask(text, entry_point, calls, steps, solution_text(calls, phrases, entry_point))


def solution_text(calls: tuple[Call, ...], phrases: tuple[str, ...], entry_point: str) -> str:
    """Return the canonical program of a composition: each step under a comment in its own words, then the return."""
    lines = [f"def {entry_point}({calls[0].op.src.value}):"]
    ordinals = (*ORDINALS, "fifth")  # a wrong program may have one step too many
    for ordinal, call, phrase in zip(ordinals[: len(calls)], calls, phrases, strict=True):
        lines.append(f"    # {ordinal}: {phrase}")
        lines += ["    " + line for line in call.fill(call.op.code).split("\n")]
    lines.append(f"    return {calls[-1].op.dst.value}")
    return "\n".join(lines) + "\n"


def word_task(calls: tuple[Call, ...], rng: random.Random) -> LabTask:
    """Return the task for a composition in a wording drawn at random."""
    source = calls[0].op.src
    phrases = tuple(call.fill(rng.choice(call.op.phrases)) for call in calls)
    frame = rng.choice(FRAMES)
    name = rng.choice(entry_names(source))
    return render_task(calls, name, phrases, rng.choice(HEADS), rng.choice(INPUTS[source]), frame)


def outline_texts(task: LabTask) -> tuple[str, str]:
    """Return an instruction that asks for the task's steps as comments, without code, and its answer.

    It is not a task of the grammar: `parse_instruction` does not know it. The base student learns on it to find a step.
    """
    lines = [f"def {task.entry_point}({task.calls[0].op.src.value}):"]
    for ordinal, step in zip(ORDINALS[: task.depth], task.steps, strict=True):
        lines.append(f"    # {ordinal}: {step.description}")
    program = "\n".join([*lines, "    pass"])
    return f"{task.instruction} But write only the outline.", f"```python\n{program}\n```"


@cache
def _phrase_patterns(kind: ValueKind) -> tuple[tuple[Op, re.Pattern[str], tuple[int, ...]], ...]:
    """Return, for each wording of each operation on `kind`, a pattern and the parameter of each of its groups."""
    patterns = []
    for op in ops_from(kind):
        for phrase in op.phrases:
            parts = re.split(r"\$(\d)", phrase)
            pattern, slots = re.escape(parts[0]), []
            for slot, text in zip(parts[1::2], parts[2::2], strict=True):
                pattern += r"(-?\d+|'[^']+')" + re.escape(text)
                slots.append(int(slot))
            patterns.append((op, re.compile(pattern), tuple(slots)))
    return tuple(patterns)


def read_clause(text: str, kind: ValueKind) -> Call | None:
    """Return the call that `text` words for a value of `kind`, or None."""
    for op, pattern, slots in _phrase_patterns(kind):
        if not (match := pattern.fullmatch(text)):
            continue
        values: dict[int, Parameter] = {}
        for slot, raw in zip(slots, match.groups(), strict=True):
            value: Parameter = raw[1:-1] if raw.startswith("'") else int(raw)
            if values.setdefault(slot, value) != value:
                break
        else:
            params = tuple(values[index] for index in sorted(values))
            if len(params) == len(op.choices) and all(p in c for p, c in zip(params, op.choices, strict=True)):
                return Call(op, params)
    return None


@cache
def _head_patterns() -> tuple[tuple[str, ValueKind, str, re.Pattern[str]], ...]:
    patterns = []
    for head in HEADS:
        for kind in DOMAINS:
            for source in INPUTS[kind]:
                pattern = re.escape(head.format(name="@", input=source)).replace("@", r"([a-z]+_[a-z]+)")
                patterns.append((head, kind, source, re.compile(pattern)))
    return tuple(patterns)


def parse_instruction(text: str) -> LabTask | None:
    """Return the task that `text` asks for, or None if it is not an instruction of this grammar.

    The exact inverse of every wording: `parse_instruction(task.instruction) == task`.
    """
    text = text.strip()
    for head, kind, source, pattern in _head_patterns():
        match = pattern.match(text)
        if match and match.group(1) in entry_names(kind):
            task = _parse_body(text[match.end() :], kind, match.group(1), head, source)
            if task is not None:
                return task
    return None


def _parse_body(body: str, kind: ValueKind, entry_point: str, head: str, source: str) -> LabTask | None:
    for frame in FRAMES:
        if not (body.startswith(frame.opening) and body.endswith(frame.closing)):
            continue
        clauses = _unmarked(body[len(frame.opening) : len(body) - len(frame.closing)], frame)
        if clauses is None:
            continue
        calls: list[Call] = []
        for clause in clauses:
            call = read_clause(clause, calls[-1].op.dst if calls else kind)
            if call is None:
                break
            calls.append(call)
        if len(calls) == len(clauses):
            return render_task(tuple(calls), entry_point, tuple(clauses), head, source, frame)
    return None


def _unmarked(text: str, frame: ClauseFrame) -> list[str] | None:
    """Return the clauses behind their ordinals, or None where the first is missing."""
    opening = ORDINALS[0] + frame.mark
    if not text.startswith(opening):
        return None
    text = text[len(opening) :]
    clauses: list[str] = []
    for ordinal in ORDINALS[1:]:
        clause, found, rest = text.partition(frame.between + ordinal + frame.mark)
        if not found:
            break
        clauses.append(clause)
        text = rest
    return [*clauses, text]
