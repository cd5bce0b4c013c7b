"""A suite made stronger: new tests that catch faults of the reference which the suite lets live.

Expectations come from the reference, inputs from those that the suite has (`inputs`), and a test is kept only if it
kills a mutant (`mutants`) that lives. With a second reference a test is kept only where both agree; where they do not,
one of them is wrong or the task leaves the answer open, and a person should look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from akd_code.records import MutationScore, PromptTests
from akd_code.referee.domain import domain_of
from akd_code.referee.inputs import CallInput, mutated_inputs
from akd_code.referee.literal_call import LiteralCall, literal_call
from akd_code.referee.mutants import MOST_MUTANTS, Mutant, mutants
from akd_code.referee.prompt_tests import run_tests
from akd_sandbox import CallOutcome, Digest, Job, Limits, Sandbox, Verdict, equal, tests_from_asserts

STRENGTHEN_LIMITS = Limits(test_s=0.25, sample_s=10.0, import_s=10.0, memory_bytes=1 << 30)
"""What a reference may take on a new input: one that takes longer is too much for a test."""
INPUTS = 150
"""New inputs that are tried."""
MOST_TESTS = 12
"""New tests of one suite at most."""
_MOST_CALLS = 6  # of one program: each input that ends it costs one
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An input on which two programs that pass the suite differ: `first` and `second` as text."""

    call: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Strengthened:
    """A suite with new tests behind its own, and how it came to them.

    `tests.score` holds the mutation score before and after. `refused` inputs made the reference raise or exceed its
    limits. `differ` counts the inputs on which the second reference answers otherwise, `disagreements` shows some.
    `reason` says why a suite was left as it was.
    """

    tests: PromptTests
    added: tuple[str, ...] = ()
    refused: int = 0
    differ: int = 0
    disagreements: tuple[Disagreement, ...] = ()
    runs: int = 0
    reason: str = ""


def strengthened(
    tests: PromptTests,
    entry_point: str,
    reference: str,
    box: Sandbox,
    *,
    second: str | None = None,
    text: str = "",
    seed: int = 0,
    inputs: int = INPUTS,
    most_tests: int = MOST_TESTS,
    most_mutants: int = MOST_MUTANTS,
    limits: Limits = STRENGTHEN_LIMITS,
) -> Strengthened:
    """Return the suite with tests added until no mutant that can be killed lives, or `most_tests` are; blocks.

    `text` is the task's, for the bounds that it states. The same arguments give the same suite. A reference that fails
    its own tests, or tests with no call on literals, leave the suite as it is, with the reason.
    """
    calls = [call for call in (literal_call(line, entry_point) for line in tests.asserts) if call is not None]
    if not calls:
        return Strengthened(tests, reason=f"no assert calls {entry_point} with literals and compares with one")
    for code, name in ((reference, "the reference"), (second, "the second reference")):
        if code is not None and (run := run_tests(tests, entry_point, code, box, limits)).verdict is not Verdict.PASS:
            return Strengthened(tests, runs=1, reason=f"{name} does not pass the suite ({run.verdict}: {run.detail})")
    bench = _Bench(entry_point, box, limits)
    known = [call.arguments for call in calls]
    domain = domain_of(known, text)
    pattern = calls[0]
    proposed = [one for one in mutated_inputs(known, 4 * inputs, seed=seed) if domain.allows(one)][:inputs]
    expected, refused, differ = bench.expected(reference, second, pattern, proposed)
    fresh = [line for at, value in expected.items() if (line := pattern.on(proposed[at], value)) is not None]
    fresh = bench.steady(fresh, reference)
    faults = mutants(reference, most=most_mutants, seed=seed)
    own = bench.kills(faults, tests.asserts, tests.setup)
    new = bench.kills(faults, fresh, "")
    living = frozenset(range(len(faults))).difference(*own)
    chosen = _cover([kills & living for kills in new], most_tests)
    added = tuple(fresh[at] for at in sorted(chosen))
    score = _score(len(faults), own, new, chosen)
    shown = tuple(_shown(pattern, proposed[at], *pair) for at, pair in list(differ.items())[:_SHOWN])
    whole = replace(tests, asserts=(*tests.asserts, *added), score=score)
    return Strengthened(whole, added, refused, len(differ), shown, bench.runs)


