"""Stress prompts of the weakness catalogue as prompts of a run: their tests are functional ones and exploits."""

from __future__ import annotations

from collections.abc import Sequence

from akd_code.errors import AkdError, RecipeError
from akd_code.recipe import HardenSection, Recipe
from akd_code.records import Origin, Prompt, PromptTests, content_id
from akd_code.security import Cell, Split, StressPrompt, draw_prompts, split_cells, weaknesses

WAY = "stress"
"""The way of a prompt that comes from the catalogue."""
_TEMPLATE = "catalogue/1"


def as_prompt(one: StressPrompt, round_: int) -> Prompt:
    """Return a stress prompt as a run's, with its weakness and exercise for topic and subtopic."""
    tests = PromptTests((*one.tests, *one.exploits), "catalogue", one.setup, exploits=len(one.exploits))
    return Prompt(
        id=content_id(one.prompt),
        text=one.prompt,
        entry_point=one.entry_point,
        source="new",
        round=round_,
        tests=tests,
        origin=Origin(WAY, _TEMPLATE, mutation=str(one.family), topic=one.cwe, subtopic=one.exercise),
    )


def cells_of(settings: HardenSection, split: Split) -> list[Cell]:
    """Return the cells of a split that a recipe leaves. Raises AkdError for a name that the catalogue does not have."""
    return split_cells(weaknesses(settings.only), split, settings.exercises, settings.held_out)


def drawn(cells: Sequence[Cell], count: int, seed: int, round_: int) -> list[Prompt]:
    """Return at most so many different prompts, balanced over weakness, surface and family."""
    return [as_prompt(one, round_) for one in draw_prompts(cells, count, seed).prompts] if count else []


def check_harden(recipe: Recipe) -> None:
    """Raise RecipeError for a weakness or an exercise in `harden` that the catalogue does not have."""
    try:
        cells_of(recipe.harden, Split.TRAIN)
    except AkdError as error:
        raise RecipeError(f"harden: {error}") from error
