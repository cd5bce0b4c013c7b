"""Programs run on inputs and on asserts, counted: what strengthening a suite asks of the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from akd_code.referee.inputs import CallInput
from akd_code.referee.literal_call import LiteralCall
from akd_code.referee.steadiness import may_follow_hashes, runs_to_be_sure
from akd_sandbox import CallOutcome, Job, Limits, Sandbox, Verdict, tests_from_asserts

Outcomes = dict[int, CallOutcome]
"""What a program gives, by the position of the input."""
_MOST_CALLS = 6  # of one program: each input that ends it costs one
_ENDING = (Verdict.TIMEOUT, Verdict.MEMORY, Verdict.CRASHED, Verdict.EXITED, Verdict.TAMPER, Verdict.OUTPUT)


class Bench:
    """Runs the programs of one task, and counts the runs. `setup` is code that its asserts need."""

    def __init__(self, entry_point: str, setup: str, box: Sandbox, limits: Limits) -> None:
        self._entry, self._setup, self._box, self._limits = entry_point, setup, box, limits
        self.runs = 0
        self._hung: set[str] = set()

    def outcomes(self, code: str, pattern: LiteralCall, proposed: Sequence[CallInput]) -> Outcomes:
        """Return what a program gives on each input; one that ends it does not keep it from the others, for a while."""
        found, runs = self._called(code, pattern, proposed)
        self.runs += runs
        return found

    def _called(self, code: str, pattern: LiteralCall, proposed: Sequence[CallInput]) -> tuple[Outcomes, int]:
        found: Outcomes = {}
        left = list(range(len(proposed)))
        runs = 0
        for _ in range(_MOST_CALLS):
            if not left:
                break
            cases = [pattern.case(proposed[at]) for at in left]
            runs += 1
            got = self._box.call_cases(pattern.program(code, self._setup), pattern.called, cases, self._limits)
            ended = next((n for n, one in enumerate(got) if one.verdict in _ENDING), len(got) - 1)
            found |= {left[n]: got[n] for n in range(ended + 1)}
            left = left[ended + 1 :]
        nothing = CallOutcome(Verdict.TIMEOUT, None, 0.0, "not tried: too many inputs ended the program")
        return {at: found.get(at, nothing) for at in range(len(proposed))}, runs

    def all_outcomes(
        self, programs: Sequence[str], pattern: LiteralCall, proposed: Sequence[CallInput]
    ) -> list[Outcomes]:
        """Return what each of several programs gives on each input, as many programs at once as the sandbox takes."""
        with ThreadPoolExecutor(self._box.workers) as pool:
            found = list(pool.map(lambda code: self._called(code, pattern, proposed), programs))
        self.runs += sum(runs for _, runs in found)
        return [outcomes for outcomes, _ in found]

    def passed(self, lines: Sequence[str], programs: Sequence[str], *, reseeded: bool = False) -> list[frozenset[int]]:
        """Return for each program which asserts it passes, `reseeded` under another hash seed than usual.

        Those behind an assert that ends the program count as not passed.
        """
        if not lines:
            return [frozenset()] * len(programs)
        suite = tests_from_asserts(lines, self._entry, self._setup)
        jobs = [Job(code, self._entry, suite, self._limits, False, reseeded=reseeded) for code in programs]
        self.runs += len(jobs)
        found: list[frozenset[int]] = [frozenset()] * len(programs)
        for position, result in self._box.run_many(jobs):
            found[position] = frozenset(at for at, test in enumerate(result.tests) if test.verdict is Verdict.PASS)
        return found

    def steady(self, lines: Sequence[str], code: str) -> list[str]:
        """Return the asserts that a program passes under other hash seeds too, and in whatever order they come.

        One that may draw at random, look at the clock or go through a set is run more often.
        """
        left = list(lines)
        new_seeds = may_follow_hashes(code, lines)
        for number in range(runs_to_be_sure(code, lines)):
            if number and new_seeds:
                self._box.reseed()
            turned = left[::-1] if number % 2 == 0 else left
            (kept,) = self.passed(turned, [code], reseeded=True)
            passing = {turned[at] for at in kept}
            left = [line for line in left if line in passing]
        return left

    def holds_alone(self, line: str, code: str) -> bool:
        """Return whether a program passes an assert as the first thing that it is asked."""
        return bool(self.passed([line], [code])[0])

    def kills(self, faults: Sequence[str], lines: Sequence[str]) -> list[frozenset[int]]:
        """Return for each assert which of the wrong programs it kills.

        One that ends its run (a loop without end, mostly) is killed by all asserts after it too, and is not run again.
        """
        suite = tests_from_asserts(lines, self._entry, self._setup)
        hung = {at for at, code in enumerate(faults) if code in self._hung}
        asked = [at for at in range(len(faults)) if at not in hung] if lines else []
        jobs = [Job(faults[at], self._entry, suite, self._limits, False) for at in asked]
        self.runs += len(jobs)
        found: list[set[int]] = [set(hung) for _ in lines]
        for position, result in self._box.run_many(jobs):
            if not result.verdict.decided:
                continue
            passed = [test.verdict is Verdict.PASS for test in result.tests]
            if len(passed) < len(lines) or result.verdict is Verdict.TIMEOUT:
                self._hung.add(faults[asked[position]])
            for at in range(len(lines)):
                if at >= len(passed) or not passed[at]:
                    found[at].add(asked[position])
        return [frozenset(one) for one in found]
