"""Every oracle of the catalogue is admitted: references, insecure programs, mutants and variants, in the sandbox."""

from __future__ import annotations

import pytest

from akd_code.security import admissions, weaknesses
from akd_code.security.oracle import functional_job
from akd_sandbox import Sandbox, Verdict


@pytest.mark.slow
def test_every_oracle_is_admitted_catches_its_mutants_and_alarms_nobody() -> None:
    with Sandbox("namespace") as box:
        found = list(admissions(weaknesses(), box))
    assert {task.task: task.faults for task in found if not task.admitted} == {}
    mutants = [trial for task in found for trial in task.mutants]
    variants = [trial for task in found for trial in task.variants]
    assert sum(trial.exploited for trial in mutants) >= 0.95 * len(mutants)
    assert sum(len(task.false_alarms) for task in found) < 0.03 * len(variants)
    assert [trial.role for task in found for trial in task.broken] == []


def test_the_references_of_benign_controls_pass() -> None:
    controls = [control.called(control.other_names[0]) for weakness in weaknesses() for control in weakness.controls]
    with Sandbox("namespace") as box:
        found = dict(box.run_many(functional_job(control, control.reference) for control in controls))
    assert {
        controls[place].name: result.detail for place, result in found.items() if result.verdict != Verdict.PASS
    } == {}
