"""The joint verdict of functional and exploit tests beside static analysers, on the catalogue's own programs.

    python benchmarks/stress_analysers.py [--only CWE-022,CWE-089] [--held-back] [--check]

Every reference, insecure program, mutant and variant is judged three ways: by bandit, by our semgrep rules where
semgrep is installed, and by exploit. What is true of a program is what it was written to be, never what a judge says.
Printed is precision and recall for "this program has the weakness", by weakness; --check ends with status 1 where the
joint verdict is not at least as good as bandit at both, for every weakness. --held-back takes the programs that were
written after the oracles, and names those on which the joint verdict is wrong.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from akd_code.security import OracleTask, Weakness, admissions, exploit_job, functional_job, proven, weaknesses
from akd_code.security.analysers import Finding, bandit, semgrep
from akd_sandbox import Sandbox, Verdict

HELD_BACK = Path(__file__).with_name("held_back.txt")


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


def programs_held_back() -> list[tuple[Weakness, OracleTask, str, bool]]:
    """Return (weakness, task, program, whether it is insecure) for every program in the file."""
    tasks = {task.name: (weakness, task) for weakness in weaknesses() for task in weakness.tasks}
    found = []
    for part in HELD_BACK.read_text(encoding="utf-8").split("\n### ")[1:]:
        head, _, code = part.partition("\n")
        name, label = head.split()
        weakness, task = tasks[name]
        program = re.sub(r"\bFN\b", task.entry, code)
        found.append((weakness, task.called(task.entry), program, label == "insecure"))
    return found


def held_back(box: Sandbox) -> tuple[list[bool], Columns]:
    """Return what is true of the programs held back and what each judge says; name where the joint verdict is wrong."""
    rows = programs_held_back()
    codes = [code for _, _, code, _ in rows]
    jobs = [job(task, code) for _, task, code, _ in rows for job in (functional_job, exploit_job)]
    results = dict(box.run_many(jobs))
    joint = []
    for number, (weakness, task, _, insecure) in enumerate(rows):
        works, exploit = results[2 * number].verdict, results[2 * number + 1]
        joint.append(works is Verdict.PASS and proven(exploit))
        if works is not Verdict.PASS or joint[-1] != insecure:
            told = f"insecure {insecure}, functional {works}, exploits {exploit.verdict}"
            print(f"{weakness.id} {task.name}: {told}", file=sys.stderr)
    found = {"bandit": bandit.findings(codes)}
    if semgrep.program() is not None:
        found["our semgrep rules"] = semgrep.findings(codes)
        found["either"] = [one for part in found.values() for one in part]
    said: Columns = {
        name: [any(one.program == number and one.speaks_of(row[0]) for one in part) for number, row in enumerate(rows)]
        for name, part in found.items()
    }
    return [insecure for *_, insecure in rows], said | {"joint verdict": joint}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--only", default="")
    options.add_argument("--held-back", action="store_true")
    options.add_argument("--check", action="store_true")
    given = options.parse_args()
    all_true: list[bool] = []
    all_said: Columns = {}
    worse = []
    with Sandbox() as box:
        if given.held_back:
            true, columns = held_back(box)
            print(f"{sum(true)} insecure of {len(true)} programs: precision / recall")
            for name, said in columns.items():
                print(f"  {name}: {score(said, true)}")
            return 0
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
