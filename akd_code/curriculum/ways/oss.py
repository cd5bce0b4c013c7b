"""`oss`: tasks inspired by a few lines of somebody's code (OSS-Instruct, Magicoder, arXiv 2312.02120)."""

from __future__ import annotations

from typing import Any

from akd_code.curriculum.snippets import digest_of_sources, draw_snippet, read_sources
from akd_code.curriculum.way import GENERATORS, Material, Request, Way, laps
from akd_code.recipe import Recipe
from akd_code.records import Origin
from akd_prompts import FromCodeInputs, render

_NAME = "oss"
_LONGEST_TOKENS = 1024
_DRAWS = 100
"""Snippets that are drawn before it is given up to find one with anything in it."""


@GENERATORS.register(_NAME)
class TasksFromCode(Way):
    """A snippet of every file in random order, again and again, each time another one."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._rng = material.own_rng(_NAME)
        self._files = laps(read_sources(material.settings.code or ""), self._rng)
        self._asked = 0

    @classmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise RecipeError if the folder holds no code."""
        read_sources(recipe.generator.code or "")

    @classmethod
    def reads(cls, recipe: Recipe) -> Any:
        """Return the digest of the folder's code."""
        return digest_of_sources(read_sources(recipe.generator.code or ""))

    def next(self) -> Request | None:
        """Return a request for the next snippet; None where none can be found."""
        for _ in range(_DRAWS):
            source, _lap = next(self._files)
            snippet = draw_snippet(source, self._rng)
            if snippet is not None:
                inputs = FromCodeInputs(snippet.code)
                origin = Origin(_NAME, render(inputs).version, code=snippet.place)
                self._asked += 1
                sample = self.material.first_sample + self._asked
                return Request(inputs, origin, "new", sample, _LONGEST_TOKENS)
        return None
