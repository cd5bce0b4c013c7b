"""The grammar's nouns: value kinds, parameters, operations, and tasks made of them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Value: TypeAlias = Any
"""A plain Python value of one of the kinds below."""

Parameter: TypeAlias = int | str
Split: TypeAlias = Literal["train", "eval"]

SMALL: tuple[Parameter, ...] = tuple(range(2, 10))
LETTERS: tuple[Parameter, ...] = tuple("aelnot")
MARKS: tuple[Parameter, ...] = ("-", "/", ":", "+", "#", "!")
"""What parameters are drawn from. The operations share few values, so that a small student learns to copy them."""

EVAL_SHARE = 0.2
"""Share of all compositions that belongs to the eval split."""


class ValueKind(StrEnum):
    """Kind of the value that flows from step to step; the member's value is its variable name in solutions."""

    INT = "n"
    INTS = "nums"
    STR = "text"
    WORDS = "words"
    TABLE = "table"
    BOOL = "ok"


DOMAINS: dict[ValueKind, str] = {
    ValueKind.INT: "numbers",
    ValueKind.INTS: "lists",
    ValueKind.STR: "text",
    ValueKind.WORDS: "words",
    ValueKind.TABLE: "tables",
}
"""Kinds that a task can start from, with the name of the domain."""


class GrammarError(Exception):
    """A grammar request that cannot be met; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Op:
    """One operation: several wordings, canonical code and the reference it must agree with.

    `phrases`, `code`: texts in which `$0`, `$1` stand for the parameters (written as Python literals). The code reads
    the variable of `src` and assigns that of `dst`. `choices`: the values each parameter may take. `rank`: place in
    the frequency order of its source kind, 0 = most frequent (Zipf-like).
    """

    name: str
    family: str
    src: ValueKind
    dst: ValueKind
    phrases: tuple[str, ...]
    code: str
    reference: Callable[..., Value]
    choices: tuple[tuple[Parameter, ...], ...] = ()
    rank: int = 0


def op_maker(src: ValueKind) -> Callable[..., Op]:
    """Return a short constructor for operations on `src`, for the tables of operations."""

    def make(
        name: str,
        family: str,
        dst: ValueKind,
        phrases: tuple[str, ...],
        code: str,
        reference: Callable[..., Value],
        *choices: tuple[Parameter, ...],
    ) -> Op:
        return Op(name, family, src, dst, phrases, code, reference, choices)

    return make


@dataclass(frozen=True, slots=True)
class Call:
    """An operation with its parameters filled in."""

    op: Op
    params: tuple[Parameter, ...] = ()

    def fill(self, template: str) -> str:
        """Return `template` with `$i` replaced by the literal of parameter i."""
        for index, value in enumerate(self.params):
            template = template.replace(f"${index}", repr(value))
        return template

    def apply(self, value: Value) -> Value:
        """Return the reference result; never changes `value`."""
        return self.op.reference(value, *self.params)

    def key(self) -> str:
        """Return text that names operation and parameters."""
        return f"{self.op.name}({','.join(map(repr, self.params))})"


@dataclass(frozen=True, slots=True)
class TaskStep:
    """A named sub-step of a task: what it does in words, and its lines of the solution."""

    name: str
    description: str
    code: str
    source: str
    target: str

    @property
    def module(self) -> str:
        """The sub-step as a function of its own, documented, that takes and returns one value."""
        body = "\n".join("    " + line for line in self.code.split("\n"))
        sentence = self.description[0].upper() + self.description[1:]
        return f'def {self.name}({self.source}):\n    """{sentence}."""\n{body}\n    return {self.target}\n'


@dataclass(frozen=True, slots=True)
class LabTask:
    """A lab task: an instruction in words, and everything known about it.

    `solution` is the one canonical program. `calls` is the composition, `wording` the choices that fixed the text.
    """

    instruction: str
    entry_point: str
    calls: tuple[Call, ...]
    steps: tuple[TaskStep, ...]
    solution: str

    @property
    def depth(self) -> int:
        """Number of steps, 1 to 4."""
        return len(self.calls)

    @property
    def families(self) -> tuple[str, ...]:
        """Family of each step, in order."""
        return tuple(call.op.family for call in self.calls)

    @property
    def domain(self) -> str:
        """Domain of the input: numbers, lists, text, words or tables."""
        return DOMAINS[self.calls[0].op.src]

    @property
    def task_type(self) -> tuple[str, str]:
        """Kinds of input and result, which Lion's hard stream keeps."""
        return (self.calls[0].op.src.name.lower(), self.calls[-1].op.dst.name.lower())

    @property
    def composition(self) -> str:
        """Operations and parameters, without the wording: two tasks with equal composition ask for the same."""
        return composition_key(self.calls)

    @property
    def split(self) -> Split:
        """The split this composition belongs to, in any wording."""
        return split_of(self.calls)


def composition_key(calls: tuple[Call, ...]) -> str:
    """Return the text that names a composition."""
    return " | ".join(call.key() for call in calls)


def split_of(calls: tuple[Call, ...]) -> Split:
    """Return the split of a composition, by a hash of operations and parameters.

    A single operation without parameters has only one composition, so it is always training: held out, it would
    never be learnt.
    """
    if len(calls) == 1 and not calls[0].params:
        return "train"
    digest = hashlib.sha256(composition_key(calls).encode()).digest()
    return "eval" if int.from_bytes(digest[:4], "big") < EVAL_SHARE * 2**32 else "train"


def draw_call(op: Op, rng: random.Random) -> Call:
    """Return `op` with parameters drawn at random; two choices of one operation never get the same value."""
    params: list[Parameter] = []
    for choices in op.choices:
        params.append(rng.choice([choice for choice in choices if choice not in params]))
    return Call(op, tuple(params))


def apply_calls(calls: tuple[Call, ...], value: Value) -> Value:
    """Return the result of the composition on `value` by the reference functions."""
    for call in calls:
        value = call.apply(value)
    return value
