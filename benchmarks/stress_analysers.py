"""The joint verdict of functional and exploit tests beside static analysers, on the catalogue's own programs.

    python benchmarks/stress_analysers.py [--only CWE-022,CWE-089] [--check]

Every reference, insecure program, mutant and variant is judged three ways: by bandit, by our semgrep rules where
semgrep is installed, and by exploit. What is true of a program is what it was written to be, never what a judge says.
Printed is precision and recall for "this program has the weakness", by weakness; --check ends with status 1 where the
joint verdict is not at least as good as bandit at both, for every weakness.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from akd_code.security import Weakness, admissions, weaknesses
from akd_code.security.analysers import Finding, bandit, semgrep
from akd_sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Score:
    """How often "it has the weakness" was said, was true, and both."""

    said: int
    true: int
    both: int

    @property
    def precision(self) -> float | None:
        return self.both / self.said if self.said else None

    @property
    def recall(self) -> float:
        return self.both / self.true

    def beats(self, other: Score) -> bool:
        """Whether this is at least as good at both; nothing is worse than to have said nothing."""
        return self.recall >= other.recall and (self.precision or 0.0) >= (other.precision or 0.0)

    def __str__(self) -> str:
        precision = "-" if self.precision is None else f"{self.precision:.2f}"
        return f"{precision} / {self.recall:.2f}"


def score(said: Sequence[bool], true: Sequence[bool]) -> Score:
    return Score(sum(said), sum(true), sum(one and other for one, other in zip(said, true, strict=True)))


def flags(weakness: Weakness, findings: Sequence[Finding], count: int) -> list[bool]:
    spoken = {finding.program for finding in findings if finding.speaks_of(weakness)}
    return [number in spoken for number in range(count)]


Columns = dict[str, list[bool]]


def judged(found: Sequence[Weakness], box: Sandbox) -> Iterator[tuple[Weakness, list[bool], Columns]]:
    """Yield each weakness with what is true of its programs, and what each judge says of them."""
    for weakness in found:
        programs = [(code, insecure) for _, _, code, insecure in weakness.programs()]
        codes = [code for code, _ in programs]
        columns = {"bandit": flags(weakness, bandit.findings(codes), len(codes))}
        if semgrep.program() is not None:
            own = flags(weakness, semgrep.findings(codes), len(codes))
            columns["our semgrep rules"] = own
            columns["either"] = [one or other for one, other in zip(columns["bandit"], own, strict=True)]
        columns["joint verdict"] = [trial.exploited for task in admissions([weakness], box) for trial in task.trials]
        yield weakness, [insecure for _, insecure in programs], columns


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--only", default="")
    options.add_argument("--check", action="store_true")
    given = options.parse_args()
    all_true: list[bool] = []
    all_said: Columns = {}
    worse = []
    with Sandbox() as box:
        for weakness, true, columns in judged(weaknesses([one for one in given.only.split(",") if one]), box):
            if not all_said:
                print(" | ".join(["", "weakness", "insecure / programs", *columns, ""]).strip())
                print("|---" * (2 + len(columns)) + "|")
            scores = {name: score(said, true) for name, said in columns.items()}
            print(" | ".join(["", weakness.id, f"{sum(true)} / {len(true)}", *map(str, scores.values()), ""]).strip())
            if not scores["joint verdict"].beats(scores["bandit"]):
                worse.append(weakness.id)
            all_true += true
            for name, said in columns.items():
                all_said.setdefault(name, []).extend(said)
    totals = [str(score(said, all_true)) for said in all_said.values()]
    print(" | ".join(["", "all", f"{sum(all_true)} / {len(all_true)}", *totals, ""]).strip())
    if worse:
        print(f"the joint verdict is not as good as bandit on {', '.join(worse)}", file=sys.stderr)
    return 1 if worse and given.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
