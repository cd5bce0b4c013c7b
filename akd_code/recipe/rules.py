"""What of a recipe must fit together, beyond each setting's own range."""

from __future__ import annotations

from akd_code.recipe.sections import Recipe


def broken_rules(recipe: Recipe) -> list[str]:
    """Return, one line each, what does not fit together and what to do about it; [] for a recipe that can be run."""
    return [problem for rule in RULES if (problem := rule(recipe)) is not None]


def _recorded_answers_write_no_prompts(recipe: Recipe) -> str | None:
    recorded = (recipe.generator.model or recipe.teacher.model).startswith("recorded:")
    if recipe.rounds > 1 and recorded:
        return (
            "recorded answers cannot write new prompts: set generator.model to a live model, or to none "
            "(the next round is then drawn from the prompts there are)"
        )
    return None


def _a_suite_is_named_once(recipe: Recipe) -> str | None:
    twice = {name for name in recipe.eval.suites if recipe.eval.suites.count(name) > 1}
    return f"eval.suites names {sorted(twice)[0]} twice; name every suite once" if twice else None


RULES = (_recorded_answers_write_no_prompts, _a_suite_is_named_once)
