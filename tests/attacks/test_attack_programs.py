"""The suite itself: every row of the specification's table is here, and no program is allowed a PASS by mistake."""

from pathlib import Path

from attack_programs import ATTACKS, CONTROLS, WITH_PROGRAMS
from attack_programs.grader import ELSEWHERE

from akd_sandbox import Verdict
from akd_sandbox.guest.layers import LAYERS

ROWS = {
    "A": (1, 2, 3, 4, 8, 9, 10),
    "B": (1, 2, 3, 4, 5, 6, 7, 9, 11, 12),
    "C": (1, 2, 3, 5, 6),
    "D": (1, 2, 3, 4, 5, 7, 9, 10),
    "E": (1, 2, 4, 5, 6, 7, 9),
    "F": (1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 14, 15, 16, 17, 19),
    "G": (1, 3, 4, 6, 7, 8),
    "H": (1, 2, 3, 4, 5),
    "I": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
}
ROW_IDS = {f"{letter}{number}" for letter, numbers in ROWS.items() for number in numbers}


def row_of(identity: str) -> str:
    return identity.rstrip("abcdefghijklmnopqrstuvwxyz")


def test_every_row_of_the_table_has_a_program_or_a_test_elsewhere() -> None:
    assert ROW_IDS - {row_of(attack.id) for attack in ATTACKS} == set(ELSEWHERE)
    tests = Path(__file__).parent.parent
    for file, name in ELSEWHERE.values():
        assert f"def {name}(" in (tests / file).read_text()


def test_there_are_many_more_than_the_table_names() -> None:
    assert len([attack for attack in ATTACKS if row_of(attack.id) not in ROW_IDS]) >= 100


def test_names_are_unique_and_needs_are_layers_that_the_doctor_knows() -> None:
    for names in ([attack.id for attack in (*ATTACKS, *WITH_PROGRAMS)], [control.id for control in CONTROLS]):
        assert len(names) == len(set(names))
    assert set().union(*(attack.needs for attack in ATTACKS)) <= {layer.name for layer in LAYERS}


def test_only_what_is_meant_to_may_pass_and_only_a_bad_task_is_infra() -> None:
    passing = {attack.id for attack in ATTACKS if Verdict.PASS in attack.allowed}
    assert passing == {"B4a", "F9", "G1", "G1b", "G1c", "G3", "G4", "G6", "G9d", "G14", "I5", "J27"}
    assert {attack.id for attack in ATTACKS if Verdict.INFRA in attack.allowed} == {"I1", "I1b", "M33"}
    assert all(attack.allowed for attack in ATTACKS)
    assert not any({Verdict.PASS, Verdict.INFRA} & attack.allowed for attack in WITH_PROGRAMS)
