"""What is taken for a benchmark's task, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from decontamination_tasks import ASSERTS, CODE, PROMPT

from akd_code.decontamination import BenchmarkTask, Detector, Row, Runner
from akd_sandbox import Sandbox

REPHRASED = (
    "An empty sequence has no windows. Supplied a sequence of temperature readings, give back the sequence of the "
    "hottest numbers in each window of the given width."
)
OTHER_WAY = """
def hottest(values, n):
    if len(values) < n:
        return []
    return [sorted(values[i:i + n])[-1] for i in range(len(values) - n + 1)]
"""
WRONG = OTHER_WAY.replace("[-1]", "[0]")


def tiers(tasks: list[BenchmarkTask], row: Row) -> list[tuple[str, str]]:
    return [(one.task_id, one.tier) for one in Detector(tasks).find(row)]


@pytest.mark.parametrize(
    ("prompt", "tier"),
    [
        (PROMPT, "text"),
        ("Solve this: " + " ".join(PROMPT.split()).upper() + " Thank you!", "text"),
        (PROMPT.replace("rolling_peak", "f").replace("readings", "xs").replace("width", "w"), "8-gram"),
        (REPHRASED, "near text"),
    ],
)
def test_a_statement_is_found_as_it_is_formatted_anew_renamed_and_rephrased(
    tasks: list[BenchmarkTask], prompt: str, tier: str
) -> None:
    assert tiers(tasks, Row(1, prompt)) == [("Weather/0", tier)]


@pytest.mark.parametrize(
    "prompt",
    [
        "Report the average of the temperature readings above freezing.",
        "Write a function that counts the vowels of a sentence.",
        "Sort a list of numbers.",
        "",
    ],
)
def test_a_problem_of_the_same_field_is_another_problem(tasks: list[BenchmarkTask], prompt: str) -> None:
    assert tiers(tasks, Row(1, prompt)) == []


def test_a_row_that_brings_the_id_of_a_task_is_that_task(tasks: list[BenchmarkTask]) -> None:
    assert tiers(tasks, Row(1, "Anything.", "Weather/1")) == [("Weather/1", "id")]


def test_the_reference_solution_is_found_under_other_names(tasks: list[BenchmarkTask]) -> None:
    renamed = CODE.replace("rolling_peak", "g").replace("readings", "a").replace("width", "b").replace("peaks", "c")
    assert tiers(tasks, Row(1, "Do it.", code=f"# mine\n{renamed}")) == [("Weather/0", "code")]
    assert tiers(tasks, Row(1, "Do it.", code=renamed.replace("+ 1", "+ 2"))) == []


def test_tests_with_the_same_inputs_and_outputs_are_the_same_tests(tasks: list[BenchmarkTask]) -> None:
    same = tuple(line.replace("rolling_peak", "f") for line in ASSERTS[:2])
    assert tiers(tasks, Row(1, "Do it.", asserts=same)) == [("Weather/0", "tests")]
    other = ("assert f([1, 5, 2, 8], 2) == [1, 2, 2]", "assert f([4, 4, 1, 9, 3], 3) == [1, 1, 1]")
    assert tiers(tasks, Row(1, "Do it.", asserts=other)) == []
    assert tiers(tasks, Row(1, "Do it.", asserts=("assert f([], 2) == []",))) == []


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("auto", 1) as opened:
        yield opened


def test_an_answer_written_anew_is_found_by_running_it_on_the_tasks_tests(
    tasks: list[BenchmarkTask], box: Sandbox, tmp_path: Path
) -> None:
    detector = Detector(tasks, Runner(box, tmp_path))
    related = "Report the hottest temperature readings for every window of some width."
    (found,) = detector.find(Row(3, related, code=OTHER_WAY))
    assert (found.row, found.task_id, found.tier, found.matched) == (3, "Weather/0", "execution", "hottest")
    assert detector.find(Row(3, related, code=WRONG)) == []
    assert detector.find(Row(3, "Write the tallest of some buildings.", code=OTHER_WAY)) == []
