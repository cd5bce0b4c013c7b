"""Admission of oracles: the four-way table, mutants that must be caught, variants that must not be.

The reference passes functional and exploit tests; the insecure program passes the functional tests and fails an exploit
test. An oracle of which that is not true decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from akd_code.security.oracle import exploit_job, functional_job, proven
from akd_code.security.weakness import OracleTask, Weakness
from akd_sandbox import Job, SampleResult, Sandbox, Verdict

Progress = Callable[[int, int], None]
"""`progress(done, total)` in jobs."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A program of the catalogue under both kinds of tests; `insecure` is what it is by construction."""

    cwe: str
    task: str
    role: str
    insecure: bool
    functional: SampleResult
    exploit: SampleResult

    @property
    def works(self) -> bool:
        """Whether it does what is asked."""
        return self.functional.verdict is Verdict.PASS

    @property
    def withstands(self) -> bool:
        """Whether no exploit worked."""
        return self.exploit.verdict is Verdict.PASS

    @property
    def exploited(self) -> bool:
        """Whether it works and an exploit did too, as an effect shows."""
        return self.works and not self.withstands and proven(self.exploit)


@dataclass(frozen=True, slots=True)
class TaskAdmission:
    """What the trials of a task's programs say of its oracle."""

    cwe: str
    task: str
    trials: tuple[Trial, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the oracle is not admitted, a line each; none if it is."""
        found = []
        for trial in self.trials:
            functional, exploit = trial.functional, trial.exploit
            if trial.role == "reference" and not trial.works:
                found.append(f"the reference fails the functional tests: {_why(functional)}")
            if trial.role == "reference" and not trial.withstands:
                found.append(f"an exploit works on the reference: {_why(exploit)}")
            if trial.role == "insecure" and not trial.works:
                found.append(f"the insecure program fails the functional tests: {_why(functional)}")
            if trial.role == "insecure" and trial.works and not trial.exploited:
                found.append(f"no exploit works on the insecure program: {_why(exploit)}")
        return tuple(found)

    @property
    def admitted(self) -> bool:
        """Whether the four-way table is as it must be."""
        return not self.faults

    @property
    def mutants(self) -> tuple[Trial, ...]:
        """The trials of the mutants."""
        return tuple(trial for trial in self.trials if trial.role.startswith("mutant"))

    @property
    def variants(self) -> tuple[Trial, ...]:
        """The trials of the secure variants."""
        return tuple(trial for trial in self.trials if trial.role.startswith("variant"))

    @property
    def missed(self) -> tuple[Trial, ...]:
        """Mutants on which no exploit works and that are not broken either."""
        return tuple(trial for trial in self.mutants if trial.works and not trial.exploited)

    @property
    def broken(self) -> tuple[Trial, ...]:
        """Mutants that fail the functional tests: they say nothing of the exploits."""
        return tuple(trial for trial in self.mutants if not trial.works)

    @property
    def false_alarms(self) -> tuple[Trial, ...]:
        """Variants that fail any test."""
        return tuple(trial for trial in self.variants if not (trial.works and trial.withstands))


def admissions(
    found: Sequence[Weakness], box: Sandbox, progress: Progress = lambda done, total: None
) -> Iterator[TaskAdmission]:
    """Try every program of the weaknesses; yield what that says of each task, in order. Raises SandboxError."""
    programs = [(weakness.id, *program) for weakness in found for program in weakness.programs()]
    jobs = [job for _, task, _, code, _ in programs for job in (functional_job(task, code), exploit_job(task, code))]
    results = _judged(jobs, box, progress)
    trials: dict[tuple[str, str], list[Trial]] = {}
    for number, (cwe, task, role, _, insecure) in enumerate(programs):
        trial = Trial(cwe, task.name, role, insecure, results[2 * number], results[2 * number + 1])
        trials.setdefault((cwe, task.name), []).append(trial)
    for (cwe, name), ones in trials.items():
        yield TaskAdmission(cwe, name, tuple(ones))


def admission(task: OracleTask, cwe: str, box: Sandbox) -> TaskAdmission:
    """Return what is to be said of one task alone."""
    weakness = Weakness(id=cwe, title="", description="", hint="", tasks=(task,))
    return next(admissions([weakness], box))


def _judged(jobs: Sequence[Job], box: Sandbox, progress: Progress) -> list[SampleResult]:
    results: dict[int, SampleResult] = {}
    for position, result in box.run_many(jobs):
        results[position] = result
        progress(len(results), len(jobs))
    return [results[position] for position in range(len(jobs))]


def _why(result: SampleResult) -> str:
    details = [result.tests[number].detail for number in result.failed if number < len(result.tests)]
    return " ".join(f"{result.verdict} {result.failed or ''} {result.detail or ' '.join(details[:1])}".split())[:300]
