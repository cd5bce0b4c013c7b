"""A user's own suite: asserts, whole programs on stdin, and test files for pytest, scored and compared alike."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import akd_evals
from akd_code.cli import main
from akd_evals.errors import EvalError
from akd_evals.suites import load_suite
from akd_sandbox import ProgramTests, PytestTests, StdinCase

STACK = """
import pytest
from solution import Stack

def test_last_in_first_out():
    stack = Stack()
    stack.push(1)
    stack.push(2)
    assert stack.pop() == 2

def test_empty():
    with pytest.raises(IndexError):
        Stack().pop()
"""
GOOD_STACK = (
    "class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n"
    "    def pop(self): return self.items.pop()\n"
)
QUEUE = GOOD_STACK.replace(".pop()\n", ".pop(0)\n")
ROWS: tuple[dict[str, Any], ...] = (
    {
        "task_id": "own/sum",
        "prompt": "Add two numbers.",
        "stdin_cases": [{"stdin": "1 2\n", "expected": "3\n"}, {"stdin": "4 4\n", "expected": "8\n"}],
    },
    {
        "task_id": "own/third",
        "prompt": "Print a third.",
        "stdin_cases": [{"stdin": "1\n", "expected": "0.333333\n"}],
        "tolerance": 1e-5,
    },
    {
        "task_id": "own/exact",
        "prompt": "Print a and b, two spaces between.",
        "stdin_cases": [{"stdin": "", "expected": "a  b\n"}],
        "exact": True,
    },
    {"task_id": "own/stack", "prompt": "A stack.", "pytest": STACK},
)


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def akd(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write(tmp_path / "own.jsonl", *ROWS)


def samples(path: Path, **answers: str) -> Path:
    return write(path, *({"task_id": f"own/{name}", "completion": text} for name, text in answers.items()))


def verdicts(out: Path) -> dict[str, tuple[str, list[int]]]:
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    return {row["task_id"]: (row["base"], row["base_failed"]) for row in rows}


def test_whole_programs_and_test_files_are_tests_of_a_suite(suite: Path) -> None:
    tasks = load_suite(str(suite)).by_id
    assert tasks["own/sum"].base == ProgramTests((StdinCase("1 2\n", "3\n"), StdinCase("4 4\n", "8\n")))
    assert tasks["own/third"].base == ProgramTests((StdinCase("1\n", "0.333333\n"),), tolerance=1e-5)
    assert tasks["own/exact"].base == ProgramTests((StdinCase("", "a  b\n"),), "exact")
    assert tasks["own/stack"].base == PytestTests({"test_solution.py": STACK})
    assert {task.entry_point for task in tasks.values()} == {""}


def test_they_are_scored_resumed_and_compared(suite: Path, tmp_path: Path) -> None:
    good = samples(
        tmp_path / "good.jsonl",
        sum="Here it is:\n```python\nprint(sum(map(int, input().split())))\n```\n",
        third="print(int(input()) / 3)",
        exact="print('a  b')",
        stack=f"```python\n{GOOD_STACK}```",
    )
    bad = samples(
        tmp_path / "bad.jsonl",
        sum="input()\nprint(3)",
        third="print(0.34)",
        exact="print('a b')",
        stack=f"```python\n{QUEUE}```",
    )
    for name, path in (("good", good), ("bad", bad)):
        command = ("score", path, "--suite", suite, "--out", tmp_path / name, "--details", "--backend", "namespace")
        done = akd(*command)
        assert done.exit_code == 0, done.output
        before = (tmp_path / name / "results.jsonl").read_text()
        assert akd(*command).exit_code == 0
        assert (tmp_path / name / "results.jsonl").read_text() == before
    passes: tuple[str, list[int]] = ("PASS", [])
    assert verdicts(tmp_path / "good") == {row["task_id"]: passes for row in ROWS}
    assert verdicts(tmp_path / "bad") == {
        "own/sum": ("WRONG", [1]),
        "own/third": ("WRONG", [0]),
        "own/exact": ("WRONG", [0]),
        "own/stack": ("WRONG", [0]),
    }
    report = akd_evals.compare(tmp_path / "good", tmp_path / "bad")
    assert report.suites[0].main.paired.delta == -1.0
    assert akd("compare", tmp_path / "good", tmp_path / "bad", "--html", tmp_path / "page.html").exit_code in (0, 1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tollerance": 1}, "unknown field 'tollerance'; did you mean 'tolerance'?"),
        ({"setup": ""}, "unknown field 'setup'; "),
        ({"stdin_cases": []}, "at least one"),
        ({"stdin_cases": [{"stdin": "1"}]}, 'is not {"stdin": ..., "expected": ...}'),
        ({"stdin_cases": [{"stdin": 1, "expected": "1"}]}, '"stdin" must be a text, not int'),
        ({"tolerance": -1}, '"tolerance" must be a number'),
        ({"tolerance": True}, '"tolerance" must be a number'),
        ({"exact": 1}, '"exact" must be true or false'),
        ({"exact": True, "tolerance": 0.1}, 'does not go with "exact"'),
        ({"pytest": "def test(): pass"}, "exactly one kind"),
    ],
)
def test_what_a_task_cannot_mean_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    path = write(tmp_path / "own.jsonl", ROWS[0], {**ROWS[0], "task_id": "own/other", **changes})
    with pytest.raises(EvalError) as error:
        load_suite(str(path))
    assert str(error.value).startswith(f"{path}:2: ")
    assert says in str(error.value)


def test_a_misspelt_field_of_asserts_names_the_nearest_and_all_there_are(tmp_path: Path) -> None:
    row = {"task_id": "a", "prompt": "p", "entry_point": "f", "tests": ["assert f(1)"], "canonical": "x"}
    with pytest.raises(EvalError) as error:
        load_suite(str(write(tmp_path / "own.jsonl", row)))
    assert "unknown field 'canonical'; did you mean 'canonical_solution'? a task with 'tests' has the fields" in str(
        error.value
    )
