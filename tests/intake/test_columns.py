"""Columns by name and by path, messages in them, and answers that only go on where the prompt ends."""

from __future__ import annotations

from typing import Any

import pytest

from akd_code.intake import Columns, IntakeError, UnusableError
from akd_code.intake.trial import completed

ANSWER = "def f(x):\n    return x + 1"
TESTS = ["assert f(1) == 2"]


def row(**fields: Any) -> dict[str, Any]:
    return {"p": "Add one.", "a": ANSWER, "t": TESTS, **fields}


def test_a_path_reads_what_is_inside_an_object() -> None:
    columns = Columns("task.text", "a", "info.checks.list", "info.name")
    given = row(task={"text": "Add one."}, info={"checks": {"list": TESTS}, "name": "f"})
    columns.check([(1, given)])
    found = columns(given)
    assert (found.prompt, found.tests, found.entry_point) == ("Add one.", tuple(TESTS), "f")


def test_a_column_of_that_very_name_comes_before_a_path() -> None:
    assert Columns("task.text", "a")(row(**{"task.text": "Plain.", "task": {"text": "Inside."}})).prompt == "Plain."


def test_a_path_that_no_row_has_is_told_with_the_columns_that_there_are() -> None:
    with pytest.raises(IntakeError, match=r"no row has a column 'p\.text'; there are a, p, t"):
        Columns("p.text", "a").check([(1, row())])


def test_messages_stand_for_the_text_of_their_role() -> None:
    prompt = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Add one."}]
    found = Columns("p", "a")(row(p=prompt, a=[{"from": "gpt", "value": ANSWER}]))
    assert (found.prompt, found.answer) == ("Add one.", ANSWER)


def test_one_conversation_may_hold_both() -> None:
    talk = [{"role": "user", "content": "Add one."}, {"role": "assistant", "content": ANSWER}]
    found = Columns("m", "m")({"m": talk})
    assert (found.prompt, found.answer) == ("Add one.", ANSWER)


def test_several_questions_are_no_prompt() -> None:
    with pytest.raises(UnusableError, match="not one message of the user in 'p': 2 of them"):
        Columns("p", "a")(row(p=[{"role": "user", "content": "One."}, {"role": "user", "content": "Two."}]))


def test_an_empty_entry_is_none() -> None:
    assert Columns("p", "a", "t", "e")(row(e="")).entry_point is None


def test_an_answer_that_goes_on_where_the_prompt_ends_is_read_with_it() -> None:
    prompt = 'import math\n\ndef f(x):\n    """Add one."""\n'
    assert completed(prompt, "    return x + 1\n", "f") == prompt + "    return x + 1\n"
    assert completed(prompt, "    return x + 1\n", "g") == ""
    assert completed("Write a function that adds one.", "    return x + 1\n", "f") == ""


def test_line_ends_are_unixs_whatever_the_file_has() -> None:
    row = {"p": "Add.\r\nOne.", "a": "def f(x):\r\n    return x + 1\r", "t": ["assert f(1) == 2\r\n"], "s": "A = 1\r\n"}
    made = Columns("p", "a", "t", "", "s")(row)
    assert (made.prompt, made.answer, made.setup) == ("Add.\nOne.", "def f(x):\n    return x + 1\n", "A = 1\n")
    assert all("\r" not in test for test in made.tests)
    assert len(made.tests) == 1
