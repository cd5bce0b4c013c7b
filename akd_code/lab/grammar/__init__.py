"""The lab's closed world of Python tasks: instructions whose solutions, tests and sub-steps are all known.

A task is a composition of one to four operations on integers, lists, text, words or dictionaries. The main things:
`sample_task`, `parse_instruction` (the exact inverse of every wording), `cases`, `harder_like` / `rarer_like` (Lion's
two generation streams), `mutated` and `task_on` (the curriculum's other ways) and `wrong_solution`. Results come from
our own reference functions; no text is executed here.
"""

from akd_code.lab.grammar.judging import assert_lines, cases, wrong_solution
from akd_code.lab.grammar.kinds import Call, GrammarError, LabTask, Op, Split, TaskStep, Value, ValueKind, apply_calls
from akd_code.lab.grammar.mutating import mutated, subtopics_of, task_among, task_beside, task_on
from akd_code.lab.grammar.operations import OPERATIONS
from akd_code.lab.grammar.sampling import (
    eval_tasks,
    harder_like,
    rarer_like,
    sample_skewed,
    sample_task,
    seed_tasks,
)
from akd_code.lab.grammar.wording import outline_texts, parse_instruction

__all__ = [
    "OPERATIONS",
    "Call",
    "GrammarError",
    "LabTask",
    "Op",
    "Split",
    "TaskStep",
    "Value",
    "ValueKind",
    "apply_calls",
    "assert_lines",
    "cases",
    "eval_tasks",
    "harder_like",
    "mutated",
    "outline_texts",
    "parse_instruction",
    "rarer_like",
    "sample_skewed",
    "sample_task",
    "seed_tasks",
    "subtopics_of",
    "task_among",
    "task_beside",
    "task_on",
    "wrong_solution",
]
