"""How rows of known data sets become exercises."""

from __future__ import annotations

from typing import Any

import pytest

from akd_code.intake import PRESETS, Columns, IntakeError, UnusableError


def of(preset: str, **row: Any) -> Any:
    return PRESETS.get(preset)(row)


def test_alpacas_input_stands_below_the_instruction() -> None:
    made = of("alpaca", instruction="Sort it.", input="[2, 1]", output="def f(x): return sorted(x)", id=7)
    assert (made.prompt, made.answer, made.name) == ("Sort it.\n\n[2, 1]", "def f(x): return sorted(x)", "7")
    assert of("alpaca", instruction="Sort it.", input="", output="x").prompt == "Sort it."


def test_a_conversation_is_one_question_and_one_answer() -> None:
    turns = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Q"}]
    made = of("messages", messages=[*turns, {"role": "assistant", "content": "A"}])
    assert (made.prompt, made.answer) == ("Q", "A")
    made = of("messages", conversations=[{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}])
    assert (made.prompt, made.answer) == ("Q", "A")
    with pytest.raises(UnusableError, match="not one question and one answer: user"):
        of("messages", messages=turns)


def test_a_conversation_may_be_in_parts_and_its_roles_may_have_other_names() -> None:
    parts = [
        {"type": "text", "text": "Q"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "R"},
    ]
    turns = [{"role": "developer", "content": None}, {"role": "user", "content": parts}]
    made = of("messages", messages=[*turns, {"role": "model", "content": [{"type": "text", "text": "A"}]}])
    assert (made.prompt, made.answer) == ("Q\nR", "A")


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        ("A", "a message that is none: a JSON str, not a turn"),
        (None, "a message that is none: a JSON NoneType, not a turn"),
        ({"role": "assistant", "content": 5}, "a message that is none: a turn whose `content` is not text"),
        ({"role": "assistant", "content": None, "tool_calls": []}, "a message without text: assistant"),
        ({"role": "assistant", "content": " "}, "a message without text: assistant"),
        ({"role": "assistant", "content": []}, "a message without text: assistant"),
        ({"role": "tool", "content": "A"}, "not one question and one answer: user, tool"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(turn: Any, why: str) -> None:
    with pytest.raises(UnusableError) as caught:
        of("messages", messages=[{"role": "user", "content": "Q"}, turn])
    assert str(caught.value) == why


MBPP = {
    "text": "Write a function to add.",
    "code": "def add(a, b):\r\n    return a + b",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "test_setup_code": "",
}


def test_mbpp_is_its_training_split_worded_as_mbpp_seeds_words_it() -> None:
    made = of("mbpp", task_id=601, **MBPP)
    assert made.name == "Mbpp/601" and made.entry_point == "add" and made.tests == tuple(MBPP["test_list"])
    assert made.prompt.endswith("The function is called `add`. For example:\n\nassert add(1, 2) == 3")
    assert made.answer == "```python\ndef add(a, b):\n    return a + b\n```"
    with pytest.raises(UnusableError, match="not in MBPP's training split"):
        of("mbpp", task_id=600, **MBPP)


def test_a_puzzle_is_solved_by_what_its_verifier_accepts() -> None:
    sat = "def sat(x: List[int], n=3):\n    return len(x) == n"
    header, words = "def sol(n=3):", '    """Find a list of n numbers."""'
    made = of("puzzles", name="P:0", sat=sat, sol_header=header, sol_docstring=words, sol_bodies=["    return [0] * n"])
    assert made.tests == ("assert sat(sol()) is True",) and made.entry_point == "sol"
    assert made.setup == f"from typing import List\n\n\n{sat}"
    assert made.answer == f"```python\n{header}\n{words}\n    return [0] * n\n```"
    with pytest.raises(UnusableError, match="no solution"):
        of("puzzles", name="P:1", sat=sat, sol_header=header, sol_docstring="", sol_bodies=[])


def test_columns_are_named_and_one_that_is_nowhere_is_told_with_those_there_are() -> None:
    columns = Columns("q", "a", tests="t")
    made = columns({"q": "Double it.", "a": "def f(x): return 2 * x", "t": ["assert f(1) == 2"], "id": "d"})
    assert (made.prompt, made.tests, made.entry_point, made.name) == ("Double it.", ("assert f(1) == 2",), None, "d")
    columns.check([(1, {"q": 1, "a": 1}), (2, {"t": 1})])
    with pytest.raises(IntakeError, match="no row has a column 't'; there are a, q"):
        columns.check([(1, {"q": 1, "a": 1})])


def test_a_preset_that_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(IntakeError, match="unknown preset 'mbp'; did you mean mbpp"):
        PRESETS.get("mbp")
