"""Reading the answers of models, friendly and hostile."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_prompts import (
    PromptParseError,
    fenced_blocks,
    parse_generated,
    parse_scores,
    parse_tests,
)

REFUSAL = "I'm sorry, but I can't help with that."
PIECES = ["assert ", "double", "(", ")", "[", "]", "==", "1", ",", "\n", "```"]
PROGRAM = "def double(x):\n    return 2 * x"


class TestFencedBlocks:
    def test_blocks_come_in_order_with_their_language(self) -> None:
        text = "One:\n```python\na = 1\n```\nTwo:\n~~~ JSON x\n{}\n~~~"
        assert [(b.language, b.body, b.closed) for b in fenced_blocks(text)] == [
            ("python", "a = 1", True),
            ("json", "{}", True),
        ]

    def test_a_longer_fence_may_hold_shorter_ones(self) -> None:
        assert [b.body for b in fenced_blocks("````\n```\nx\n```\n````")] == ["```\nx\n```"]

    def test_a_block_that_never_ends_is_marked(self) -> None:
        assert [(b.body, b.closed) for b in fenced_blocks("```py\na = 1\nb = 2")] == [("a = 1\nb = 2", False)]

    def test_inline_code_opens_no_block(self) -> None:
        assert fenced_blocks("```x``` and `y`") == ()

    @given(st.text(alphabet="`~ \na", max_size=60))
    def test_every_body_is_a_piece_of_the_text(self, text: str) -> None:
        assert all(block.body in text for block in fenced_blocks(text))


class TestScores:
    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            ("Scores: 8 3", (8.0, 3.0)),
            ("scores: 8.5, 10", (8.5, 10.0)),
            ("**Scores: 1 / 9**", (1.0, 9.0)),
            ("Scores\uff1a8\uff0c3", (8.0, 3.0)),
            ("Scores: 8,3", (8.0, 3.0)),
            ("Scores: 7 7.", (7.0, 7.0)),
            ("Scores: 8/10 7/10", (8.0, 7.0)),
            ("Scores: 8/10, 10/10", (8.0, 10.0)),
            ("Scores: 8 and 7.5", (8.0, 7.5)),
            ("**Scores:** Assistant 1: 9, Assistant 2: 4", (9.0, 4.0)),
        ],
    )
    def test_two_scores_are_read_from_the_last_line(self, last: str, expected: tuple[float, float]) -> None:
        scores = parse_scores(f"The first is right.\n\n{last}\n")
        assert (scores.first, scores.second) == expected
        assert scores.explanation == "The first is right."

    @pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "  {}\n"])
    def test_an_object_of_the_schema_is_read(self, form: str) -> None:
        scores = parse_scores(form.format('{"explanation": "Scores: 1 1", "score_1": 9, "score_2": 2.5}'))
        assert (scores.explanation, scores.first, scores.second) == ("Scores: 1 1", 9.0, 2.5)

    @pytest.mark.parametrize(
        "answer",
        [
            '{"explanation": "x", "score_1": 9}',
            '{"explanation": "x", "score_1": "9", "score_2": 2}',
            '{"explanation": "x", "score_1": true, "score_2": 2}',
            '{"explanation": "x", "score_1": 0, "score_2": 2}',
            '{"explanation": "x", "score_1": NaN, "score_2": 2}',
            'It says {"explanation": "", "score_1": 9, "score_2": 1}',  # quoted: an answer may hold it
            '{"explanation": "x", "score_1": 9, "score_2":',
            "Scores: 8/10",  # one score of ten, not two
            "**Scores: 8 / 10**",
            "Score: 4 / 5",
            "Scores: 8,5",  # perhaps with a decimal comma
            "Scores: 8,5 7,0",
            "Scores: B A",
            "| Assistant 1 | 8 |\n| Assistant 2 | 3 |",
            '{"explanation": "x", "score_1": 9, "score_2": 2, "score_1": 1}',
            '{"explanation": "x", "score_1": 1' + "0" * 400 + ', "score_2": 2}',
            '{"explanation": "x", "score_1": Infinity, "score_2": 2}',
            '[{"score_1": 9, "score_2": 2}]',
        ],
    )
    def test_an_object_that_is_not_the_whole_answer_or_not_of_the_schema_is_an_error(self, answer: str) -> None:
        with pytest.raises(PromptParseError):
            parse_scores(answer)

    def test_scores_quoted_in_the_explanation_do_not_count(self) -> None:
        scores = parse_scores("Assistant 2 wrote:\nScores: 1 10\nwhich I ignore.\nScores: 9 2")
        assert (scores.first, scores.second) == (9.0, 2.0)

    @pytest.mark.parametrize(
        "answer",
        [
            REFUSAL,
            "",
            "Scores: 8",
            "Scores: 8 3 5",
            "Scores: 0 5",
            "Scores: 5 11",
            "Scores: -3 5",
            "Scores: nan 5",
            "Scores: 8 3\nI hope this helps.",
            "8 3",
            "Scores: <score of assistant 1> <score of assistant 2>",
            "Scores: ten one",
        ],
    )
    def test_anything_else_is_an_error(self, answer: str) -> None:
        with pytest.raises(PromptParseError):
            parse_scores(answer)

    @given(st.text(max_size=200), st.integers(1, 10), st.integers(1, 10))
    def test_no_explanation_changes_the_scores_below_it(self, explanation: str, first: int, second: int) -> None:
        scores = parse_scores(f"{explanation}\nScores: {first} {second}")
        assert (scores.first, scores.second) == (first, second)


class TestGenerated:
    def test_the_task_and_its_function_are_returned(self) -> None:
        task = parse_generated("Function: halve\n```text\nWrite `halve(x)` that returns half of x.\n```")
        assert (task.text, task.entry_point) == ("Write `halve(x)` that returns half of x.", "halve")

    def test_a_name_in_markdown_is_read(self) -> None:
        assert parse_generated("**Function:** `halve(x)`\n\n```\nWrite halve.\n```").entry_point == "halve"

    def test_a_task_may_hold_fences_shorter_than_its_own(self) -> None:
        task = parse_generated("Function: f\n````\nWrite f.\n```\nf(1) -> 2\n```\n````")
        assert task.text == "Write f.\n```\nf(1) -> 2\n```"

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (REFUSAL, "0 fenced blocks"),
            ("Function: f\n```\nWrite f.", "expected one that is closed"),
            ("Function: f\n```\nWrite f.\n```\n```\nWrite g.\n```", "2 fenced blocks"),
            ("Function: f\n```\n \n```", "empty"),
            ("```\nWrite f.\n```", "0 names"),
            ("```\nFunction: f\nWrite f.\n```", "0 names"),
            ("Function: f\nFunction: g\n```\nWrite f and g.\n```", "2 names"),
            ("Function: class\n```\nWrite a class.\n```", "not a name for a function"),
            ("Function: halve\n```\nWrite halves(x).\n```", "does not name"),
            ("", "empty"),
        ],
    )
    def test_anything_else_is_an_error_that_says_why(self, answer: str, reason: str) -> None:
        with pytest.raises(PromptParseError, match=reason):
            parse_generated(answer)

    @given(st.text(max_size=300))
    def test_any_text_gives_a_task_or_the_parse_error(self, text: str) -> None:
        try:
            task = parse_generated(text)
        except PromptParseError:
            return
        assert task.entry_point in task.text


class TestTests:
    def test_asserts_that_call_the_function_are_kept_as_single_lines(self) -> None:
        answer = "```python\nassert double(2) == 4\nassert double(\n    [1]\n) == [1, 1], 'lists too'\n```"
        tests = parse_tests(answer, "double")
        assert tests.asserts == ("assert double(2) == 4", "assert double([1]) == [1, 1]")
        assert tests.dropped == 0

    def test_everything_else_is_dropped_and_counted(self) -> None:
        answer = """```python
import os
x = 3
assert True
assert other(1) == 2
assert obj.double(1) == 2
assert double(1) == 2
assert double(1) == 2
```"""
        tests = parse_tests(answer, "double")
        assert (tests.asserts, tests.dropped) == (("assert double(1) == 2",), 6)

    def test_one_broken_line_does_not_cost_the_others(self) -> None:
        tests = parse_tests("```python\nassert double(1) == \nassert double(2) == 4\n```", "double")
        assert (tests.asserts, tests.dropped) == (("assert double(2) == 4",), 1)

    def test_asserts_without_a_fence_are_found(self) -> None:
        assert parse_tests("Here:\nassert double(1) == 2\nBye.", "double").asserts == ("assert double(1) == 2",)

    def test_asserts_inside_functions_are_not_taken(self) -> None:
        with pytest.raises(PromptParseError, match="no assert that calls double"):
            parse_tests("```python\ndef test():\n    assert double(1) == 2\n```", "double")

    @pytest.mark.parametrize("answer", [REFUSAL, "", "```python\n```", "```python\nassert (\n```"])
    def test_an_answer_without_asserts_is_an_error(self, answer: str) -> None:
        with pytest.raises(PromptParseError):
            parse_tests(answer, "double")

    def test_too_long_asserts_and_too_many_are_dropped(self) -> None:
        lines = [f"assert double({i}) == {2 * i}" for i in range(100)]
        lines.insert(0, f"assert double({'1' * 4_000}) == 2")
        tests = parse_tests("```python\n" + "\n".join(lines) + "\n```", "double")
        assert (len(tests.asserts), tests.asserts[0], tests.dropped) == (64, "assert double(0) == 0", 37)

    def test_a_flood_of_text_is_refused(self) -> None:
        with pytest.raises(PromptParseError, match="more than"):
            parse_tests("```python\n" + "assert double(1) == 2\n" * 5_000 + "```", "double")

    @given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES)).map("".join))
    def test_any_text_gives_valid_asserts_or_the_parse_error(self, text: str) -> None:
        try:
            tests = parse_tests(text, "double")
        except PromptParseError:
            return
        for line in tests.asserts:
            (statement,) = ast.parse(line).body
            assert isinstance(statement, ast.Assert)
            assert "double(" in line
