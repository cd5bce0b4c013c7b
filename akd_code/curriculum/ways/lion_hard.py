"""`lion-hard`: a task of the same domain and task type as a hard prompt (Lion, arXiv 2305.12870)."""

from __future__ import annotations

from akd_code.curriculum.lion import LionStream
from akd_code.curriculum.way import GENERATORS, Material
from akd_prompts import GenerateHardInputs


@GENERATORS.register("lion-hard")
class LionHard(LionStream):
    """Lion's hard stream."""

    def __init__(self, material: Material) -> None:
        super().__init__(material, "lion-hard", "hard", material.hard, GenerateHardInputs)
