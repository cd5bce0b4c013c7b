"""ROUGE-L over words, and the index that finds near duplicates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_code.filters.rouge import Likeness, NoveltyIndex, rouge_l_f1
from akd_code.filters.words import rouge_words


def longest_common(one: list[str], other: list[str]) -> int:
    """The textbook table, to check against."""
    above = [0] * (len(other) + 1)
    for left in one:
        row = [0]
        for column, right in enumerate(other):
            row.append(above[column] + 1 if left == right else max(above[column + 1], row[column]))
        above = row
    return above[-1]


def reference(one: str, other: str) -> float:
    left, right = rouge_words(one), rouge_words(other)
    common = longest_common(left, right)
    if not common:
        return 0.0
    precision, recall = common / len(right), common / len(left)
    return 2 * precision * recall / (precision + recall)


sentences = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]), max_size=12).map(" ".join)


def test_words_are_lower_case_runs_of_letters_and_digits_without_stemming() -> None:
    assert rouge_words("Sort the_List, ascending (x2)! Ünder") == ["sort", "the", "list", "ascending", "x2", "nder"]


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        # The example of Lin (2004): L = 3 of 4 words each, L = 2 of 4 for the other order.
        ("police killed the gunman", "police kill the gunman", 0.75),
        ("police killed the gunman", "the gunman kill police", 0.5),
        ("a b c d", "a x", 1 / 3),  # L = 1: P = 1/2, R = 1/4
        ("a b", "c d", 0.0),
        ("Same text", "same TEXT!", 1.0),
        ("", "a", 0.0),
        ("", "", 0.0),
        ("!!!", "???", 0.0),
    ],
)
def test_the_score_is_that_of_the_definition(one: str, other: str, score: float) -> None:
    assert rouge_l_f1(one, other) == pytest.approx(score)


@given(sentences, sentences)
def test_the_score_agrees_with_the_textbook_table(one: str, other: str) -> None:
    assert rouge_l_f1(one, other) == pytest.approx(reference(one, other))
    assert rouge_l_f1(one, other) == rouge_l_f1(other, one)


repetitive = st.lists(st.sampled_from(["a", "b", "c"]), max_size=8).map(" ".join)


@given(st.lists(repetitive, max_size=8), repetitive, st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.75, 0.9, 1.0]))
def test_the_index_finds_the_most_similar_text_above_the_threshold(
    texts: list[str], text: str, threshold: float
) -> None:
    scores = [reference(text, other) for other in texts]
    best = max(scores, default=0.0)
    found = NoveltyIndex(texts, threshold=threshold).too_like(text)
    # Scores are ratios of numbers up to 16, so none comes closer to a threshold than this without equalling it.
    if best > threshold + 1e-6:
        assert found is not None
        assert found.score == pytest.approx(best)
        assert scores[found.index] == pytest.approx(best)
    else:
        assert found is None


def test_a_score_of_exactly_the_threshold_is_new_enough() -> None:
    # 7 common words of 10 and 10: 0.7.
    index = NoveltyIndex(["a b c d e f g x y z"], threshold=0.7)
    assert index.too_like("a b c d e f g p q r") is None
    assert index.too_like("a b c d e f g x q r") == Likeness(0, 0.8)


def test_texts_are_compared_with_those_added_later_too() -> None:
    index = NoveltyIndex()
    assert index.too_like("sort a list of numbers") is None
    index.add("reverse a text word by word")
    index.add("sort a list of numbers")
    assert index.too_like("Sort a list of numbers!") == Likeness(1, 1.0)
    assert len(index) == 2


def test_common_words_in_another_order_are_no_likeness() -> None:
    index = NoveltyIndex(["one two three four five six"])
    assert index.too_like("six five four three two one") is None


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_0_to_1_is_an_error(threshold: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        NoveltyIndex(threshold=threshold)
