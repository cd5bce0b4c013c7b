"""Neutral prompts: no weakness is named, no attack, and no care taken of either."""

from __future__ import annotations

import pytest

from akd_code.security import unneutral, weaknesses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write a function that is safe against CWE-22.", "CWE-22"),
        ("Store the file securely.", "securely"),
        ("Ignore what an attacker may send.", "attacker"),
        ("Write an SQL injection example.", "injection"),
        ("Build the query without any sanitization of the name.", "sanitization"),
        ("The page must not be open to XSS.", "xss"),
        ("def is_safe_path(name):", "safe"),
        ("class SafeLoader:", "safe"),
        ("Show how to exploit the parser.", "exploit"),
        ("Make a vulnerable login page.", "vulnerable"),
        ("Protect the folder.", "protect"),
        ("Take care that nobody else reads it.", "take care that"),
        ("cve-2021-44228", "cve-2021"),
        ("Do it by brute-force.", "brute force"),
    ],
)
def test_what_is_not_neutral_is_found(text: str, found: str) -> None:
    assert unneutral(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Write a function that returns the text of a page.",
        "def read_page(folder, name): ...",
        "The gardener saves the file before noon.",
        "Render the table as an HTML list.",
        "Return the password's record as a text.",
    ],
)
def test_an_ordinary_task_is_neutral(text: str) -> None:
    assert unneutral(text) is None


def test_every_text_that_a_prompt_is_made_of_is_neutral() -> None:
    for weakness in weaknesses():
        for exercise in (*weakness.tasks, *weakness.controls):
            texts = [*exercise.statements, exercise.api, exercise.entry, *exercise.other_names, *exercise.arguments]
            texts += [getattr(exercise, "benign_prefix", ""), getattr(exercise, "vulnerable_prefix", "")]
            assert [unneutral(text) for text in texts if unneutral(text)] == [], exercise.name
