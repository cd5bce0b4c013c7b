"""Reading a recipe: a YAML file, and overrides from the command line. Unknown keys are refused with the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from akd_code.errors import RecipeError
from akd_code.recipe.rules import broken_rules
from akd_code.recipe.sections import Recipe

_SECRETIVE = frozenset({"extra_headers", "extra_query", "embedder_headers", "embedder_query"})
"""Settings whose values are never shown: someone may have written a key there."""


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Return the recipe in a YAML file, with `a.b=value` overrides (values in YAML).

    Raises RecipeError in one line: no such file, no YAML, an unknown key (with the nearest), a wrong type.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"cannot read the recipe {path}: {_reason(error)}; give a YAML file, or run `akd init`"
        ) from None
    try:
        data = yaml.safe_load(text) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date or a number that is none, lists in lists
        raise RecipeError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise RecipeError(f"{path} holds no keys; a recipe is `key: value` lines, see `akd init`")
    for override in overrides:
        _set(data, override)
    recipe = recipe_from(data, str(path))
    seeds, generator = recipe.seeds, recipe.generator
    if seeds.source != "lab":
        seeds = seeds.model_copy(update={"source": _beside(path, seeds.source)})
    if generator.code is not None:
        generator = generator.model_copy(update={"code": _beside(path, generator.code)})
    return recipe.model_copy(update={"seeds": seeds, "generator": generator})


def _beside(recipe: Path, name: str) -> str:
    """Return the path of what a recipe names: as it is where that exists, else beside the recipe where that does."""
    beside = recipe.parent / name
    return name if Path(name).expanduser().exists() or not beside.exists() else str(beside)


def recipe_from(data: dict[str, Any], where: str = "recipe") -> Recipe:
    """Return the recipe that data describes. Raises RecipeError in one line."""
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        raise RecipeError(f"{where}: {_explain(error)}") from None
    if problems := broken_rules(recipe):
        raise RecipeError(f"{where}: {'; '.join(problems)}")
    return recipe


def _set(data: dict[str, Any], override: str) -> None:
    name, equals, value = override.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"--set {override!r} is not of the form a.b=value")
    *parents, last = name.strip().split(".")
    place = data
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise RecipeError(f"--set {override!r}: {parent} is a value, not a section")
    try:
        place[last] = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise RecipeError(f"--set {override!r}: {value!r} is not a YAML value") from None


def _explain(error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        place = [str(part) for part in item["loc"]]
        name = ".".join(place) or "recipe"
        if item["type"] == "extra_forbidden":
            known = list(_section_at(place[:-1]).model_fields)
            nearest = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
            hint = (
                f"did you mean {'.'.join([*place[:-1], nearest[0]])}?" if nearest else f"known are {', '.join(known)}"
            )
            problems.append(f"unknown key {name}; {hint}")
        else:
            message = item["msg"].removeprefix("Value error, ")
            shown = place and not isinstance(item["input"], dict) and _SECRETIVE.isdisjoint(place)
            given = f" (it is {item['input']!r})" if shown else ""
            problems.append(f"{name}: {message[:1].lower()}{message[1:]}{given}")
    return "; ".join(problems)


def _section_at(place: Sequence[str]) -> type[BaseModel]:
    section: type[BaseModel] = Recipe
    for part in place:
        annotation = section.model_fields[part].annotation
        kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        section = next((kind for kind in kinds if issubclass(kind, BaseModel)), Recipe)
    return section


def to_yaml(recipe: Recipe) -> str:
    """Return the resolved recipe as YAML, every key spelled out."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
