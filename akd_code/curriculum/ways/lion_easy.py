"""`lion-easy`: a rarer task of the same domain as an easy prompt (Lion, arXiv 2305.12870)."""

from __future__ import annotations

from akd_code.curriculum.lion import LionStream
from akd_code.curriculum.way import GENERATORS, Material
from akd_prompts import GenerateEasyInputs


@GENERATORS.register("lion-easy")
class LionEasy(LionStream):
    """Lion's easy stream."""

    def __init__(self, material: Material) -> None:
        super().__init__(material, "lion-easy", "easy", material.easy, GenerateEasyInputs)
