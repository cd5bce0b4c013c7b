"""The result of a sample: its tests and the evidence for its verdict, put together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from akd_sandbox.job import Job
from akd_sandbox.sample_run import SampleRun, clean
from akd_sandbox.verdict import SampleResult, Verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample used and printed."""

    wall_s: float
    peak_bytes: int
    stdout: str
    stderr: str
    judging: str = ""
    unguarded: bool = False


def concluded(job: Job, run: SampleRun, evidence: Evidence, isolation: str) -> tuple[SampleResult, bool]:
    """Return the result of a run; also whether load may be to blame for a timeout."""
    failed = tuple(i for i, test in enumerate(run.tests) if test.verdict is not Verdict.PASS)
    verdict = run.ended_by or (run.tests[failed[0]].verdict if failed else Verdict.PASS)
    if failed and run.ended_by not in (Verdict.TAMPER, Verdict.INFRA, Verdict.UNSUPPORTED):
        verdict = run.tests[failed[0]].verdict
    if run.missing and verdict in (Verdict.WRONG, Verdict.RAISED, Verdict.EXITED):
        verdict = Verdict.UNSUPPORTED
        run.detail = f"needs what is not here: {', '.join(run.missing)} ({run.detail})"
    result = SampleResult(
        verdict=verdict,
        tests=tuple(run.tests),
        failed=failed,
        wall_s=evidence.wall_s,
        peak_memory_bytes=evidence.peak_bytes,
        stdout=evidence.stdout,
        stderr=evidence.stderr,
        detail=clean(run.detail),
        code_sha256=code_sha256(job.code),
        isolation=isolation,
        judging=evidence.judging,
        unguarded=evidence.unguarded,
        missing=run.missing,
    )
    return result, run.starved and verdict is Verdict.TIMEOUT


def infra_result(job: Job, detail: str, isolation: str, verdict: Verdict = Verdict.INFRA) -> SampleResult:
    """Return the result of a sample that could not be run."""
    return SampleResult(verdict, (), (), 0.0, 0, "", "", clean(detail), code_sha256(job.code), isolation)


def code_sha256(code: str) -> str:
    """Return the sha256 of a program text (lone surrogates allowed)."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
