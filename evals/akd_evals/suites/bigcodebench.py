"""BigCodeBench (Zhuo et al. 2024): 1,140 tasks with unittest's classes, most of which need libraries.

The file is the authors' `BigCodeBench.jsonl` (or .gz), from where AKD_BIGCODEBENCH_PATH points. Two suites are read
from it: `bigcodebench` continues a function with its docstring (complete), `bigcodebench-instruct` asks in words.
`akd suite check` names the tasks whose libraries are not here.
"""

from __future__ import annotations

from akd_evals.files import Row
from akd_evals.suites import SUITES
from akd_evals.suites.given import Given, commented, text
from akd_evals.suites.record import Suite, Task
from akd_sandbox import CodeTests

_VARIABLE, _PUBLISHED = "AKD_BIGCODEBENCH_PATH", "the authors' BigCodeBench.jsonl (or .gz)"
_ASKED = "Please provide a self-contained Python script that solves the following problem in a markdown code block:"


@SUITES.register("bigcodebench")
def load() -> Suite:
    """Return the suite `bigcodebench`. Raises EvalError if its file is absent or broken."""
    return Given("bigcodebench", _VARIABLE, _PUBLISHED).load(_complete)


@SUITES.register("bigcodebench-instruct")
def load_instruct() -> Suite:
    """Return the suite `bigcodebench-instruct`. Raises EvalError if its file is absent or broken."""
    return Given("bigcodebench-instruct", _VARIABLE, _PUBLISHED).load(_instruct)


def _complete(row: Row) -> Task:
    prompt = text(row, "complete_prompt")
    return _task(row, prompt=prompt, instruction=f"{_ASKED}\n```python\n{prompt.strip()}\n```")


def _instruct(row: Row) -> Task:
    words = text(row, "instruct_prompt")
    return _task(row, prompt=f"{commented(words)}{text(row, 'code_prompt')}", instruction=f"{_ASKED}\n{words.strip()}")


def _task(row: Row, prompt: str, instruction: str) -> Task:
    return Task(
        task_id=text(row, "task_id"),
        prompt=prompt,
        entry_point=text(row, "entry_point"),
        base=CodeTests(text(row, "test"), "unittest"),
        canonical=f"{text(row, 'complete_prompt')}{text(row, 'canonical_solution')}",
        instruction=instruction,
        starter=text(row, "code_prompt"),
    )
