"""The lab's held-out tasks as a suite that can be scored like any benchmark, and its seeds as prompts."""

from __future__ import annotations

import hashlib
import json
import random

from akd_code.lab import grammar
from akd_code.lab.teacher import LabError
from akd_code.recipe import LabSection
from akd_code.records import Prompt, PromptTests, content_id
from akd_evals.suites import Suite, Task
from akd_sandbox import Case, FunctionTests

EVAL_SEED = 0
"""The held-out tasks are the same for every recipe seed: runs are compared on equal tasks."""
CASES = 10


def lab_suite(per_depth: int) -> Suite:
    """Return `per_depth` held-out tasks at each depth, as tests on data; ids are lab/d2/017 for depth 2."""
    tasks, lines = [], []
    numbers: dict[int, int] = {}
    for task in grammar.eval_tasks(per_depth, EVAL_SEED):
        number = numbers[task.depth] = numbers.get(task.depth, -1) + 1
        task_id = f"lab/d{task.depth}/{number:03d}"
        drawn = grammar.cases(task, CASES, random.Random(f"lab cases {task_id}"))
        tests = FunctionTests(tuple(Case(args=args, expected=expected) for args, expected in drawn))
        tasks.append(Task(task_id, task.instruction, task.entry_point, tests, canonical=task.solution))
        lines.append(json.dumps([task_id, task.instruction, [[repr(a), repr(e)] for a, e in drawn]]))
    digest = hashlib.md5("\n".join(lines).encode(), usedforsecurity=False).hexdigest()
    return Suite("lab", digest, tuple(tasks), source="the lab's grammar")


def held_out_suite() -> Suite:
    """Return the suite `lab` at the size that a recipe has unless told otherwise; the entry point in `akd.suites`."""
    return lab_suite(LabSection().eval_per_depth)


def lab_seeds(count: int, seed: int, settings: LabSection | None = None) -> list[Prompt]:
    """Return the first prompts of a run in the lab, each with its suite. Raises LabError if there are too few."""
    settings = settings or LabSection()
    try:
        tasks = grammar.seed_tasks(count, seed, settings.seed_depths, settings.seed_skew)
    except grammar.GrammarError as error:
        raise LabError(f"{error}; lower seeds.limit, or change lab.seed_depths") from None
    rng = random.Random(f"lab seed suites {seed}")
    return [
        Prompt(
            id=content_id(task.instruction),
            text=task.instruction,
            entry_point=task.entry_point,
            tests=PromptTests(tuple(grammar.assert_lines(task, 6, rng)), "given"),
            meta=(("depth", str(task.depth)),),
        )
        for task in tasks
    ]


def depth_of(task_id: str) -> int | None:
    """Return the depth in a lab task's id, None for any other id."""
    parts = task_id.split("/")
    return int(parts[1][1:]) if len(parts) == 3 and parts[0] == "lab" and parts[1][1:].isdigit() else None
