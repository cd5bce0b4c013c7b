"""Which properties of a function can be trusted, and the tests that state them.

Admitted is what says something on enough inputs and holds on all of them: for the trusted program where there is one,
and for a clear majority of those that nobody vouches for. What does not follow from the values that a function returns
must hold for several programs, every one: a habit of one of them is no part of the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.referee.agreement import MAJORITY, VOICES
from akd_code.referee.bench import Bench
from akd_code.referee.differential import Voice
from akd_code.referee.properties import Asked, Property

LEAST_ASSERTS = 8
"""Asserts that must hold before a property is believed."""
MOST_ASKED = 24
"""Inputs that properties are tried on."""
_MOST_VOICES = 10  # programs that a property is held to: each costs a run


@dataclass(frozen=True, slots=True)
class Admitted:
    """A property that can be trusted, with the asserts that state it."""

    property: Property
    lines: tuple[str, ...]


def admitted(
    bench: Bench,
    properties: Sequence[Property],
    asked: Sequence[Asked],
    program: str,
    voices: Sequence[Voice],
    majority: float = MAJORITY,
) -> list[Admitted]:
    """Return the properties that can be trusted, the first of the catalogue first; blocks.

    `program` must have each of them; it is trusted, or the one that is most often with the majority of the voices.
    """
    heard = voices[:_MOST_VOICES]
    total = sum(len(one.samples) for one in heard)
    found = []
    for one in properties:
        lines = one.stated(asked[:MOST_ASKED])
        if len(lines) < LEAST_ASSERTS or (not one.of_values and total < VOICES):
            continue
        every = frozenset(range(len(lines)))
        if bench.passed(lines, [program]) != [every] or len(bench.steady(lines, program)) < len(lines):
            continue
        passing = bench.passed(lines, [voice.code for voice in heard])
        backing = [sum(len(v.samples) for v, kept in zip(heard, passing, strict=True) if at in kept) for at in every]
        needed = majority * total if one.of_values else total
        if all(votes >= needed for votes in backing):
            found.append(Admitted(one, tuple(lines)))
    return found
