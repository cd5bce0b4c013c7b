"""Differential testing: what most of several independent programs answer is taken for right, where they clearly agree.

Nobody vouches for any of the programs. Those that answer otherwise are kept with what they said: either they are wrong,
or the task leaves the answer open (McKeeman, Differential testing for software, 1998).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.referee.agreement import MAJORITY, VOICES, normalised
from akd_code.referee.bench import Bench
from akd_code.referee.inputs import CallInput
from akd_code.referee.literal_call import LiteralCall
from akd_sandbox import CallOutcome, Digest, Verdict, equal

MOST_PROGRAMS = 40
"""Different programs that vote, those that most samples were first: each costs a few sandbox runs."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Voice:
    """A program that votes, for each of the `samples` that it was, by their positions."""

    code: str
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """What some samples answer, as text, and which."""

    said: str
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Division:
    """An input on which samples differ: their answers, the one that most gave first."""

    call: str
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes on one input.

    `value` is what a clear majority returns where `agreed`; `refused` where most raise or exceed their limits. `within`
    are the positions of the voices that the largest group is made of.
    """

    agreed: bool
    value: Any
    refused: bool
    within: frozenset[int]
    votes: tuple[Vote, ...]


def voices_of(samples: Sequence[str], heard: Collection[str], most: int = MOST_PROGRAMS) -> list[Voice]:
    """Return the different programs among samples that are `heard` (`normalised`), those of most samples first."""
    found: dict[str, list[int]] = {}
    for position, code in enumerate(samples):
        if (text := normalised(code)) is not None and text in heard:
            found.setdefault(text, []).append(position)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[1][0]))
    return [Voice(code, tuple(positions)) for code, positions in ordered[:most]]


def vote(
    bench: Bench,
    voices: Sequence[Voice],
    pattern: LiteralCall,
    proposed: Sequence[CallInput],
    majority: float = MAJORITY,
) -> list[Ballot]:
    """Return what the voices say on each input; blocks. A majority of fewer than `VOICES` samples is none."""
    answers = bench.all_outcomes([one.code for one in voices], pattern, proposed)
    return [_counted(voices, [found[at] for found in answers], majority) for at in range(len(proposed))]


def spokesman(voices: Sequence[Voice], ballots: Sequence[Ballot]) -> int | None:
    """Return which voice is most often with the majority; None where there never is one."""
    agreed = [one for one in ballots if one.agreed]
    if not agreed:
        return None
    with_most = [sum(at in one.within for one in agreed) for at in range(len(voices))]
    return max(range(len(voices)), key=lambda at: (with_most[at], len(voices[at].samples), -at))


def dissenters(voices: Sequence[Voice], ballots: Sequence[Ballot]) -> list[int]:
    """Return the voices that answer otherwise than a clear majority somewhere."""
    return [at for at in range(len(voices)) if any(one.agreed and at not in one.within for one in ballots)]


def divisions(pattern: LiteralCall, proposed: Sequence[CallInput], ballots: Sequence[Ballot]) -> tuple[Division, ...]:
    """Return some inputs on which samples differ, those without a clear majority first."""
    differing = [at for at, one in enumerate(ballots) if len(one.votes) > 1]
    shown = sorted(differing, key=lambda at: (ballots[at].agreed, at))[:_SHOWN]
    return tuple(Division(proposed[at].call(pattern.entry_point)[:500], ballots[at].votes) for at in shown)


def _counted(voices: Sequence[Voice], outcomes: Sequence[CallOutcome], majority: float) -> Ballot:
    groups: list[tuple[CallOutcome, list[int]]] = []
    for at, outcome in enumerate(outcomes):
        group = next((some for first, some in groups if _alike(first, outcome)), None)
        if group is None:
            groups.append((outcome, [at]))
        else:
            group.append(at)
    sizes = [sum(len(voices[at].samples) for at in some) for _, some in groups]
    order = sorted(range(len(groups)), key=lambda one: (-sizes[one], one))
    total = sum(sizes)
    if not order:
        return Ballot(False, None, False, frozenset(), ())
    first, within = groups[order[0]]
    clear = sizes[order[0]] >= max(VOICES, majority * total)
    written = first.verdict is Verdict.PASS and not isinstance(first.value, Digest)
    votes = tuple(
        Vote(said_by(groups[one][0]), tuple(sorted(sample for at in groups[one][1] for sample in voices[at].samples)))
        for one in order
    )
    value = first.value if clear and written else None
    return Ballot(clear and written, value, clear and not written, frozenset(within), votes)


def said_by(outcome: CallOutcome) -> str:
    """Return what a program gave, as text."""
    if outcome.verdict is not Verdict.PASS:
        return f"{outcome.verdict}: {outcome.detail}"[:300]
    try:
        return repr(outcome.value)[:300]
    except ValueError:
        return "a number of more digits than Python writes out"


def _alike(first: CallOutcome, other: CallOutcome) -> bool:
    """Tell whether two answers are one: equal values, or both none."""
    values = [one.verdict is Verdict.PASS for one in (first, other)]
    if not all(values):
        return not any(values)
    return equal(first.value, other.value, ())
