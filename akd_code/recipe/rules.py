"""What of a recipe must fit together, beyond each setting's own range."""

from __future__ import annotations

import re

from akd_code.recipe.sections import Recipe

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""An environment variable in a value of a recipe."""
_SECRET_NAME = re.compile(r"key|token|secret|password|passwd|authorization|cookie|bearer|^sig$|^code$", re.IGNORECASE)


_VOICES = 3
"""The referee's VOICES: as many answers must agree, at least."""


def names_a_secret(name: str) -> bool:
    """Tell whether what stands under this name, in a URL, a header or a query, is secret as a rule."""
    return _SECRET_NAME.search(name) is not None


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


def _no_key_is_written_down(recipe: Recipe) -> str | None:
    sections = [(name, getattr(recipe, name)) for name in ("teacher", "referee", "checker", "generator")]
    values = {
        f"{name}.{kind}.{key}": value
        for name, section in sections
        for kind in ("extra_headers", "extra_query")
        for key, value in (getattr(section, kind) or {}).items()
    }
    values |= {f"evolve.embedder_headers.{key}": value for key, value in recipe.evolve.embedder_headers.items()}
    values |= {f"evolve.embedder_query.{key}": value for key, value in recipe.evolve.embedder_query.items()}
    for place, value in values.items():
        if names_a_secret(place.rpartition(".")[2]) and not VARIABLE.search(value):
            return f"{place} is a key written out, and a recipe is copied into runs: write ${{NAME}}, and export NAME"
    return None


def _stronger_suites_need_voices(recipe: Recipe) -> str | None:
    if recipe.label.strengthen and recipe.label.agreement < _VOICES:
        return (
            f"label.strengthen adds what most answers say, and label.agreement asks for {recipe.label.agreement}; "
            f"set label.agreement to {_VOICES} or more"
        )
    return None


def _the_suite_that_decides_is_measured(recipe: Recipe) -> str | None:
    suite = recipe.keep.suite
    if suite is not None and suite not in recipe.eval.suites:
        return (
            f"keep.suite is {suite!r}, which eval.suites does not measure; name one of {', '.join(recipe.eval.suites)}"
        )
    return None


def _a_pass_rate_needs_samples(recipe: Recipe) -> str | None:
    if recipe.referee.hardness != "pass-rate":
        return None
    if recipe.student.samples < 2:
        return "referee.hardness: pass-rate needs several answers to a prompt: set student.samples, to 8 for instance"
    if recipe.referee.hard_below > recipe.referee.easy_above:
        return "referee.hard_below is above referee.easy_above: a prompt would be hard and easy; exchange them"
    return None


def _new_prompts_come_in_some_way(recipe: Recipe) -> str | None:
    if not any(recipe.generator.streams.values()):
        return "generator.streams gives no way a share; write one such as {lion-hard: 0.5, lion-easy: 0.5}"
    if recipe.generator.streams.get("oss") and recipe.generator.code is None:
        return "generator.streams has oss, which needs a folder of source code; name it in generator.code"
    return None


def _margins_come_from_pairs(recipe: Recipe) -> str | None:
    by_margin = recipe.generator.drawn_by == "margin" and recipe.generator.streams.get("akd")
    if by_margin and recipe.prefer.method != "dpo":
        return "generator.drawn_by: margin needs pairs; set prefer.method to dpo, or draw by difficulty"
    return None


RULES = (
    _recorded_answers_write_no_prompts,
    _a_suite_is_named_once,
    _no_key_is_written_down,
    _the_suite_that_decides_is_measured,
    _stronger_suites_need_voices,
    _a_pass_rate_needs_samples,
    _new_prompts_come_in_some_way,
    _margins_come_from_pairs,
)
