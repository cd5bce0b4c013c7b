"""What a model is asked for a task of each suite, and where its answer ends."""

import pytest

from akd_code.evaluate import TaskPrompts
from akd_evals.suites import Suite, Task
from akd_sandbox import Case, FunctionTests

TESTS = FunctionTests((Case(args=(1,), expected=2),))


def prompts(task: Task, style: str, name: str = "toy") -> TaskPrompts:
    return TaskPrompts(Suite(name, "0" * 32, (task,)), style)  # type: ignore[arg-type]


def test_a_chat_model_is_asked_in_the_suites_own_words_where_it_has_some() -> None:
    task = Task("a", "def f(x):\n", "f", TESTS, instruction="Fix f.")
    assert prompts(task, "chat", "humanevalfix").text(task) == "Fix f."
    assert "Complete this Python program" in prompts(Task("a", "def f(x):\n", "f", TESTS), "chat", "humaneval").text(
        Task("a", "def f(x):\n", "f", TESTS)
    )


def test_a_completing_model_reads_the_lead_that_is_no_part_of_its_program() -> None:
    task = Task("a", "def f(x):\n", "f", TESTS, lead="def f(x):\n    return 0\n\n# Fix it.\n")
    assert prompts(task, "completion").text(task) == "def f(x):\n    return 0\n\n# Fix it.\ndef f(x):\n"
    assert task.opening == "def f(x):\n"


@pytest.mark.parametrize(
    ("prompt", "entry", "begun"),
    [
        ("def f(x):\n", "f", True),
        ("class Solution:\n    def f(self, x):\n", "Solution().f", True),
        ("class Solution:\n    def f(self, x):\n", "Solution.f", True),
        ("async def f(x):\n", "f", True),
        ("# Write f:\n# def f(x):\n", "f", False),
        ('"""Write f."""\n', "f", False),
        ("def ff(x):\n", "f", False),
    ],
)
def test_an_answer_ends_at_the_next_function_only_where_the_prompt_began_one(
    prompt: str, entry: str, begun: bool
) -> None:
    task = Task("a", prompt, entry, TESTS)
    assert ("\ndef " in prompts(task, "completion").stops(task)) is begun
