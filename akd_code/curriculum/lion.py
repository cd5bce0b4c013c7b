"""What Lion's two streams have in common: seeds of one kind, each used once before any is used twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from akd_code.curriculum.way import Material, Request, Way, laps, longest_for, made_of
from akd_code.records import Prompt
from akd_prompts import GenerateEasyInputs, GenerateHardInputs


class LionStream(Way):
    """New prompts from seeds of one kind, for ever."""

    only_pools: ClassVar[bool] = True

    def __init__(
        self,
        material: Material,
        way: str,
        kind: Literal["hard", "easy"],
        seeds: Sequence[Prompt],
        inputs: type[GenerateHardInputs | GenerateEasyInputs],
    ) -> None:
        super().__init__(material)
        self._way, self._kind, self._inputs = way, kind, inputs
        self._seeds = laps(seeds, material.rng)
        self.lacks = "" if seeds else f"there is no {kind} prompt"

    def next(self) -> Request | None:
        """Return a request for the next seed; None if there is no seed."""
        found = next(self._seeds, None)
        if found is None:
            return None
        seed, lap = found
        inputs = self._inputs(seed.text)
        origin = made_of(seed, self._way, inputs)
        return Request(inputs, origin, self._kind, self.material.first_sample + lap, longest_for(seed.text))
