"""The filters there are, by the names that a recipe's `generator.filters` uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from akd_code.errors import RecipeError
from akd_code.recipe import Recipe
from akd_code.records import Prompt
from akd_evals.registry import Registry


class PromptFilter(Protocol):
    """Says which new prompts are refused, and why."""

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        """Return for each prompt the reason to refuse it, a short name, or None.

        A prompt is also compared with those before it in the batch that this filter lets through.
        """
        ...

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Remember prompts that were taken into the pool: later ones are compared with them."""
        ...


FilterFactory = Callable[[Recipe, Path], PromptFilter]
"""Opens a filter for a run: its recipe, and the run's folder, where a filter may keep an index."""

FILTERS: Registry[FilterFactory] = Registry(
    what="filter", group="akd.filters", package="akd_code.filters", error=RecipeError
)
"""A filter is one file in this package that registers its factory, or an entry point in the group `akd.filters`."""
