"""The families of mutations that `akd` asks for, by the names that a recipe's `generator.mutations` uses."""

from __future__ import annotations

from collections.abc import Mapping

from akd_code.errors import RecipeError
from akd_code.recipe import Recipe
from akd_prompts import (
    MutateComplexityInputs,
    MutateDeceptiveInputs,
    MutateOppositeInputs,
    MutatePitfallsInputs,
    MutateSecurityInputs,
    MutateShiftInputs,
    ReferenceInputs,
)

MUTATIONS: Mapping[str, type[ReferenceInputs]] = {
    "complexity": MutateComplexityInputs,
    "opposite": MutateOppositeInputs,
    "deceptive": MutateDeceptiveInputs,
    "shift": MutateShiftInputs,
    "pitfalls": MutatePitfallsInputs,
    "security": MutateSecurityInputs,
}
"""AKD's five (arXiv 2505.06267), and one of ours. A further family is a template and a line here."""
NEUTRAL = frozenset({"security"})
"""Mutations whose prompts may name neither a weakness nor an attack: those that do are refused."""


def check_mutations(recipe: Recipe) -> None:
    """Raise RecipeError for a mutation that there is not, and if there is none."""
    named = recipe.generator.mutations
    unknown = [name for name in named if name not in MUTATIONS]
    if unknown or not named:
        said = f"unknown mutation {unknown[0]!r}" if unknown else "generator.mutations is empty"
        raise RecipeError(f"{said}; there are {', '.join(MUTATIONS)}")
