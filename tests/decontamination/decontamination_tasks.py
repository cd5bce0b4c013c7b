"""A small benchmark of our own."""

from __future__ import annotations

from akd_evals.suites import Suite, Task
from akd_sandbox import tests_from_asserts

PROMPT = '''def rolling_peak(readings, width):
    """Given a list of temperature readings, return the list of the hottest values in every window of the
    given width. An empty list has no windows.
    >>> rolling_peak([1, 5, 2, 8], 2)
    [5, 5, 8]
    """
'''
CODE = (
    PROMPT
    + """    peaks = []
    for start in range(len(readings) - width + 1):
        peaks.append(max(readings[start : start + width]))
    return peaks
"""
)
ASSERTS = (
    "assert rolling_peak([1, 5, 2, 8], 2) == [5, 5, 8]",
    "assert rolling_peak([4, 4, 1, 9, 3], 3) == [4, 9, 9]",
    "assert rolling_peak([], 2) == []",
    "assert rolling_peak([7, 6, 5], 1) == [7, 6, 5]",
    "assert rolling_peak([2, 9], 2) == [9]",
)
OTHER = '''def vowel_share(sentence):
    """Return which share of the letters of a sentence are vowels, as a number between zero and one."""
'''


def weather() -> Suite:
    """Return the benchmark: two tasks, one with a reference solution."""
    tests = tests_from_asserts(ASSERTS, "rolling_peak")
    few = tests_from_asserts(["assert vowel_share('aeio xyz') == 4 / 7"], "vowel_share")
    first = Task("Weather/0", PROMPT, "rolling_peak", tests, canonical=CODE)
    return Suite("weather", "0" * 32, (first, Task("Weather/1", OTHER, "vowel_share", few)))


def suite_of(task_id: str, prompt: str, entry_point: str, test: str, code: str | None = None) -> Suite:
    """Return a benchmark of one task with one test."""
    task = Task(task_id, prompt, entry_point, tests_from_asserts([test], entry_point), canonical=code)
    return Suite("one", "0" * 32, (task,))
