from __future__ import annotations

import ast

import pytest

from akd_code.evaluate import TaskPrompts
from akd_code.intake import Exercise, Trial, UnusableError
from akd_code.intake.forms import asked_as, plain
from akd_code.intake.plain_function import as_function
from akd_evals.suites.record import Suite, Task
from akd_sandbox import FunctionTests, Limits, Sandbox

SOLUTION = '''from typing import List


class Solution:
    """Adds."""

    def total(self, numbers: List[int], start: int = 0) -> int:
        return start + self.added(numbers, len(numbers))

    def added(self, numbers, n):
        return 0 if n == 0 else numbers[n - 1] + self.added(numbers, n - 1)
'''


def exercise(code: str, *tests: str, entry: str = "f", statement: str = "Double a number.") -> Exercise:
    return Exercise("long prose", f"```python\n{code}```", "one", entry, tests, statement=statement)


def ran(code: str, call: str) -> object:
    names: dict[str, object] = {}
    exec(compile(code, "<code>", "exec"), names)  # noqa: S102 - written in this file
    return eval(call, names)  # noqa: S307


def test_a_class_of_functions_becomes_functions_that_answer_the_same() -> None:
    code, name = as_function(SOLUTION, "Solution().total")
    assert name == "total"
    assert ran(code, "total([1, 2, 3])") == 6 == ran(SOLUTION, "Solution().total([1, 2, 3])")
    assert ran(code, "total([1, 2, 3], start=4)") == 10
    assert "self" not in code and "class" not in code


@pytest.mark.parametrize(
    "code",
    [
        "class Solution:\n    def __init__(self):\n        self.seen = {}\n    def f(self, n):\n        return n",
        "class Solution:\n    def f(self, n):\n        self.n = n\n        return self.n",
        "class Solution:\n    limit = 3\n    def f(self, n):\n        return n",
        "class Solution(dict):\n    def f(self, n):\n        return n",
        "class Solution:\n    def f(self, n):\n        return g(self, n)\ndef g(one, n):\n    return n",
        "class Solution:\n    def f(self, n):\n        return Solution().g(n)\n    def g(self, n):\n        return n",
        "class Solution:\n    def f(self, n):\n        return n\ndef f(n):\n    return -n",
        "class Solution:\n    def g(self, n):\n        return n",
        "def f(n):\n    return n",
        "class Solution:\n    def f(self",
    ],
)
def test_what_is_more_than_a_bundle_of_functions_is_refused(code: str) -> None:
    with pytest.raises(UnusableError):
        as_function(code, "Solution().f")


def test_static_methods_and_other_names_for_self_are_functions_too() -> None:
    code, _ = as_function(
        "class Solution:\n    @staticmethod\n    def g(n):\n        return n + 1\n"
        "    def f(this, n):\n        return this.g(n)",
        "Solution().f",
    )
    assert ran(code, "f(1)") == 2


def test_a_row_is_asked_as_mbpp_plus_asks() -> None:
    code = "def f(n):\n    return 2 * n\n"
    made = asked_as(exercise(code, "assert f(1234) == 2468", "assert f(n=2) == 4"), code, "docstring")
    task = Task("Mbpp/2", '"""\nDouble a number.\nassert f(2) == 4\n"""\n', "f", FunctionTests(()))
    assert made.prompt == TaskPrompts(Suite("mbpp+", "0", (task,)), "chat").text(task)
    assert made.answer == "```python\ndef f(n):\n    return 2 * n\n```"


def test_a_row_is_asked_as_humaneval_asks() -> None:
    code = "from typing import List\nimport os\n\ndef f(n: List[int]) -> int:\n    return len(n)\n"
    made = asked_as(exercise(code, "assert f([1]) == 1", statement="Count.\n\nAll of it."), code, "signature")
    prompt = (
        'from typing import List\n\n\ndef f(n: List[int]) -> int:\n    """\n    Count.\n\n    All of it.\n'
        '    >>> f([1])\n    1\n    """\n'
    )
    task = Task("HumanEval/0", prompt, "f", FunctionTests(()))
    assert made.prompt == TaskPrompts(Suite("humaneval", "0", (task,)), "chat").text(task)


def test_the_head_of_a_function_is_a_program_whatever_the_statement_holds() -> None:
    code = "def f(n):\n    return n\n"
    statement = "A backslash \\N and \\x, and 'quotes'."
    made = asked_as(exercise(code, "assert f(1) == 1", statement=statement), code, "signature")
    program = made.prompt.split("```python\n")[1].removesuffix("```")
    function = ast.parse(program).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert (ast.get_docstring(function) or "").startswith(statement)


@pytest.mark.parametrize(
    ("made", "form"),
    [
        (exercise("def f(n):\n    return n\n"), "docstring"),
        (exercise("def g(n):\n    return n\n", "assert f(1) == 1"), "signature"),
        (exercise("def f(n):\n    return n\n", f"assert f('{'a' * 400}') == 1"), "docstring"),
        (exercise("def f(n):\n    return n\n", "assert f(1) == 1", statement='say """'), "docstring"),
    ],
)
def test_a_row_that_cannot_be_asked_so_is_refused(made: Exercise, form: str) -> None:
    with pytest.raises(UnusableError):
        asked_as(made, made.answer.split("```python\n")[1].removesuffix("```"), form)  # type: ignore[arg-type]


def test_own_form_leaves_everything_as_it_is() -> None:
    made = exercise(SOLUTION, "assert Solution().total([1]) == 1", entry="Solution().total")
    assert asked_as(made, SOLUTION, "own") is made


def test_a_row_in_another_form_is_tested_in_it() -> None:
    right = exercise(SOLUTION, "assert Solution().total(numbers = [1, 2]) == 3", entry="Solution().total")
    wrong = exercise(SOLUTION, "assert Solution().total(numbers = [1, 2]) == 4", entry="Solution().total")
    with Sandbox(workers=1) as box:
        trial = Trial(box, Limits(), None, "docstring")
        kept, lost = trial(1, right), trial(2, wrong)
    assert kept.kept and kept.seed["entry_point"] == "total"
    assert "assert total([1, 2]) == 3" in str(kept.seed["prompt"])
    assert not lost.kept and lost.reason.startswith("fails its tests")


def test_a_function_is_left_as_it_is_written() -> None:
    code = "def f(n):  # doubles\n    return 2 * n\n"
    made = exercise(code, "assert f(1) == 2")
    assert plain(made, code) == (made, code)


def test_a_test_that_leans_on_another_one_is_not_shown() -> None:
    given = exercise(
        "def f(x):\n    return 2 * x\n", "n = 3\nassert f(n) == 6", "assert f(n) == 6", "assert f(1000) == 2000"
    )
    code = "def f(x):\n    return 2 * x\n"
    assert "assert f(1000) == 2000" in asked_as(given, code, "docstring").prompt
    assert "f(n)" not in asked_as(given, code, "signature").prompt
    with pytest.raises(UnusableError, match="no test that can be shown"):
        asked_as(exercise(code, "n = 3\nassert f(n) == 6", "assert f(n) == 6"), code, "docstring")


def test_an_example_shows_a_result_as_python_prints_it_or_not_at_all() -> None:
    code = "def f(x):\n    return 2 * x\n"
    prompt = asked_as(exercise(code, "assert f(2) == 2 + 2", "assert f(1) == 2"), code, "signature").prompt
    assert ">>> f(1)\n    2" in prompt
    assert "2 + 2" not in prompt
