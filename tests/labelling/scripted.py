"""A teacher that says what a test wants it to say, by the kind of prompt it is asked, and labels made with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from akd_code.labelling import Labeller, label_all, open_labeller
from akd_code.models import Completion, Message, Sampling
from akd_code.recipe import recipe_from
from akd_code.records import Label, Prompt, PromptTests, content_id
from akd_code.roles import EmbedderRole, Role, Roles
from akd_prompts import Inputs, recognise
from akd_sandbox import Limits, Sandbox

Says = str | tuple[str, str] | Callable[[Inputs], str] | list[str]


class ScriptedTeacher:
    """Answers each kind of prompt with text, (text, finish_reason), a function of its inputs, or a list by sample."""

    name = "scripted"
    endpoint = "scripted"

    def __init__(self, **says: Says) -> None:
        self.says = says
        self.asked: list[tuple[str, Inputs]] = []
        self.samples: list[tuple[str, int]] = []

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        found = recognise(messages)
        assert found is not None
        self.asked.append((found.name, found.inputs))
        self.samples.append((found.name, sample))
        said = self.says[found.name]
        if isinstance(said, list):
            said = said[sample]
        if callable(said):
            said = said(found.inputs)
        text, reason = (said, "stop") if isinstance(said, str) else said
        return Completion(text, reason, 10, 5, "scripted")

    async def aclose(self) -> None:
        return None


def fenced(code: str) -> str:
    return f"```python\n{code.rstrip()}\n```"


LIMITS = Limits(test_s=2.0)
TEXT = "Write a function `f(xs)` that doubles the even numbers of a list and drops the odd ones."
RIGHT = "def f(xs):\n    return [2 * x for x in xs if x % 2 == 0]\n"
WRONG = "def f(xs):\n    return [2 * x for x in xs]\n"
EMPTY_SUM = "def f(xs):\n    return []\n"
TESTS = """
assert f([]) == []
assert f([2]) == [4]
assert f([4, 6]) == [8, 12]
assert f([1]) == []
assert f([3, 8]) == [16]
assert f([0]) == [0]
"""
STUBS = (
    'def keep_even(xs: list[int]) -> list[int]:\n    """Keep only the even numbers."""\n\n'
    'def double_all(xs: list[int]) -> list[int]:\n    """Double every number."""\n'
)
MODULAR = (
    'def keep_even(xs):\n    """Keep only the even numbers."""\n    return [x for x in xs if x % 2 == 0]\n\n'
    'def double_all(xs):\n    """Double every number."""\n    return [2 * x for x in xs]\n\n'
    "def f(xs):\n    return double_all(keep_even(xs))\n"
)
MODULE_TESTS = {
    "keep_even": "assert keep_even([1, 2]) == [2]\nassert keep_even([]) == []\nassert keep_even([4]) == [4]",
    "double_all": "assert double_all([1, 2]) == [2, 4]\nassert double_all([]) == []\nassert double_all([4]) == [8]",
}


def module_tests(inputs: Inputs) -> str:
    name = getattr(inputs, "name", "")
    return fenced(MODULE_TESTS[name])


def script(**changes: Says) -> ScriptedTeacher:
    says: dict[str, Says] = {
        "solve": fenced(WRONG),
        "cot": "1. Keep the even ones.\n\n" + fenced(RIGHT),
        "decompose": fenced(STUBS),
        "evolve": fenced(MODULAR),
        "write_tests": fenced(TESTS),
        "repair": fenced(RIGHT),
        "test_module": module_tests,
    }
    return ScriptedTeacher(**{**says, **changes})


def prompt(text: str = TEXT, suite: PromptTests | None = None, given: bool = False) -> Prompt:
    """Return a task over `f`; `given` lets it come with its six tests."""
    if given:
        suite = PromptTests(tuple(TESTS.split("\n")[1:-1]), "given")
    return Prompt(content_id(text), text, "f", tests=suite)


def opened(method: str, teacher: ScriptedTeacher, box: Sandbox, folder: Path, **sections: Any) -> Labeller:
    """Return the labeller of a method; `sections` are the recipe's, merged over one attempt per prompt."""
    label = {"attempts": 1, "method": method, **sections.pop("label", {})}
    recipe = recipe_from({"name": "test", "label": label, **sections})
    role = Role(teacher, Sampling())
    return open_labeller(recipe, Roles(role, role, None, EmbedderRole("hashed")), box, LIMITS, folder)


def labelled(labeller: Labeller, *prompts: Prompt, round_: int = 1) -> list[Label]:
    """Return the labels of a round, of the one prompt unless others are given."""
    labeller.begin(round_)
    return asyncio.run(label_all(labeller, prompts or [prompt()]))
