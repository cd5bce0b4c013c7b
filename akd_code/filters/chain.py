"""A recipe's filters, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from akd_code.filters.registry import FILTERS, PromptFilter
from akd_code.recipe import Recipe
from akd_code.records import Prompt


class FilterChain:
    """Several filters in order; itself a filter. The first that refuses a prompt gives the reason."""

    def __init__(self, filters: Sequence[PromptFilter]) -> None:
        self._filters = tuple(filters)
        self._admitted: set[str] = set()

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        """Return for each prompt the reason of the first filter that refuses it, or None.

        Each filter sees only what those before it let through.
        """
        reasons: list[str | None] = [None] * len(batch)
        for one in self._filters:
            left = [place for place, reason in enumerate(reasons) if reason is None]
            for place, reason in zip(left, one.check([batch[place] for place in left]), strict=True):
                reasons[place] = reason
        return reasons

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Have every filter remember these prompts; those that were admitted before are passed over."""
        new = list({prompt.id: prompt for prompt in prompts if prompt.id not in self._admitted}.values())
        self._admitted.update(prompt.id for prompt in new)
        for one in self._filters:
            one.admit(new)


def open_filters(recipe: Recipe, folder: Path) -> FilterChain:
    """Return the filters that a recipe names, for one run: opened once, they keep what they know between rounds.

    Raises RecipeError for a filter that there is not, with the nearest name.
    """
    return FilterChain([FILTERS.get(name)(recipe, folder) for name in recipe.generator.filters])
