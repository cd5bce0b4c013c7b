"""What is taken for a benchmark's task, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from decontamination_tasks import ASSERTS, CODE, PROMPT, suite_of

from akd_code.decontamination import BenchmarkTask, Detector, Row, Runner, tasks_of
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


COMMENTED = (
    "def share(s):\n    # Lower case makes it easier.\n    # The rest of the letters is counted, too, and divided by.\n"
    '    """Return which share of the letters of a sentence are vowels, as a number between zero and one."""\n'
)
LONGER = PROMPT.replace(
    "    >>> rolling_peak",
    "    Note: readings are numbers. Windows overlap, begin at each reading that is far enough from the end,\n"
    "    and are as many as there are such readings.\n    >>> rolling_peak",
)


@pytest.mark.parametrize(("prompt", "task"), [(COMMENTED, "Weather/1"), (LONGER, "Weather/0")])
def test_a_rewording_is_found_whatever_was_written_around_the_statement(prompt: str, task: str) -> None:
    said = suite_of(task, prompt, "f", "assert f(1) == 2")
    reworded = {
        "Weather/0": REPHRASED,
        "Weather/1": "As a value between 0 and 1: which share of a sentence's letters are vowels?",
    }
    assert tiers(tasks_of([said]), Row(1, reworded[task])) == [(task, "near text")]


CODE_OF_PRICE = "def price(basket, each):\n    return basket * each\n"
PRICE = suite_of(
    "Shop/0", "Write a function that finds the price of a basket.", "price", "assert price(2, 5) == 10", CODE_OF_PRICE
)
SHOP = tasks_of([PRICE])


@pytest.mark.parametrize("name", ["foo", "param_1", "solve_it", "func2", "myFunc"])
def test_a_name_that_says_nothing_may_stand_where_the_task_has_a_name(name: str) -> None:
    assert tiers(SHOP, Row(1, f"Write a program that finds the {name} of a basket.")) == [("Shop/0", "near text")]


@pytest.mark.parametrize(
    "prompt", ["Find the colour_code of a basket.", "Find the foo.", "Find the foo of the param_1.", "Weave a basket."]
)
def test_other_names_are_other_words_and_names_alone_are_no_problem(prompt: str) -> None:
    assert tiers(SHOP, Row(1, prompt)) == []


@pytest.mark.parametrize(
    "example",
    [">>> f(2, 5)\n10", "assert f(2, 5) == 10", "f(2, 5) -> 10", "f(2, 5) should return 10.", "f(2, 5) == 10"],
)
def test_short_examples_confirm_a_text_that_is_near(example: str) -> None:
    near = "Find the price of a basket of apples."
    assert tiers(SHOP, Row(1, near)) == []
    assert tiers(SHOP, Row(1, f"{near}\n{example}\n")) == [("Shop/0", "tests")]
    assert tiers(SHOP, Row(1, f"{near}\n{example}\n>>> f(3, 1)\n4\n")) == []
    assert tiers(SHOP, Row(1, f"Multiply two numbers.\n{example}\n")) == []


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


@pytest.mark.parametrize(
    "filler", [" " * 400_000, "\n" * 400_000, "-----\n" * 60_000, "deadbeef" * 50_000, "f(x) " * 20_000]
)
def test_a_task_is_found_behind_a_huge_stretch_of_nothing(tasks: list[BenchmarkTask], filler: str) -> None:
    row = Row(1, f"Here is my data: {filler} end of data.\n\n{PROMPT}")
    assert ("Weather/0", "text") in tiers(tasks, row)
