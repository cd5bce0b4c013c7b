"""The filters of a recipe: what each refuses, one after the other, and those that others bring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from akd_code.errors import RecipeError
from akd_code.filters import FILTERS, FilterChain, open_filters
from akd_code.filters.pool import PoolFilter
from akd_code.filters.rouge import open_rouge_filter
from akd_code.filters.text import TextFilter, refusal_of_text
from akd_code.recipe import Recipe, recipe_from
from akd_code.records import Prompt


def prompts(*texts: str) -> list[Prompt]:
    return [Prompt(text, text) for text in texts]


def rouge_filter(threshold: float) -> PoolFilter:
    return open_rouge_filter(recipe_from({"generator": {"rouge": threshold}}), Path())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Write f", "short"),
        ("", "short"),
        ("`f` must add two numbers", "first_character"),
        ("“f” must add two numbers", "first_character"),
        ("Read the instructions, then add", "leak"),
        ("This NEW TASK adds two numbers", "leak"),
        ("Write a function that adds two numbers", None),
        ("Write a destruction counter for a game", None),
        ("3 numbers are given; add them", None),
    ],
)
def test_a_text_is_judged_by_length_first_character_and_leaks(text: str, reason: str | None) -> None:
    assert refusal_of_text(text) == reason


def test_a_prompt_is_compared_with_the_pool_and_with_those_before_it_that_passed() -> None:
    rouge = rouge_filter(0.7)
    rouge.admit(prompts("write a function that adds two numbers"))
    batch = prompts(
        "write a function that adds two numbers please",  # 2 * 7 / 15 above 0.7
        "count the vowels of a string",
        "count the vowels of a text",  # 2 * 5 / 12 = 0.83
        "reverse a list",
    )
    assert rouge.check(batch) == ["similar", None, "similar", None]


def test_checking_admits_nothing() -> None:
    rouge = rouge_filter(0.7)
    assert rouge.check(prompts("count the vowels")) == [None]
    assert rouge.check(prompts("count the vowels")) == [None]
    rouge.admit(prompts("count the vowels"))
    assert rouge.check(prompts("count the vowels")) == ["similar"]


def test_at_a_threshold_of_one_only_the_same_text_is_refused() -> None:
    assert rouge_filter(1.0).check(prompts("a b c", "a b c!", "a b c")) == [None, None, "similar"]


class NoLetter:
    """Refuses texts with a letter in them, and writes down what it saw and what was admitted."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self.seen: list[str] = []
        self.admitted: list[str] = []

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        self.seen += [prompt.text for prompt in batch]
        return [f"no {self.letter}" if self.letter in prompt.text else None for prompt in batch]

    def admit(self, prompts: Sequence[Prompt]) -> None:
        self.admitted += [prompt.text for prompt in prompts]


def test_the_first_filter_that_refuses_gives_the_reason_and_the_next_sees_only_the_rest() -> None:
    first, second = NoLetter("a"), NoLetter("b")
    assert FilterChain([first, second]).check(prompts("ab", "b", "c", "a")) == ["no a", "no b", None, "no a"]
    assert second.seen == ["b", "c"]


def test_what_was_admitted_is_admitted_once() -> None:
    one = NoLetter("a")
    chain = FilterChain([one])
    chain.admit(prompts("x", "y"))
    chain.admit(prompts("y", "z", "z"))
    assert one.admitted == ["x", "y", "z"]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, Path]]:
    """A filter that a test registers, and what its factory was given."""
    given: list[tuple[Recipe, Path]] = []

    def opened(recipe: Recipe, folder: Path) -> NoLetter:
        given.append((recipe, folder))
        return NoLetter("q")

    monkeypatch.setitem(FILTERS._known, "no-q", opened)
    return given


def test_a_filter_of_ones_own_is_named_in_the_recipe_and_told_the_runs_folder(
    registered: list[tuple[Recipe, Path]], tmp_path: Path
) -> None:
    recipe = recipe_from({"generator": {"filters": ["text", "no-q"]}})
    chain = open_filters(recipe, tmp_path)
    assert chain.check(prompts("three words only", "write one query now", "write one function now")) == [
        "short",
        "no q",
        None,
    ]
    assert registered == [(recipe, tmp_path)]


def test_the_recipes_filters_are_those_of_lion_unless_told_otherwise() -> None:
    text, rouge = open_filters(Recipe(), Path())._filters
    assert isinstance(text, TextFilter)
    assert isinstance(rouge, PoolFilter)


def test_an_unknown_filter_is_one_line_with_the_nearest_name() -> None:
    known = "embedding, exact, language, minhash, rouge, text"
    with pytest.raises(RecipeError, match=rf"^unknown filter 'rogue'; did you mean rouge\? known are {known}$"):
        open_filters(recipe_from({"generator": {"filters": ["rogue"]}}), Path())
