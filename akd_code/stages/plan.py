"""The dry run: what a recipe would ask for, before anything is paid."""

from __future__ import annotations

from akd_code.curriculum.seeds import load_seeds
from akd_code.labelling import most_requests
from akd_code.recipe import ModelSection, Recipe

_CHARS_A_TOKEN = 3.5
_PROMPT_OVERHEAD = 150  # tokens of instructions around a task's text
_ASKED_AGAIN = 1.2  # requests a new prompt that is kept takes, with filters and failed parses


def plan(recipe: Recipe) -> str:
    """Return, in lines, the calls, tokens and cost of a run by role: upper bounds where the model decides.

    Raises RecipeError when the seeds cannot be read.
    """
    seeds = load_seeds(recipe)
    length = sum(len(seed.text) for seed in seeds) / len(seeds) / _CHARS_A_TOKEN
    new = 0 if recipe.generator.model == "none" else recipe.generator.prompts * (recipe.rounds - 1)
    labelled = len(seeds) + recipe.generator.prompts * (recipe.rounds - 1)
    written = sum(seed.tests is None and seed.entry_point is not None for seed in seeds) + new
    tested = written if recipe.label.tests else 0
    judged = 0
    pool = len(seeds)
    for _ in range(recipe.rounds - 1):
        untested = sum(seed.tests is None for seed in seeds)
        judged += {"always": 2 * pool, "needed": 2 * untested, "never": 0}[recipe.referee.judge]
        pool += recipe.generator.prompts
    rows = [
        _row("teacher", recipe.teacher, recipe, labelled * most_requests(recipe) + tested, length),
        _row("referee", recipe.referee, recipe, judged, 3 * length),
        _row("generator", recipe.generator, recipe, round(new * _ASKED_AGAIN), length),
    ]
    lines = [f"{recipe.rounds} rounds over {len(seeds)} seeds; at most, with every answer as long as it may be:"]
    lines += [text for text, _ in rows]
    costs = [cost for _, cost in rows]
    known = [cost for cost in costs if cost is not None]
    total = f"US$ {sum(known):.2f}" if len(known) == len(costs) else "unknown (give `price` in the recipe)"
    lines.append(f"cost: {total}; answers that are in the cache already cost nothing")
    trained = labelled * recipe.sft.epochs
    lines.append(f"training: {labelled} rows, {trained} with epochs; evaluation: {recipe.rounds + 1} times each suite")
    return "\n".join(lines)


def _row(role: str, section: ModelSection, recipe: Recipe, calls: int, length: float) -> tuple[str, float | None]:
    name = section.model or recipe.teacher.model
    prompt_tokens = round(calls * (length + _PROMPT_OVERHEAD))
    answer_tokens = calls * section.max_tokens
    cost = None
    if section.price is not None:
        cost = (section.price.prompt * prompt_tokens + section.price.completion * answer_tokens) / 1e6
    elif calls == 0 or name == "lab" or name.startswith(("recorded:", "hf:")):
        cost = 0.0
    said = "unknown" if cost is None else f"US$ {cost:.2f}"
    return f"  {role:9} {name}: {calls} calls, {prompt_tokens} + {answer_tokens} tokens, {said}", cost
