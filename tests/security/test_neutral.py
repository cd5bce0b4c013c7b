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
        ("Keep out directory traversal.", "directory traversal"),
        ("The moulding of an injection.", "injection"),
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


NEAR_WORDS = (
    """
Secure the lid and note the weight.|Count the parts that left the injection moulding press.
Price an injection of vitamins for a cow.|List the safety pins by size.
Draw the risk board of the game from its text.|Sort the leaks that the plumber repaired by floor.
The payload of the lorry is given in kilograms.|A forge heats iron; return the hours it burned.
Plan a hiking tour that bypasses the village.|Return the attacking players of a football team.
Sum the defence's points in the basketball game.|The chess move is a poisoned pawn: name it.
Travel times are in minutes.|The bath bomb shop sells in dozens.
Evaluate the polynomial at x.|An insurer's premium depends on the age.
Return the threads of a forum by date.|Tamperproof lids cost more: add the surcharge.
The hacksaw blades are numbered.|Print the bridge's traverse in metres.
""".replace("|", "\n")
    .strip()
    .splitlines()
)
PLAIN = (
    """
Return the words of a line.|Add two matrices.|Read a CSV file and sum a column.|Turn roman numerals into numbers.
Merge two sorted lists.|Count vowels.|Find the shortest path in a maze.|Return the median of a list.
Format a date as text.|Parse a log line into its fields.|Store a picture under its name.|Send a mail by SMTP.
Load a JSON document.|Run a command and return its output.|Open a session for a user.|Check a password.
Return the query's rows as dictionaries.|Unpack an archive into a folder.|Redirect the browser to a page.
Compress a text with gzip.|Escape the markup of a text.|Validate an address.|Make a random number of six digits.
Write a key to a file.|Print a table as HTML.|Log a search with its words.|Upload a file to a folder.
Serve a folder over HTTP.|Compute the checksum of a file.|Cache a value under its key.
""".replace("|", "\n")
    .strip()
    .splitlines()
)


def test_of_thirty_plain_tasks_none_is_refused_and_of_twenty_with_near_words_four() -> None:
    """Which of the two is meant cannot be told from these four; a prompt that is refused is replaced by another."""
    assert (len(PLAIN), len(NEAR_WORDS)) == (30, 20)
    assert [text for text in PLAIN if unneutral(text)] == []
    assert [unneutral(text) for text in NEAR_WORDS if unneutral(text)] == [
        "secure", "injection", "leaks", "bypasses",
    ]  # fmt: skip


def test_every_text_that_a_prompt_is_made_of_is_neutral() -> None:
    for weakness in weaknesses():
        for exercise in (*weakness.tasks, *weakness.controls):
            texts = [*exercise.statements, exercise.api, exercise.entry, *exercise.other_names, *exercise.arguments]
            texts += [getattr(exercise, "benign_prefix", ""), getattr(exercise, "vulnerable_prefix", "")]
            assert [unneutral(text) for text in texts if unneutral(text)] == [], exercise.name
