"""A user's own suite: asserts, whole programs on stdin, and test files for pytest, scored and compared alike."""

import json
from collections.abc import Iterable
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


CLASS = "import unittest\nclass TestTwice(unittest.TestCase):\n    def test(self): self.assertEqual(twice(2), 4)\n"
CODE_ROWS: tuple[dict[str, Any], ...] = (
    {"task_id": "own/class", "prompt": "p", "entry_point": "twice", "test": CLASS},
    {
        "task_id": "own/loop",
        "prompt": "p",
        "entry_point": "twice",
        "tests": ["for i in range(3):\n  assert twice(i) == 2 * i"],
    },
    {
        "task_id": "own/raises",
        "prompt": "p",
        "entry_point": "twice",
        "tests": ["with pytest.raises(TypeError):\n  twice()"],
    },
    {
        "task_id": "own/place",
        "prompt": "p",
        "entry_point": "twice",
        "tests": ["x = [1]\nx += x\nassert twice([1]) == x"],
    },
    {
        "task_id": "own/method",
        "prompt": "p",
        "entry_point": "Solution().twice",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(n=3) == 6\n",
    },
    {
        "task_id": "own/object",
        "prompt": "p",
        "entry_point": "Solution().twice",
        "tests": ["assert Solution().twice(2) == 4"],
    },
)
TWICE = "def twice(n): return n + n"
TWICE_IN_CLASS = "class Solution:\n    def twice(self, n): return n + n"


def answered(rows: Iterable[dict[str, Any]], plain: str, in_class: str) -> list[dict[str, str]]:
    return [
        {"task_id": row["task_id"], "solution": in_class if "Solution" in row["entry_point"] else plain} for row in rows
    ]


def scored(tmp_path: Path, rows: Iterable[dict[str, Any]], answers: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    suite, given = write(tmp_path / "own.jsonl", *rows), write(tmp_path / "s.jsonl", *answers)
    done = akd("score", given, "--suite", suite, "--out", tmp_path / "out", "--backend", "namespace")
    assert done.exit_code in (0, 3), done.output
    return {
        row["task_id"]: row for row in map(json.loads, (tmp_path / "out" / "results.jsonl").read_text().splitlines())
    }


def test_test_code_of_every_form_is_judged(tmp_path: Path) -> None:
    right = scored(tmp_path, CODE_ROWS, answered(CODE_ROWS, TWICE, TWICE_IN_CLASS))
    assert {name: row["base"] for name, row in right.items()} == {row["task_id"]: "PASS" for row in CODE_ROWS}
    by_value = {"own/method", "own/object"}
    assert {name: row["judging"] for name, row in right.items()} == {
        row["task_id"]: "values" if row["task_id"] in by_value else "together" for row in CODE_ROWS
    }


def test_a_forger_is_told_in_every_form(tmp_path: Path) -> None:
    liar = "class Yes:\n    def __eq__(self, other): return True\n"
    answers = answered(
        CODE_ROWS,
        f"{liar}def twice(*n): return Yes()",
        f"{liar}class Solution:\n    def twice(self, n): return Yes()",
    )
    told = scored(tmp_path, CODE_ROWS, answers)
    wrong = {"own/raises": "WRONG"}  # it raises nothing, and there is nothing to forge
    assert {name: row["base"] for name, row in told.items()} == {
        row["task_id"]: wrong.get(row["task_id"], "TAMPER") for row in CODE_ROWS
    }


def test_a_task_whose_own_solution_fails_is_named_and_counts_neither_way(tmp_path: Path) -> None:
    rows = [{**row, "canonical_solution": "def twice(n): return 3"} for row in CODE_ROWS[:1]]
    (row,) = scored(tmp_path, rows, answered(rows, TWICE, "")).values()
    assert row["base"] == "INFRA"
    assert "the canonical solution of own/class gave WRONG on its own tests" in row["detail"]


def test_what_the_tests_need_and_is_not_here_counts_neither_way(tmp_path: Path) -> None:
    needs = {**CODE_ROWS[0], "task_id": "own/needs", "test": f"import no_such_module\n{CLASS}"}
    rows = [CODE_ROWS[0], needs]
    told = scored(tmp_path, rows, answered(rows, TWICE, ""))
    assert told["own/needs"]["base"] == "UNSUPPORTED"
    assert "no_such_module" in told["own/needs"]["detail"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["unsupported"], summary["infra"], summary["pass@k"]["base"]["1"]) == (1, 0, 1.0)


def test_a_test_that_checks_nothing_is_refused(tmp_path: Path) -> None:
    for changes, says in (
        ({"tests": ["twice(1)"]}, "checks nothing"),
        ({"tests": ["assert twice(1) == 2", "x = 1"]}, "checks nothing"),
    ):
        with pytest.raises(EvalError, match=says):
            load_suite(str(write(tmp_path / "own.jsonl", {**CODE_ROWS[1], **changes})))
    with pytest.raises(EvalError, match=r"neither check\(candidate\) nor a class of unittest"):
        load_suite(str(write(tmp_path / "own.jsonl", {**CODE_ROWS[0], "test": "def helper(): pass"})))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tollerance": 1}, "unknown field 'tollerance'; did you mean 'tolerance'?"),
        ({"setup": ""}, "unknown field 'setup'; "),
        ({"stdin_cases": []}, "at least one"),
        ({"stdin_cases": [{"stdin": "1"}]}, 'is not {"stdin": ..., "expected": ...}'),
        ({"stdin_cases": [{"stdin": 1, "expected": "1"}]}, '"stdin" must be text, not int'),
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
