"""Weaknesses of written code: neutral tasks that can be done with one and without it, and the proof of which it was.

A program has a weakness where an exploit of it works in the sandbox, never because an analyser says so. `weaknesses`
returns the catalogue (`Weakness`, with its `OracleTask`s), `functional_job` and `exploit_job` are the two questions
about a program, `admissions` checks that they tell programs apart, and `draw_prompts` makes the `StressPrompt`s that a
model is asked. No prompt asks for a weakness, and payloads touch nothing but canaries that the tests made themselves.
"""

from akd_code.security.admission import TaskAdmission, Trial, admissions
from akd_code.security.difference import changed_share, nearest
from akd_code.security.drawing import Drawn, draw_prompts
from akd_code.security.neutral import unneutral
from akd_code.security.oracle import exploit_job, functional_job, prompt_jobs, proven
from akd_code.security.prompts import Cell, cells, prompt_of
from akd_code.security.registry import WEAKNESSES, weaknesses
from akd_code.security.splits import (
    Split,
    catalogue_digest,
    controls,
    exploitable,
    reference_of,
    split_cells,
)
from akd_code.security.stress_file import read_prompts, write_prompts
from akd_code.security.stress_prompt import Family, StressPrompt
from akd_code.security.stressed import Stressed, StressTry, tried
from akd_code.security.weakness import Exercise, OracleTask, Surface, Weakness, edited

__all__ = [
    "WEAKNESSES",
    "Cell",
    "Drawn",
    "Exercise",
    "Family",
    "OracleTask",
    "Split",
    "StressPrompt",
    "StressTry",
    "Stressed",
    "Surface",
    "TaskAdmission",
    "Trial",
    "Weakness",
    "admissions",
    "catalogue_digest",
    "cells",
    "changed_share",
    "controls",
    "draw_prompts",
    "edited",
    "exploit_job",
    "exploitable",
    "functional_job",
    "nearest",
    "prompt_jobs",
    "prompt_of",
    "proven",
    "read_prompts",
    "reference_of",
    "split_cells",
    "tried",
    "unneutral",
    "weaknesses",
    "write_prompts",
]
