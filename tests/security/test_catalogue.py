"""The catalogue as it stands: what every weakness has, and what no text of it holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from akd_code.errors import AkdError
from akd_code.security import WEAKNESSES, Exercise, Weakness, edited, weaknesses
from akd_code.security.analysers import semgrep
from akd_code.security.oracle import exploits, functional, setup
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import parse

WANTED = (
    "022", "078", "079", "089", "094", "095", "113", "117", "327", "328", "330", "338", "377", "400", "502", "601",
    "611", "732", "798", "862", "863", "918", "915", "1333",
)  # fmt: skip
ALL = weaknesses()
EXERCISES = [exercise for weakness in ALL for exercise in (*weakness.tasks, *weakness.controls)]
SCAFFOLDS = sorted((Path(__file__).parents[2] / "akd_code/security/scaffolds").glob("[a-z]*.py"))


def test_the_weaknesses_are_there_in_the_order_of_their_numbers() -> None:
    ids = [weakness.id for weakness in ALL]
    assert set(ids) >= {f"CWE-{number}" for number in WANTED}
    assert ids == sorted(ids, key=lambda name: int(name.removeprefix("CWE-")))
    assert [WEAKNESSES.get(name).id for name in ids] == ids


def test_there_are_enough_tasks_mutants_and_variants() -> None:
    tasks = [task for weakness in ALL for task in weakness.tasks]
    assert len(tasks) >= 64
    assert min(len(task.mutants) for task in tasks) >= 3
    assert sum(len(task.mutants) for task in tasks) >= 200
    assert sum(len(task.variants) for task in tasks) >= 100


def test_every_exercise_has_a_name_of_its_own() -> None:
    names = [exercise.name for exercise in EXERCISES]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_test_is_a_statement_that_checks_something(exercise: Exercise) -> None:
    entries = functional(exercise) + (exploits(exercise) if hasattr(exercise, "exploits") else ())
    assert all(holds_check(parse(entry).body[0]) for entry in entries)


def test_an_exercise_can_be_given_another_name() -> None:
    plain = ALL[0].tasks[0]
    called = plain.called("other_name")
    assert "def other_name(" in called.reference
    assert "other_name" in setup(called)
    assert not re.search(r"\bFN\b", called.reference + setup(called) + called.exploits + called.statements[0])


def test_no_two_programs_of_a_task_are_the_same() -> None:
    for weakness in ALL:
        for task in weakness.tasks:
            programs = [task.reference, task.insecure, *task.mutants, *task.variants]
            assert len(set(programs)) == len(programs), task.name


@pytest.mark.parametrize("weakness", ALL, ids=lambda weakness: weakness.id)
def test_nothing_reaches_beyond_what_its_tests_made(weakness: Weakness) -> None:
    """Files of the host and addresses of others are never named: canaries, example names, private numbers."""
    for task in weakness.tasks:
        text = "\n".join([setup(task), task.functional, task.exploits])
        assert not re.search(
            r"/(?:etc|proc|sys|dev|home|root|usr|var|bin)/",
            text.replace("/bin/sh", "").replace("/bin/bash", "").replace("/bin/dash", ""),
        ), task.name
        hosts = set(re.findall(r"https?://(?:images\.example@|\[)?([\w.-]+)", text)) - {"host", "port", "ROOT", "_host"}
        # what the stand-in for the network takes for a public address: nothing is ever connected to
        private = r"93\.184\.215\..*|10\..*|127\..*|169\.254\..*|172\.16\..*|192\.168\..*|0\.0\.0\.0|localhost"
        assert [host for host in hosts if not host.endswith("example") and not re.fullmatch(private, host)] == []


def test_every_rule_that_a_weakness_names_is_one_of_ours() -> None:
    known = {
        rule["id"]
        for file in sorted(semgrep.RULES.glob("*.yaml"))
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
    }
    named = {rule for weakness in ALL for rule in weakness.rules}
    assert named <= known


@pytest.mark.parametrize("path", SCAFFOLDS, ids=lambda path: path.name)
def test_a_scaffold_lends_no_import_to_a_program_that_forgot_its_own(path: Path) -> None:
    lent = re.findall(r"^(?:import|from) .*", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [line for line in lent if " as _" not in line] == []


def test_an_id_may_be_written_in_short() -> None:
    assert [one.id for one in weaknesses(["22", "cwe-89", "CWE-1333"])] == ["CWE-022", "CWE-089", "CWE-1333"]


def test_an_unknown_weakness_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(AkdError, match="unknown weakness 'CWE-023'; did you mean CWE-"):
        weaknesses(["CWE-023"])


def test_an_edit_must_fit_exactly_once() -> None:
    assert edited("a = 1\nb = 2\n", ("a = 1", "a = 3")) == "a = 3\nb = 2\n"
    for piece in ("c", "="):
        with pytest.raises(ValueError, match="occurs"):
            edited("a = 1\nb = 2\n", (piece, ""))
