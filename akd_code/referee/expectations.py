"""What is expected of a function on new inputs: what a trusted program, or most programs, answer; or its properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.referee.bench import Bench
from akd_code.referee.differential import Ballot, Voice, said_by
from akd_code.referee.domain import Domain
from akd_code.referee.inputs import CallInput
from akd_code.referee.literal_call import LiteralCall
from akd_code.referee.properties import Asked, Property
from akd_code.referee.property_tests import Admitted, admitted
from akd_sandbox import CallOutcome, Digest, Verdict, equal

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An input on which two programs that pass the suite differ: `first` and `second` as text."""

    call: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The new inputs of a function, the form of a test on them, what the task allows, and where programs run."""

    bench: Bench
    pattern: LiteralCall
    domain: Domain
    proposed: tuple[CallInput, ...]

    def tests(self, expected: dict[int, Any], program: str) -> list[str]:
        """Return the asserts on inputs with these values that can be written and that the program passes again."""
        lines = [self.pattern.on(self.proposed[at], value) for at, value in expected.items()]
        return self.bench.steady([line for line in lines if line is not None], program)

    def answers(self, program: str) -> dict[int, CallOutcome]:
        """Return the inputs on which a program returns a value, with it."""
        found = self.bench.outcomes(program, self.pattern, self.proposed)
        return {at: one for at, one in found.items() if returns(one)}


@dataclass(frozen=True, slots=True)
class Referenced:
    """The tests that a trusted program gives, and the inputs on which a second one differs."""

    lines: tuple[str, ...]
    refused: int
    differ: int
    disagreements: tuple[Disagreement, ...]


def returns(outcome: CallOutcome) -> bool:
    """Return whether a program gave a value, and not too large a one."""
    return outcome.verdict is Verdict.PASS and not isinstance(outcome.value, Digest)


def by_reference(ground: Ground, reference: str, second: str | None) -> Referenced:
    """Return the tests on which a trusted program and a second one, if there is one, agree."""
    good = ground.answers(reference)
    differ: dict[int, tuple[CallOutcome, CallOutcome]] = {}
    if second is not None:
        tried = [ground.proposed[at] for at in good]
        others = ground.bench.outcomes(second, ground.pattern, tried)
        for (at, first), other in zip(good.items(), others.values(), strict=True):
            if other.verdict is not Verdict.PASS or not equal(first.value, other.value, ()):
                differ[at] = (first, other)
    lines = ground.tests({at: one.value for at, one in good.items() if at not in differ}, reference)
    shown = [
        Disagreement(ground.proposed[at].call(ground.pattern.entry_point)[:500], said_by(first), said_by(other))
        for at, (first, other) in list(differ.items())[:_SHOWN]
    ]
    return Referenced(tuple(lines), len(ground.proposed) - len(good), len(differ), tuple(shown))


def by_votes(ground: Ground, ballots: Sequence[Ballot], program: str) -> list[str]:
    """Return the tests whose expectation a clear majority gives; `program` passes them."""
    return ground.tests({at: one.value for at, one in enumerate(ballots) if one.agreed}, program)


def by_properties(
    ground: Ground, properties: Sequence[Property], program: str, voices: Sequence[Voice], majority: float
) -> list[Admitted]:
    """Return the properties that can be trusted, stated on the new inputs that `program` answers."""
    entry, allows = ground.pattern.entry_point, ground.domain.allows
    asked = [Asked(entry, ground.proposed[at], one.value, allows) for at, one in ground.answers(program).items()]
    return admitted(ground.bench, properties, asked, program, voices, majority)
