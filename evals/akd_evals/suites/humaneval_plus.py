"""HumanEval+ (Liu et al. 2023, EvalPlus): HumanEval with about 80 times as many tests."""

from __future__ import annotations

from akd_evals.oracles import Oracle, Root, same
from akd_evals.suites import SUITES
from akd_evals.suites.evalplus_data import Problem, content_md5, load_module, read_problems
from akd_evals.suites.record import ReferenceTests, Suite, Task

VARIABLE = "HUMANEVAL_OVERRIDE_PATH"
# seconds of reference time, most first; only the order in which samples are judged depends on it
SLOWEST = tuple(f"HumanEval/{number}" for number in (139, 15, 59, 130, 36, 83, 94))


@SUITES.register("humaneval+")
def load() -> Suite:
    """Return the suite `humaneval+`; raises EvalError if its file is absent or broken."""
    module = load_module("humaneval")
    cached = f"HumanEvalPlus-{module.HUMANEVAL_PLUS_VERSION}.jsonl"
    path, problems = read_problems(module, VARIABLE, cached, "get_human_eval_plus")
    tasks = tuple(_task(problem) for problem in problems)
    return Suite("humaneval+", content_md5(path), tasks, has_plus=True, source=str(path), slowest=SLOWEST)


def _task(problem: Problem) -> Task:
    entry, atol = problem["entry_point"], float(problem["atol"])
    oracle = Oracle(Root(atol), tolerant=False) if entry == "find_zero" else Oracle(same, atol)
    return Task(
        task_id=problem["task_id"],
        prompt=problem["prompt"],
        entry_point=entry,
        base=ReferenceTests(tuple(map(tuple, problem["base_input"])), oracle),
        plus=ReferenceTests(tuple(map(tuple, problem["plus_input"])), oracle),
        canonical=problem["prompt"] + problem["canonical_solution"],
    )
