"""Programs that do a task in an unusual way, secure or not, are told apart like the catalogue's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from akd_code.security import OracleTask, exploit_job, functional_job, proven, weaknesses
from akd_sandbox import Sandbox, Verdict

PROGRAMS = Path(__file__).with_name("unusual_programs.txt")


def programs() -> list[tuple[str, OracleTask, str, bool]]:
    """Return (weakness, task, program, whether it was written to be insecure) for every program in the file."""
    tasks = {task.name: (weakness.id, task) for weakness in weaknesses() for task in weakness.tasks}
    found = []
    for part in PROGRAMS.read_text(encoding="utf-8").split("\n### ")[1:]:
        head, _, code = part.partition("\n")
        name, label = head.split()
        cwe, task = tasks[name]
        found.append((cwe, task.called(task.entry), re.sub(r"\bFN\b", task.entry, code), label == "insecure"))
    return found


def test_there_are_forty_at_least_of_fifteen_weaknesses() -> None:
    found = programs()
    assert len(found) >= 40
    assert len({cwe for cwe, *_ in found}) >= 15
    assert 15 <= sum(insecure for *_, insecure in found) <= len(found) - 15


@pytest.mark.slow
def test_every_one_does_what_is_asked_and_is_exploited_only_where_it_is_insecure() -> None:
    found = programs()
    with Sandbox("namespace") as box:
        jobs = [job(task, program) for _, task, program, _ in found for job in (functional_job, exploit_job)]
        results = dict(box.run_many(jobs))
    wrong = []
    for number, (_, task, program, insecure) in enumerate(found):
        functional, exploit = results[2 * number], results[2 * number + 1]
        told = proven(exploit) if insecure else exploit.verdict is Verdict.PASS
        if functional.verdict is not Verdict.PASS or not told:
            wrong.append((task.name, insecure, program, functional.detail, exploit.verdict, exploit.detail))
    assert wrong == []
