"""A recipe's ways to make prompts, and how many of a round's prompts each makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from akd_code.curriculum.way import GENERATORS, Material, Way
from akd_code.recipe import GeneratorSection, Recipe


@dataclass(frozen=True, slots=True)
class Stream:
    """A way at work: its name, its share (of whatever all shares add up to), and the way, opened for a round."""

    name: str
    share: float
    way: Way


def shares_of(settings: GeneratorSection) -> dict[str, float]:
    """Return the ways that have a share, always in one order, whatever the recipe's: their names', backwards.

    That puts Lion's hard stream before its easy one, as it always was.
    """
    return {name: share for name, share in sorted(settings.streams.items(), reverse=True) if share}


def ways_of(settings: GeneratorSection) -> dict[str, type[Way]]:
    """Return the ways of a recipe by name. Raises RecipeError for one that there is not."""
    return {name: GENERATORS.get(name) for name in shares_of(settings)}


def check_ways(recipe: Recipe) -> None:
    """Raise RecipeError, before anything is paid for, for a way that there is not or that cannot use its settings."""
    for way in ways_of(recipe.generator).values():
        way.check(recipe)


def open_streams(material: Material) -> list[Stream]:
    """Return the streams of a round. Raises AkdError."""
    ways, shares = ways_of(material.settings), shares_of(material.settings)
    return [Stream(name, shares[name], way(material)) for name, way in ways.items()]


def quotas(shares: Mapping[str, float], wanted: int) -> dict[str, int]:
    """Return how many of `wanted` each name gets, which add up to `wanted` (largest remainders; ties to the first)."""
    exact = {name: Fraction(str(share)) for name, share in shares.items()}
    total = sum(exact.values())
    if not total:
        return {}
    parts = {name: wanted * share / total for name, share in exact.items()}
    whole = {name: int(part) for name, part in parts.items()}
    rest = sorted(parts, key=lambda name: whole[name] - parts[name])
    for name in rest[: wanted - sum(whole.values())]:
        whole[name] += 1
    return whole
