"""The conformance suite's programs: every attack and every control, as data."""

from attack_programs import (
    blinding,
    blinding_otherwise,
    controls,
    early_exit,
    forging,
    from_run_to_run,
    grader,
    guarded,
    host,
    judge_load,
    layers,
    left_behind,
    lying_values,
    patching,
    privileges,
    processes_and_disks,
    programs,
    reading_answers,
    reading_tests,
    resources,
    staying,
    telling_runs_apart,
    under_tests,
    whole_controls,
    wire,
    with_shell,
)
from attack_programs.control import Control
from attack_programs.record import QUICK, SECRET, Attack

GROUPS = {
    "A": ("early exit", early_exit.ATTACKS),
    "B": ("lying values", lying_values.ATTACKS),
    "C": ("reading the answer", reading_answers.ATTACKS),
    "D": ("forging the result", forging.ATTACKS),
    "E": ("patching the checker", patching.ATTACKS),
    "F": ("resources", resources.ATTACKS + processes_and_disks.ATTACKS),
    "G": ("staying behind", staying.ATTACKS + left_behind.ATTACKS),
    "H": ("host and network", host.ATTACKS),
    "I": ("careless grading", grader.ATTACKS),
    "J": ("talking to the judge", wire.ATTACKS + under_tests.ATTACKS),
    "K": ("slow values", judge_load.ATTACKS),
    "L": ("one layer each", layers.ATTACKS + privileges.ATTACKS),
    "M": ("whole programs and test files", programs.ATTACKS),
    "N": (
        "aiming at the guard",
        guarded.ATTACKS
        + telling_runs_apart.ATTACKS
        + blinding.ATTACKS
        + blinding_otherwise.ATTACKS
        + from_run_to_run.ATTACKS
        + reading_tests.ATTACKS,
    ),
    "O": ("a shell at hand", with_shell.ATTACKS),
}
CONTROLS: tuple[Control, ...] = (*controls.CONTROLS, *whole_controls.CONTROLS)
_ALL = tuple(attack for _, group in GROUPS.values() for attack in group)
ATTACKS: tuple[Attack, ...] = tuple(attack for attack in _ALL if not attack.programs)
WITH_PROGRAMS: tuple[Attack, ...] = tuple(attack for attack in _ALL if attack.programs)
"""Attacks on a box that brings external programs into the jail."""

__all__ = ["ATTACKS", "CONTROLS", "GROUPS", "QUICK", "SECRET", "WITH_PROGRAMS", "Attack", "Control"]
