"""Which prompts are mutated: difficulty, weights, and drawing without replacement."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest
from scipy import stats

from akd_code.curriculum.references import (
    difficulties,
    draw_references,
    family_of,
    margin_weights,
    mean_margins,
    softmax_weights,
)
from akd_code.records import Gap, Origin, PairMargin, Prompt

NAMES = "abcd"


def drawn(weights: list[float], count: int, seed: int) -> list[str]:
    return draw_references(NAMES, weights, count, NAMES, 1, random.Random(seed))


def test_a_low_margin_weighs_exp_of_minus_it() -> None:
    low, middle, high = margin_weights([-1.0, 0.0, 2.5])
    assert low / middle == pytest.approx(math.e)
    assert middle / high == pytest.approx(math.exp(2.5))


def test_margins_far_from_zero_neither_overflow_nor_vanish_together() -> None:
    assert margin_weights([-2000.0, -1999.0]) == pytest.approx([1.0, math.exp(-1)])
    assert margin_weights([]) == []


def test_a_softer_draw_is_more_even() -> None:
    assert softmax_weights([1.0, -1.0], 1.0) == pytest.approx([1.0, math.exp(-2)])
    assert softmax_weights([1.0, -1.0], 4.0) == pytest.approx([1.0, math.exp(-0.5)])


def test_two_draws_without_replacement_come_as_often_as_their_probability_says() -> None:
    margins = [0.0, 0.5, 1.0, 2.0]
    weights = margin_weights(margins)
    shares = {name: math.exp(-margin) for name, margin in zip(NAMES, margins, strict=True)}
    total = sum(shares.values())
    pairs = list(itertools.permutations(NAMES, 2))
    # the first by its share of all, the second by its share of what is left
    expected = [shares[one] / total * shares[two] / (total - shares[one]) for one, two in pairs]
    draws = 8000
    seen = Counter(tuple(drawn(weights, 2, seed)) for seed in range(draws))
    test = stats.chisquare([seen[pair] for pair in pairs], [draws * share for share in expected])
    assert sum(seen.values()) == draws
    assert test.pvalue > 0.001


def test_nothing_is_drawn_twice_and_no_more_than_there_is() -> None:
    assert sorted(drawn([1.0, 1.0, 1.0, 1.0], 9, 0)) == list(NAMES)
    assert draw_references([], [], 5, [], 1, random.Random(0)) == []


def test_weights_of_nothing_leave_every_candidate_as_likely() -> None:
    firsts = Counter(drawn([0.0] * 4, 1, seed)[0] for seed in range(400))
    assert min(firsts.values()) > 60


def test_a_subtopic_gives_two_references_at_most() -> None:
    groups = ["sets"] * 6 + ["trees"] * 3 + ["heaps"]
    for seed in range(20):
        chosen = draw_references(list(range(10)), [9.0] * 6 + [1.0] * 4, 10, groups, 2, random.Random(seed))
        assert Counter(groups[one] for one in chosen) == {"sets": 2, "trees": 2, "heaps": 1}


def gap(name: str, rate: float | None = None, *, value: float = 0.0, hard: bool | None = True) -> Gap:
    return Gap(name, value, hard, "judge" if rate is None else "tests", 1.0, rate)


def test_difficulty_is_standardised_among_prompts_with_the_same_kind_of_evidence() -> None:
    gaps = [gap("a", 0.0), gap("b", 0.5), gap("c", 1.0, hard=False), gap("j", value=1.0), gap("k", value=7.0)]
    found = difficulties([*gaps, gap("u", hard=None)])
    spread = math.sqrt(1.5)  # deviation of 1, 0.5 and 0 is 1/sqrt(6); of 1 and 7 it is 3
    assert found == pytest.approx({"a": spread, "b": 0.0, "c": -spread, "j": -1.0, "k": 1.0})


def test_equal_difficulties_are_all_zero() -> None:
    assert difficulties([gap("a", 0.25), gap("b", 0.25)]) == {"a": 0.0, "b": 0.0}


def test_the_margin_of_a_prompt_is_the_mean_of_its_pairs() -> None:
    assert mean_margins([PairMargin("a", 1.0), PairMargin("b", -2.0), PairMargin("a", 2.0)]) == {"a": 1.5, "b": -2.0}


def test_a_prompt_counts_under_its_subtopic_or_the_seed_it_descends_from() -> None:
    seed, child = Prompt("s", "seed"), Prompt("c", "child", parent="s")
    grandchild = Prompt("g", "grandchild", parent="c")
    topical = Prompt("t", "topical", parent="leaf", origin=Origin("topics", "", topic="Sets", subtopic="union"))
    loop = Prompt("l", "its own parent", parent="l")
    known = {one.id: one for one in (seed, child, grandchild, topical, loop)}
    assert [family_of(one, known) for one in known.values()] == ["s", "s", "s", "Sets: union", "l"]
