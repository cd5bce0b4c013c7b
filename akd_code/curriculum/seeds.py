"""The first prompts of a run, from the lab or from a JSONL file of the user's."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from akd_code.errors import RecipeError
from akd_code.lab.suite import lab_seeds
from akd_code.recipe import Recipe
from akd_code.records import Prompt, PromptTests, content_id

_LAB_SEEDS = 400
_FIELDS = {"id", "prompt", "entry_point", "tests", "setup"}


def load_seeds(recipe: Recipe) -> list[Prompt]:
    """Return the seeds of a recipe. Raises RecipeError for an absent file and for a broken line, with its number."""
    source, limit = recipe.seeds.source, recipe.seeds.limit
    if source == "lab":
        return lab_seeds(limit or _LAB_SEEDS, recipe.seed)
    path = Path(source).expanduser()
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"cannot read seeds.source {source}: {error}; `akd data mbpp-seeds` or `akd init` write one"
        ) from None
    prompts = [_prompt(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    unique = list({prompt.id: prompt for prompt in prompts}.values())
    if not unique:
        raise RecipeError(f'{path} holds no seeds; a line is {{"prompt": ..., "entry_point": ..., "tests": [...]}}')
    if limit is not None and limit < len(unique):
        chosen = sorted(random.Random(f"seeds {recipe.seed}").sample(range(len(unique)), limit))
        unique = [unique[index] for index in chosen]
    return unique


def _prompt(line: str, where: str) -> Prompt:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"{where}: not JSON ({error}); a line is one object with `prompt`") from None
    text = row.get("prompt") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise RecipeError(f"{where}: lacks the text `prompt`; a line is one object with it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise RecipeError(f"{where}: `prompt` holds half of a surrogate pair; correct its encoding")
    if unknown := sorted(row.keys() - _FIELDS):
        raise RecipeError(f"{where}: unknown field {unknown[0]!r}; a seed has {', '.join(sorted(_FIELDS))}")
    entry = row.get("entry_point")
    if not isinstance(entry, str | None):
        raise RecipeError(f"{where}: `entry_point` must be text, the name of the function")
    tests = _tests(row, where)
    if tests is not None and entry is None:
        raise RecipeError(f"{where}: tests need an `entry_point`, the name of the function they call")
    return Prompt(content_id(text), text, entry, tests=tests, meta=(("seed", str(row.get("id", ""))),))


def _tests(row: dict[str, Any], where: str) -> PromptTests | None:
    tests, setup = row.get("tests"), row.get("setup")
    if tests is not None and not (isinstance(tests, list) and all(isinstance(test, str) for test in tests)):
        raise RecipeError(f"{where}: `tests` must be a list of assert lines")
    if not isinstance(setup, str | None):
        raise RecipeError(f"{where}: `setup` must be text, code that the tests need")
    return PromptTests(tuple(tests), "given", setup or "") if tests else None
