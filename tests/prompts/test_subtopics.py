"""Reading lists of subtopics as models write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_prompts import PromptParseError, parse_subtopics

WANTED = ("Sorting by one key", "Stable sorting", "Top-k with a heap")


@pytest.mark.parametrize(
    "answer",
    [
        "1. Sorting by one key\n2. Stable sorting\n3. Top-k with a heap",
        "Here are the subtopics:\n\n1) Sorting by one key\n2) Stable sorting.\n3) Top-k with a heap\n\nEnjoy!",
        "- Sorting by one key\n- Stable sorting\n- stable SORTING\n- Top-k with a heap",
        "* **Sorting by one key**\n* **Stable sorting**\n* **Top-k with a heap**",
        "**1. Sorting by one key**\n**2. Stable sorting**\n**3. Top-k with a heap**",
        '```json\n["Sorting by one key", "Stable sorting", "Top-k with a heap"]\n```',
        '{"subtopics": ["Sorting by one key", "Stable sorting", "Top-k with a heap"]}',
        "```\n(1) Sorting by one key\n(2) Stable sorting\n(3) Top-k with a heap\n```",
    ],
)
def test_numbered_bulleted_and_json_lists_are_read(answer: str) -> None:
    assert parse_subtopics(answer, 10) == WANTED


def test_what_exceeds_the_number_asked_for_is_left_out() -> None:
    assert parse_subtopics("1. a\n2. b\n3. c", 2) == ("a", "b")


def test_items_that_are_no_phrases_are_passed_over() -> None:
    assert parse_subtopics(f"1. ...\n2. {'long ' * 60}\n3. \x1b[31mred\n4. loops", 9) == ("loops",)


@pytest.mark.parametrize("answer", ["", "I cannot help with that.", "[1, 2]", "[" * 5_000, "1.5 is a number"])
def test_an_answer_without_a_list_is_an_error(answer: str) -> None:
    with pytest.raises(PromptParseError):
        parse_subtopics(answer, 10)


@given(st.text(max_size=300))
def test_any_text_gives_short_printable_phrases_or_the_parse_error(text: str) -> None:
    try:
        found = parse_subtopics(text, 5)
    except PromptParseError:
        return
    assert 1 <= len(found) <= 5
    assert all(name.isprintable() and 0 < len(name) <= 200 for name in found)