class _Bench:
    """Runs a suite's reference and its mutants, and counts the runs."""

    def __init__(self, entry_point: str, box: Sandbox, limits: Limits) -> None:
        self._entry, self._box, self._limits = entry_point, box, limits
        self.runs = 0
        self._hung: set[int] = set()

    def expected(
        self, reference: str, second: str | None, pattern: LiteralCall, proposed: Sequence[CallInput]
    ) -> tuple[dict[int, Any], int, dict[int, tuple[CallOutcome, CallOutcome]]]:
        """Return what the reference gives by input, how many it refuses, and where a second one gives otherwise."""
        found = self.outcomes(reference, pattern, proposed)
        good = {
            at: one for at, one in found.items() if one.verdict is Verdict.PASS and not isinstance(one.value, Digest)
        }
        differ: dict[int, tuple[CallOutcome, CallOutcome]] = {}
        if second is not None:
            others = self.outcomes(second, pattern, [proposed[at] for at in good])
            for (at, first), other in zip(good.items(), others.values(), strict=True):
                if other.verdict is not Verdict.PASS or not equal(first.value, other.value, ()):
                    differ[at] = (first, other)
        kept = {at: one.value for at, one in good.items() if at not in differ}
        return kept, len(found) - len(good), differ

    def outcomes(self, code: str, pattern: LiteralCall, proposed: Sequence[CallInput]) -> dict[int, CallOutcome]:
        """Return what a program gives on each input; one that ends it does not keep it from the others, for a while."""
        found: dict[int, CallOutcome] = {}
        left = list(range(len(proposed)))
        for _ in range(_MOST_CALLS):
            if not left:
                break
            cases = [pattern.case(proposed[at]) for at in left]
            self.runs += 1
            got = self._box.call_cases(code, self._entry, cases, self._limits)
            ended = next((n for n, one in enumerate(got) if one.verdict in _ENDING), len(got) - 1)
            found |= {left[n]: got[n] for n in range(ended + 1)}
            left = left[ended + 1 :]
        nothing = CallOutcome(Verdict.TIMEOUT, None, 0.0, "not tried: too many inputs ended the program")
        return {at: found.get(at, nothing) for at in range(len(proposed))}

    def steady(self, lines: Sequence[str], code: str) -> list[str]:
        """Return the asserts that a program passes under another hash seed too."""
        if not lines:
            return []
        self.runs += 1
        suite = tests_from_asserts(lines, self._entry)
        result = self._box.run(Job(code, self._entry, suite, self._limits, False, reseeded=True))
        return [line for line, test in zip(lines, result.tests, strict=False) if test.verdict is Verdict.PASS]

    def kills(self, faults: Sequence[Mutant], lines: Sequence[str], setup: str) -> list[frozenset[int]]:
        """Return for each assert which mutants it kills.

        One that ends its run (a loop without end, mostly) is killed by all asserts after it too, and is not run again.
        """
        suite = tests_from_asserts(lines, self._entry, setup)
        asked = [at for at in range(len(faults)) if at not in self._hung] if lines else []
        jobs = [Job(faults[at].code, self._entry, suite, self._limits, False) for at in asked]
        self.runs += len(jobs)
        found: list[set[int]] = [set(self._hung) for _ in lines]
        for position, result in self._box.run_many(jobs):
            if not result.verdict.decided:
                continue
            passed = [test.verdict is Verdict.PASS for test in result.tests]
            if len(passed) < len(lines) or result.verdict is Verdict.TIMEOUT:
                self._hung.add(asked[position])
            for at in range(len(lines)):
                if at >= len(passed) or not passed[at]:
                    found[at].add(asked[position])
        return [frozenset(one) for one in found]


_ENDING = (Verdict.TIMEOUT, Verdict.MEMORY, Verdict.CRASHED, Verdict.EXITED, Verdict.TAMPER, Verdict.OUTPUT)


def _cover(kills: Sequence[frozenset[int]], most: int) -> list[int]:
    """Return the fewest tests that greed finds for all mutants that any of them kills."""
    left = frozenset().union(*kills)
    chosen: list[int] = []
    while left and len(chosen) < most:
        best = max(range(len(kills)), key=lambda at: (len(kills[at] & left), -at))
        chosen.append(best)
        left -= kills[best]
    return chosen


def _score(
    mutants: int, own: Sequence[frozenset[int]], new: Sequence[frozenset[int]], chosen: Sequence[int]
) -> MutationScore:
    """Return the scores of a suite alone and with the chosen tests."""
    before = frozenset().union(*own)
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


def _shown(pattern: LiteralCall, arguments: CallInput, first: CallOutcome, second: CallOutcome) -> Disagreement:
    said = [*map(repr, arguments.args), *(f"{name}={value!r}" for name, value in arguments.kwargs)]
    texts = [
        repr(one.value) if one.verdict is Verdict.PASS else f"{one.verdict}: {one.detail}" for one in (first, second)
    ]
    return Disagreement(f"{pattern.entry_point}({', '.join(said)})"[:500], *(text[:300] for text in texts))
