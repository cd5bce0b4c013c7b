"""Which tests are worth adding to a suite, by the wrong programs they kill, and what the suite is worth then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from akd_code.records import MutationScore
from akd_code.referee.bench import Bench
from akd_code.referee.mutants import Mutant


def worth_adding(
    bench: Bench,
    asserts: Sequence[str],
    proposed: Sequence[Sequence[str]],
    faults: Sequence[Mutant],
    most: int,
    *,
    wrong: Sequence[str] = (),
    least: int = 0,
    holds: Callable[[str], bool] = lambda line: True,
) -> tuple[tuple[str, ...], MutationScore]:
    """Return the proposed tests that kill what a suite lets live, at most `most`, and the scores before and after.

    `proposed` are the tests by source: what one source's tests kill, those of the sources after it need not. `wrong`
    are programs beside the mutants whose death counts, but not in the score. Where fewer than `least` kill anything the
    first others fill up, for a suite that is too small to be trusted. A test is asked for by `holds` before it is
    chosen; one that does not hold is as if it had not been proposed. Blocks.
    """
    programs = [*(one.code for one in faults), *wrong]
    own = bench.kills(programs, asserts)
    lines = [line for some in proposed for line in some]
    kills = [kill for some in proposed for kill in bench.kills(programs, some)]
    living = frozenset(range(len(programs))).difference(*own)
    chosen: list[int] = []
    at = 0
    asked: dict[int, bool] = {}

    def sound(one: int) -> bool:
        if one not in asked:
            asked[one] = holds(lines[one])
        return asked[one]

    for some in proposed:
        left = [one & living for one in kills[at : at + len(some)]]
        picked = [at + one for one in cover(left, most - len(chosen), lambda one, first=at: sound(first + one))]  # type: ignore[misc]
        living = living.difference(*(kills[one] for one in picked))
        chosen, at = chosen + picked, at + len(some)
    others = (one for one in range(len(lines)) if one not in chosen and sound(one))
    chosen += islice(others, max(0, least - len(chosen)))
    kills = [kill if asked.get(one, True) else frozenset() for one, kill in enumerate(kills)]
    mutants = frozenset(range(len(faults)))
    killed, killed_by_new = ([one & mutants for one in some] for some in (own, kills))
    return tuple(lines[one] for one in sorted(chosen)), scored(len(faults), killed, killed_by_new, chosen)


def cover(kills: Sequence[frozenset[int]], most: int, sound: Callable[[int], bool] = lambda at: True) -> list[int]:
    """Return the fewest tests that greed finds for all faults that any of them kills, of those that are sound."""
    left = frozenset[int]().union(*kills)
    chosen: list[int] = []
    waiting = set(range(len(kills)))
    while left and waiting and len(chosen) < most:
        best = max(waiting, key=lambda at: (len(kills[at] & left), -at))
        if not kills[best] & left:
            break
        waiting.remove(best)
        if sound(best):
            chosen.append(best)
            left -= kills[best]
    return chosen


def scored(
    mutants: int, own: Sequence[frozenset[int]], new: Sequence[frozenset[int]], chosen: Sequence[int]
) -> MutationScore:
    """Return the scores of a suite alone and with the chosen tests."""
    before = frozenset[int]().union(*own)
    after = before.union(*(new[at] for at in chosen))
    apart = before.union(*new)
    every = (*own, *new)
    minimal = subsuming({fault: frozenset(at for at, kills in enumerate(every) if fault in kills) for fault in apart})
    counts = (len(one) for one in (before, after, apart, minimal, minimal & before, minimal & after))
    return MutationScore(mutants, *counts)


def subsuming(killed_by: Mapping[int, frozenset[int]]) -> frozenset[int]:
    """Return the mutants whose tests kill all others, one of each kind: none of them is implied by another."""
    kept: list[int] = []
    for fault in sorted(killed_by, key=lambda one: (len(killed_by[one]), one)):
        if not any(killed_by[other] <= killed_by[fault] for other in kept):
            kept.append(fault)
    return frozenset(kept)
