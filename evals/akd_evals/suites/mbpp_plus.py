"""MBPP+ (Liu et al. 2023, EvalPlus): 378 corrected MBPP tasks with about 35 times as many tests."""

from __future__ import annotations

from akd_evals.oracles import (
    Accepts,
    Oracle,
    anything,
    same,
    same_or_padded,
    same_or_perpendicular,
    same_or_zero,
    same_set,
)
from akd_evals.suites import SUITES
from akd_evals.suites.evalplus_data import Problem, content_md5, load_module, read_problems
from akd_evals.suites.mbpp import is_mbpp_id
from akd_evals.suites.record import Adapter, ReferenceTests, Suite, Task

VARIABLE = "MBPP_OVERRIDE_PATH"
# seconds of reference time, most first; only the order in which samples are judged depends on it
SLOWEST = tuple(f"Mbpp/{number}" for number in (599, 255, 392, 271, 603, 123, 592, 389, 589, 300, 84, 583))
_ACCEPTS: dict[str, Accepts] = {
    "are_equivalent": anything,
    "sum_div": same_or_zero,
    "surface_Area": same_or_perpendicular,
    "digit_distance_nums": same_or_padded,
}
# as evalplus names them: Mbpp/2, 7, 111, 140, 232, 249, 579, 769
_SET_EQUALITY = (
    "similar_elements",
    "find_char_long",
    "common_in_nested_lists",
    "extract_singly",
    "larg_nnum",
    "intersection_array",
    "find_dissimilar",
    "Diff",
)
_NOT_NONE = ("check_str", "text_match_three", "text_starta_endb")


@SUITES.register("mbpp+")
def load() -> Suite:
    """Return the suite `mbpp+`; raises EvalError if its file is absent or broken."""
    module = load_module("mbpp")
    cached = f"MbppPlus-{module.MBPP_PLUS_VERSION}.jsonl"
    path, problems = read_problems(module, VARIABLE, cached, "get_mbpp_plus")
    tasks = tuple(_task(problem) for problem in problems)
    ids = {task.task_id for task in tasks}
    return Suite(
        "mbpp+",
        content_md5(path),
        tasks,
        has_plus=True,
        source=str(path),
        retired=lambda task_id: is_mbpp_id(task_id) and task_id not in ids,
        slowest=SLOWEST,
    )


def _task(problem: Problem) -> Task:
    entry = problem["entry_point"]
    accepts = same_set if entry in _SET_EQUALITY else _ACCEPTS.get(entry, same)
    oracle = Oracle(accepts, float(problem["atol"]))
    return Task(
        task_id=problem["task_id"],
        prompt=problem["prompt"],
        entry_point=entry,
        base=ReferenceTests(tuple(map(tuple, problem["base_input"])), oracle),
        plus=ReferenceTests(tuple(map(tuple, problem["plus_input"])), oracle),
        canonical=problem["prompt"] + problem["canonical_solution"],
        adapter=_not_none(entry) if entry in _NOT_NONE else None,
    )


def _not_none(entry_point: str) -> Adapter:
    """Return the adapter of tasks where only "is the output None?" counts: a match object is not a plain value."""
    code = (
        f"def akd_not_none(*args):\n"
        f"    output = {entry_point}(*args)\n"
        f"    return output if isinstance(output, bool) else output is not None\n"
    )
    return Adapter(code, "akd_not_none")
