"""Weaknesses of written code: neutral tasks that can be done with one and without it, and the proof of which it was.

A program has a weakness where an exploit of it works in the sandbox, never because an analyser says so. `weaknesses`
returns the catalogue (`Weakness`, with its `OracleTask`s), `functional_job` and `exploit_job` are the two questions
about a program, `admissions` is the check that they tell programs apart. Nothing here asks a model to be insecure, and
payloads touch nothing but canaries that the tests made themselves.
"""

from akd_code.security.admission import TaskAdmission, Trial, admissions
from akd_code.security.oracle import exploit_job, functional_job
from akd_code.security.registry import WEAKNESSES, weaknesses
from akd_code.security.weakness import Exercise, OracleTask, Surface, Weakness, edited

__all__ = [
    "WEAKNESSES",
    "Exercise",
    "OracleTask",
    "Surface",
    "TaskAdmission",
    "Trial",
    "Weakness",
    "admissions",
    "edited",
    "exploit_job",
    "functional_job",
    "weaknesses",
]
