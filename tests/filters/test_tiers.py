"""The tiers of deduplication: what each takes for the same, in a pool, in a batch, and after segments were merged."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from akd_code.filters import pool as pool_module
from akd_code.filters.embedding import EmbeddingMeasure
from akd_code.filters.exact import ExactMeasure
from akd_code.filters.minhash import MinHashMeasure
from akd_code.filters.pool import Likeness, Pool
from akd_code.filters.rouge import RougeMeasure
from akd_code.filters.segments import Measure
from akd_code.modules import HashedEmbedder

MEADOW = "write a function that counts how many sheep graze on a meadow and returns the number as an integer"


def refused(measure: Measure, known: list[str], text: str) -> bool:
    pool = Pool(measure)
    if known:
        pool.add(known)
    return pool.likes([text])[0] is not None


@pytest.mark.parametrize(
    ("text", "same"), [("Add  two\nNUMBERS", True), ("add two ｎｕｍｂｅｒｓ", True), ("add two numbers!", False)]
)
def test_exact_looks_past_case_and_white_space_and_no_further(text: str, same: bool) -> None:
    assert refused(ExactMeasure(), ["add two numbers"], text) is same


def grams(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_minhash_decides_by_the_jaccard_of_word_5_grams(seed: int) -> None:
    rng = random.Random(seed)
    words = [rng.choice("abcdefghij") + str(rng.randrange(30)) for _ in range(60)]
    other = list(words)
    for _ in range(rng.randrange(4)):
        other[rng.randrange(60)] = "x"
    one, two = " ".join(words), " ".join(other)
    jaccard = len(grams(one) & grams(two)) / len(grams(one) | grams(two))
    assert refused(MinHashMeasure(), [one], two) is (jaccard >= 0.7)


@pytest.mark.parametrize(("one", "two", "same"), [("a b", "A, b.", True), ("a b", "a c", False), ("", "", False)])
def test_minhash_takes_a_short_text_as_one_gram_and_an_empty_one_as_like_nothing(
    one: str, two: str, same: bool
) -> None:
    assert refused(MinHashMeasure(), [one, "something else entirely"], two) is same


sentences = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), min_size=1, max_size=14).map(" ".join)


@given(st.lists(sentences, min_size=1, max_size=12), sentences)
@settings(deadline=None)
def test_rouge_decides_as_rouge_score_does_but_lets_exactly_0_7_through(known: list[str], text: str) -> None:
    scorer = RougeScorer(["rougeL"])
    best = max(scorer.score(one, text)["rougeL"].fmeasure for one in known)
    expected = False if abs(best - 0.7) < 1e-9 else best > 0.7
    assert refused(RougeMeasure(0.7), known, text) is expected


class Given:
    """An embedder whose vectors are written in the text."""

    name = "given"

    def embed(self, texts: list[str]) -> np.ndarray:
        return np.array([[float(number) for number in text.split()] for text in texts], dtype=np.float32)

    def close(self) -> None:
        return None


def test_embeddings_decide_by_their_cosine() -> None:
    close, far = f"{0.96} {np.sqrt(1 - 0.96**2)}", f"{0.94} {np.sqrt(1 - 0.94**2)}"
    assert refused(EmbeddingMeasure(Given()), ["1 0"], close)  # type: ignore[arg-type]
    assert not refused(EmbeddingMeasure(Given()), ["1 0"], far)  # type: ignore[arg-type]


class RandomVectors:
    """Vectors of 256 numbers; a text that ends with ~ has almost those of the text without it."""

    name = "random"

    def embed(self, texts: list[str]) -> np.ndarray:
        rows = []
        for text in texts:
            row = np.random.default_rng(int(text.rstrip("~"))).standard_normal(256)
            row += 0.1 * np.random.default_rng(1).standard_normal(256) * text.count("~")
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32)

    def close(self) -> None:
        return None


def test_no_pair_is_lost_by_looking_at_the_heads_of_vectors_first() -> None:
    pool = Pool(EmbeddingMeasure(RandomVectors()))  # type: ignore[arg-type]
    pool.add([str(number) for number in range(3000)])
    likes = pool.likes([f"{number}~" for number in range(0, 3000, 10)])
    assert [like.index for like in likes if like] == list(range(0, 3000, 10))
    assert pool.likes(["9999"]) == [None]


@pytest.mark.parametrize(
    "measure", [ExactMeasure(), MinHashMeasure(), RougeMeasure()], ids=lambda one: type(one).__name__
)
def test_a_pool_that_grew_one_by_one_answers_as_one_that_came_at_once(
    measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(4)
    texts = [" ".join(rng.choice("pqrstuvwxyz") for _ in range(rng.randrange(3, 20))) for _ in range(60)]
    asked = [*texts[::3], *(" ".join(rng.choice("pqrstuvwxyz") for _ in range(8)) for _ in range(30))]
    whole = Pool(measure)
    whole.add(texts)
    monkeypatch.setattr(pool_module, "LARGEST", 16)
    grown = Pool(measure)
    for text in texts:
        grown.add([text])
    assert len(grown.segments) > 2
    expected = [like and like.score for like in whole.likes(asked)]
    assert [like and like.score for like in grown.likes(asked)] == expected


def test_a_text_is_compared_with_those_before_it_in_the_batch_that_are_let_through() -> None:
    pool = Pool(ExactMeasure())
    pool.add(["sheep"])
    assert pool.likes(["goat", "sheep", "Goat", "cow"]) == [
        None,
        Likeness(0, 1.0),
        Likeness(0, 1.0, in_batch=True),
        None,
    ]


OTHER_SCRIPTS = {
    "Chinese": (
        "编写一个 Python 函数，返回列表中所有偶数的和。",
        "用 Python 实现二分查找算法，并返回目标的下标。",
        "编写一个 Python 函数，返回列表中所有偶数之和。",
    ),
    "Arabic": (
        "اكتب دالة بلغة Python تعيد مجموع الأعداد الزوجية في القائمة",
        "احسب طول أطول كلمة في جملة باستخدام Python",
        "اكتب دالة بلغة Python تعيد مجموع الأعداد الزوجية من القائمة",
    ),
    "Russian": (
        "Напишите на Python функцию, которая возвращает сумму чётных чисел списка",
        "Найдите в Python самое длинное слово предложения",
        "Напишите на Python функцию, которая возвращает сумму всех чётных чисел списка",
    ),
}


@pytest.mark.parametrize("script", OTHER_SCRIPTS)
def test_texts_in_another_script_are_told_apart_and_found_alike_by_their_own_words(script: str) -> None:
    """All of them say `Python`, and nothing else in Latin letters."""
    first, other, reworded = OTHER_SCRIPTS[script]
    for measure in (MinHashMeasure(), RougeMeasure(), EmbeddingMeasure(HashedEmbedder())):
        assert not refused(measure, [first], other)
        assert refused(measure, [first], first)
    assert refused(RougeMeasure(), [first], reworded)


@pytest.mark.parametrize("text", ["∑∑∑", "!!!", ""])
def test_texts_without_words_are_like_nothing_to_an_embedder(text: str) -> None:
    assert not refused(EmbeddingMeasure(HashedEmbedder()), [text], text)


def test_texts_that_an_embedder_sees_the_same_beginning_of_are_not_the_same() -> None:
    shared = " ".join(f"word{number}" for number in range(1_500))
    assert not refused(EmbeddingMeasure(HashedEmbedder()), [f"{shared} Sort the sheep."], f"{shared} Draw a map.")
