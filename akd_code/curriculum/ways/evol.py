"""`evol`: Code Evol-Instruct's five heuristics on the prompts of the pool (WizardCoder, arXiv 2306.08568)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

from akd_code.curriculum.way import GENERATORS, Material, Request, Way, laps, longest_for, made_of
from akd_code.records import PromptSource
from akd_prompts import (
    EvolComplexityInputs,
    EvolConstraintInputs,
    EvolMisleadingInputs,
    EvolRarerInputs,
    EvolReasoningInputs,
    ReferenceInputs,
)

_NAME = "evol"
_LEAST_TOKENS = 512
"""An evolved task is often longer than what it is made of."""
HEURISTICS: Mapping[str, type[ReferenceInputs]] = {
    "constraint": EvolConstraintInputs,
    "rarer": EvolRarerInputs,
    "reasoning": EvolReasoningInputs,
    "misleading": EvolMisleadingInputs,
    "complexity": EvolComplexityInputs,
}
_TURNS = (*HEURISTICS, *(name for name in HEURISTICS if name != "complexity"))
"""A bound on time or space comes half as often as the others: the paper asks to refrain from it."""


@GENERATORS.register(_NAME)
class EvolvePrompts(Way):
    """Every decided prompt evolved by a heuristic, the heuristics taking turns; in the next round, what came of it."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        pool = [*material.hard, *material.easy]
        self._hard = {prompt.id for prompt in material.hard}
        self._prompts = laps(pool, material.own_rng(_NAME))
        self._turns = cycle(_TURNS)
        self.lacks = "" if pool else "there is no prompt, hard or easy"

    def next(self) -> Request | None:
        """Return a request for the next prompt; None if there is none."""
        found = next(self._prompts, None)
        if found is None:
            return None
        prompt, lap = found
        name = next(self._turns)
        inputs = HEURISTICS[name](prompt.text)
        source: PromptSource = "hard" if prompt.id in self._hard else "easy"
        origin = made_of(prompt, _NAME, inputs, name)
        sample = self.material.first_sample + lap
        return Request(inputs, origin, source, sample, longest_for(prompt.text, _LEAST_TOKENS))
