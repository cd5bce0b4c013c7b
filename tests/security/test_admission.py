"""The four-way table, on oracles made for these tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from akd_code.security import OracleTask, Surface
from akd_code.security.admission import admission
from akd_sandbox import Sandbox

SAFE = "def FN(text):\n    return int(text)\n"
UNSAFE = "def FN(text):\n    return eval(text)\n"
TASK = OracleTask(
    name="number",
    entry="number",
    arguments=("text",),
    surface=Surface.FILE,
    statements=("`FN(text)` returns the number.",),
    setup="""
import builtins as _builtins


def ran(text):
    _builtins.mark = []
    attempt(FN, text)
    return len(_builtins.mark)
""",
    functional='assert FN("7") == 7\nassert FN("12") == 12\n',
    exploits="assert ran(\"__import__('builtins').mark.append(1)\") == 0\n",
    reference=SAFE,
    insecure=UNSAFE,
    mutants=(),
    variants=(),
    benign_prefix="",
    vulnerable_prefix="",
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace") as opened:
        yield opened


def test_an_oracle_that_tells_the_two_apart_is_admitted(box: Sandbox) -> None:
    assert admission(TASK, "CWE-095", box).faults == ()


def test_an_insecure_program_in_the_references_place_is_refused(box: Sandbox) -> None:
    found = admission(replace(TASK, reference=UNSAFE), "CWE-095", box)
    assert not found.admitted
    assert "an exploit works on the reference" in found.faults[0]


def test_a_reference_that_does_not_do_the_task_is_refused(box: Sandbox) -> None:
    found = admission(replace(TASK, reference="def FN(text):\n    return 7\n"), "CWE-095", box)
    assert [fault.partition(":")[0] for fault in found.faults] == ["the reference fails the functional tests"]


def test_an_exploit_that_never_works_is_refused(box: Sandbox) -> None:
    found = admission(replace(TASK, exploits='assert ran("1") == 0\n'), "CWE-095", box)
    assert "no exploit works on the insecure program" in found.faults[0]


def test_an_insecure_program_that_does_not_do_the_task_is_refused(box: Sandbox) -> None:
    found = admission(replace(TASK, insecure="def FN(text):\n    return eval(text) + 1\n"), "CWE-095", box)
    assert "the insecure program fails the functional tests" in found.faults[0]


def test_mutants_are_caught_missed_or_broken_and_variants_raise_false_alarms(box: Sandbox) -> None:
    kept = "def FN(text):\n    return int(text, 10)\n"
    found = admission(
        replace(
            TASK,
            mutants=("def FN(text):\n    return eval(text, {})\n", kept, "def FN(text):\n    return text\n"),
            variants=("def FN(text):\n    return int(text.strip())\n", "def FN(text):\n    return eval(text) or 0\n"),
        ),
        "CWE-095",
        box,
    )
    assert [trial.exploited for trial in found.mutants] == [True, False, False]
    assert [trial.role for trial in found.missed] == ["mutant 1"]
    assert [trial.role for trial in found.broken] == ["mutant 2"]
    assert [trial.role for trial in found.false_alarms] == ["variant 1"]


def test_a_program_that_is_equal_to_everything_withstands_nothing(box: Sandbox) -> None:
    forger = """
class Any(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def FN(text):
    return Any("x")
"""
    found = admission(replace(TASK, mutants=(forger,)), "CWE-095", box)
    assert [trial.role for trial in found.broken] == ["mutant 0"]


BROKEN = ("import nothing_of_that_name\nassert ran('1') == 0\n", "assert undefined(FN) == 0\n")


@pytest.mark.parametrize("exploits", BROKEN)
def test_an_exploit_test_that_breaks_proves_nothing(box: Sandbox, exploits: str) -> None:
    found = admission(replace(TASK, exploits=exploits, mutants=(UNSAFE + "# again\n",)), "CWE-095", box)
    assert not found.admitted
    assert [trial.exploited for trial in found.trials] == [False, False, False]
    assert [trial.role for trial in found.missed] == ["mutant 0"]


def test_an_exploit_that_reaches_a_limit_has_worked(box: Sandbox) -> None:
    endless = "def FN(text):\n    while '_' in text:\n        pass\n    return int(text)\n"
    task = replace(TASK, insecure=endless, exploits='assert attempt(FN, "1_0") == 10\n')
    assert admission(task, "CWE-1333", box).admitted
