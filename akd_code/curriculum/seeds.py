"""The first prompts of a run, from the lab or from a JSONL file of the user's."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from akd_code.curriculum.suite_score import with_score
from akd_code.errors import RecipeError
from akd_code.lab.suite import lab_seeds
from akd_code.recipe import Recipe
from akd_code.records import Prompt, PromptTests, content_id
from akd_sandbox.checks import holds_check
from akd_sandbox.syntax import NOT_PYTHON, parse

_LAB_SEEDS = 400
_NAME = re.compile(r"[^\W\d]\w*(?:\(\))?(?:\.[^\W\d]\w*)*")
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_FIELDS = {"id", "prompt", "entry_point", "tests", "setup"}
_PASSED_OVER = {"answer", "canonical_solution", "solutions", "referee"}
"""What suites hold beside: programs that tests are held to, and what the referee found out about the tests."""


def load_seeds(recipe: Recipe) -> list[Prompt]:
    """Return the seeds of a recipe. Raises RecipeError for an absent file and for a broken line, with its number."""
    source, limit = recipe.seeds.source, recipe.seeds.limit
    if source == "lab":
        return lab_seeds(limit or _LAB_SEEDS, recipe.seed, recipe.lab)
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
    return seed_from(row, where)


def seed_from(row: Any, where: str) -> Prompt:
    """Return the prompt of a seed's object. Raises RecipeError, with `where` first, for one that cannot be used."""
    text = row.get("prompt") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise RecipeError(f"{where}: lacks the text `prompt`; a line is one object with it")
    if field := next(
        (name for name, value in row.items() if any(map(_HALF_A_PAIR.search, _texts_in([name, value])))), None
    ):
        raise RecipeError(f"{where}: {_shown(field)} holds half of a surrogate pair; correct its encoding")
    if unknown := sorted(row.keys() - _FIELDS - _PASSED_OVER):
        raise RecipeError(f"{where}: unknown field {unknown[0]!r}; a seed has {', '.join(sorted(_FIELDS))}")
    entry = row.get("entry_point")
    if not isinstance(entry, str | None):
        raise RecipeError(f"{where}: `entry_point` must be text, the name of the function")
    if entry is not None and not _NAME.fullmatch(entry):
        raise RecipeError(f"{where}: `entry_point` {entry!r} is not a name; give the function's, such as f")
    name = row.get("id", "")
    if not isinstance(name, str | int):
        raise RecipeError(f"{where}: `id` must be text or a number; it is {name!r}")
    tests = _tests(row, where)
    if tests is not None:
        if entry is None:
            raise RecipeError(f"{where}: tests need an `entry_point`, the name of the function they call")
        _check_tests(tests, entry, where)
    return Prompt(content_id(text), text, entry, tests=tests, meta=(("seed", str(name)),))


def _check_tests(tests: PromptTests, entry: str, where: str) -> None:
    """Raise RecipeError for tests that nothing could be judged by: such a seed would be trained on unverified."""
    first = entry.partition(".")[0].removesuffix("()")
    if tests.setup:
        _parsed(tests.setup, "`setup`", where)
    for number, line in enumerate(tests.asserts, 1):
        body = _parsed(line, f"test {number}", where)
        if not any(holds_check(statement) for statement in body):
            raise RecipeError(f"{where}: test {number} checks nothing; write an assert, or leave it out")
    names = {word for code in (*tests.asserts, tests.setup) for word in re.findall(r"\w+", code)}
    if first not in names:
        raise RecipeError(f"{where}: no test calls {entry!r}; correct `entry_point` or the tests")


def _parsed(code: str, what: str, where: str) -> list[ast.stmt]:
    try:
        return parse(code).body
    except NOT_PYTHON as error:
        raise RecipeError(f"{where}: {what} is not Python ({error}); correct it") from None


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.items() if isinstance(value, dict) else value:
            yield from _texts_in(list(one) if isinstance(one, tuple) else one)


def _shown(field: str) -> str:
    return f"`{field.encode('ascii', 'replace').decode('ascii')}`"


def _tests(row: dict[str, Any], where: str) -> PromptTests | None:
    tests, setup = row.get("tests"), row.get("setup")
    if tests is not None and not (isinstance(tests, list) and all(isinstance(test, str) for test in tests)):
        raise RecipeError(f"{where}: `tests` must be a list of assert lines")
    if not isinstance(setup, str | None):
        raise RecipeError(f"{where}: `setup` must be text, code that the tests need")
    return with_score(PromptTests(tuple(tests), "given", setup or ""), row) if tests else None
