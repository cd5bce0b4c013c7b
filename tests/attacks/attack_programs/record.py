"""What an attack is: a small program, what it may get, and the layers without which it must not be run."""

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from akd_sandbox import Case, CodeTests, FunctionTests, Job, Limits, Tests, Verdict

QUICK = Limits(
    test_s=0.7, sample_s=4.0, import_s=4.0, memory_bytes=256 << 20, output_bytes=1 << 20, value_bytes=8 << 20, pids=32
)
"""Limits of the whole suite: short, so that an attack that must be timed out costs little."""


def doubles(*numbers: int) -> FunctionTests:
    """Tests of the function that doubles: what every attack is asked to compute and does not."""
    return FunctionTests(tuple(Case(args=(n,), expected=2 * n) for n in numbers or (2, 3)))


def returning(*values: Any) -> FunctionTests:
    """Tests of a function without arguments that must return each of the values in turn."""
    return FunctionTests(tuple(Case(args=(), expected=value) for value in values))


DOUBLES = doubles()
CHECK = CodeTests("def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n", "check")
MARK = "xyz" + "zy-"
SECRET = f"{MARK}{random.Random().getrandbits(64):016x}-{os.getpid()}"
"""A word nobody can guess: the expected value of the programs that look for the answer in memory, in files, outside.
They know how it begins. Reading it anywhere is the failure."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One program that tries to get a verdict it does not deserve, to reach outside, or to stay behind.

    Where an attack has a goal of its own (a secret read, a packet sent, a call allowed), `f` returns the right value
    only if the goal was reached: PASS means that the attack worked.

    `needs` names the layers of isolation that hold it; without all of them it is not run. An attack that needs none
    has the same verdict on every backend. `peers` says whether a harness without any boundary may run it; None where it
    may if it needs no layer and no trap.
    `@NAME@` in the code is replaced by a trap of the test (traps.py). `before` is the code of an earlier sample on the
    same box, `again` is true for programs that are run twice in a row, the second run looking for traces of the first.
    `programs` are the external programs that it needs to be brought into the jail.
    """

    id: str
    title: str
    allowed: frozenset[Verdict]
    code: str
    tests: Tests = DOUBLES
    entry: str = "f"
    needs: frozenset[str] = frozenset()
    peers: bool | None = None
    limits: Limits | None = None
    before: str = ""
    again: bool = False
    machine: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[str, ...] = ()

    def job(self, aim: Callable[[str], str]) -> Job:
        """Return it as a job, its code aimed at the traps.

        Where time is not what decides, there is enough of it for a machine that is busy with other things.
        """
        limits = self.limits or QUICK
        if Verdict.TIMEOUT not in self.allowed:
            limits = replace(limits, test_s=max(limits.test_s, 3.0), sample_s=max(limits.sample_s, 12.0))
        return Job(aim(self.code), self.entry, self.tests, limits=limits, files=self.files)

    @property
    def for_peers(self) -> bool:
        """Whether other harnesses can be asked about it: its tests are data, and it is harmless without a boundary."""
        harmless = not self.needs and "@" not in self.code if self.peers is None else self.peers
        return harmless and isinstance(self.tests, FunctionTests)


def attack(identity: str, title: str, *verdicts: Verdict, code: str, needs: str = "", **options: Any) -> Attack:
    """Return an attack; `needs` is a line of layer names."""
    if set(verdicts) == {Verdict.TIMEOUT}:
        options.setdefault("limits", replace(QUICK, test_s=0.3))  # what only waits need not wait long
    return Attack(
        identity, title, frozenset(verdicts), code.strip("\n") + "\n", needs=frozenset(needs.split()), **options
    )
