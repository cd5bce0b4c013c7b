"""`stress`: neutral prompts of the weakness catalogue, with tests and exploits; nobody is asked for them."""

from __future__ import annotations

from typing import Any

from akd_code.curriculum.stress import WAY, as_prompt, cells_of, check_harden
from akd_code.curriculum.way import GENERATORS, SAMPLES_A_ROUND, Material, Way, laps
from akd_code.recipe import Recipe
from akd_code.records import Prompt
from akd_code.security import Split, catalogue_digest, exploitable, prompt_of


@GENERATORS.register(WAY)
class StressPrompts(Way):
    """A prompt of every exercise and family that may be trained on, in random order, again and again in other words."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        cells = exploitable(cells_of(material.harden, Split.TRAIN))
        self._cells = laps(cells, material.own_rng(WAY))
        self.lacks = "" if cells else "no exercise of the catalogue is left for training"

    @classmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise RecipeError for a weakness or an exercise that the catalogue does not have."""
        check_harden(recipe)

    @classmethod
    def reads(cls, recipe: Recipe) -> Any:
        """Return the catalogue's digest, and what of it is used."""
        return [catalogue_digest(), recipe.harden.only, recipe.harden.exercises, recipe.harden.held_out]

    def next(self) -> Prompt | None:
        """Return the next prompt; None where no exercise is left."""
        found = next(self._cells, None)
        if found is None:
            return None
        cell, lap = found
        number = self.material.round * SAMPLES_A_ROUND + lap
        return as_prompt(prompt_of(cell, number, self.material.seed), self.material.round)
