"""The grammar: wordings invert exactly, text and reference agree, the split leaks nothing, wrong programs fail."""

import random
import re
from collections import Counter

import pytest

from akd_code.lab.grammar import (
    OPERATIONS,
    GrammarError,
    LabTask,
    ValueKind,
    assert_lines,
    cases,
    eval_tasks,
    harder_like,
    outline_texts,
    parse_instruction,
    rarer_like,
    sample_skewed,
    sample_task,
    seed_tasks,
    wrong_solution,
)
from akd_code.lab.grammar.inputs import input_pool
from akd_code.lab.grammar.kinds import DOMAINS, draw_call
from akd_code.lab.grammar.operations import ops_from
from akd_code.lab.grammar.wording import FRAMES, HEADS, INPUTS, read_clause, render_task

NOUN = {
    ValueKind.INT: "number",
    ValueKind.INTS: "items",
    ValueKind.STR: "line",
    ValueKind.WORDS: "names",
    ValueKind.TABLE: "stock",
}


def run(source: str, entry: str, value: object) -> object:
    """Run a program that the grammar itself wrote."""
    scope: dict[str, object] = {}
    exec(source, scope)  # noqa: S102
    return scope[entry](value)  # type: ignore[operator]


def some_tasks(n: int, seed: int) -> list[LabTask]:
    rng = random.Random(seed)
    return [
        sample_skewed(rng, 1 + index % 4, split=("train", "eval")[index % 8 // 4], skew=rng.choice((0.8, 0.0, -0.5)))
        for index in range(n)
    ]


TASKS = some_tasks(2400, 11)


def test_every_instruction_parses_back_to_its_own_task() -> None:
    for task in TASKS:
        assert parse_instruction(task.instruction) == task


def test_every_phrase_of_every_operation_reads_back_as_that_operation() -> None:
    rng = random.Random(1)
    for op in OPERATIONS:
        for phrase in op.phrases:
            call = draw_call(op, rng)
            assert read_clause(call.fill(phrase), op.src) == call, phrase


def test_every_head_input_and_frame_parses_back() -> None:
    rng = random.Random(2)
    for kind in DOMAINS:
        first = ops_from(kind)[0]
        second = ops_from(first.dst)[1]
        for frame in FRAMES:
            for head in HEADS:
                for source in INPUTS[kind]:
                    calls = (draw_call(first, rng), draw_call(second, rng))
                    phrases = tuple(call.fill(call.op.phrases[-1]) for call in calls)
                    task = render_task(calls, f"solve_{NOUN[kind]}", phrases, head, source, frame)
                    assert parse_instruction(task.instruction) == task


def test_no_phrase_contains_what_separates_clauses() -> None:
    separators = {frame.between + "second" + frame.mark for frame in FRAMES} | {" and return the result."}
    for op in OPERATIONS:
        for phrase in op.phrases:
            assert not any(separator in phrase for separator in separators), phrase
            assert phrase == phrase.strip() and phrase[0].islower() and not phrase.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Write a sorting function.",
        "Write a function `solve_items` that takes a list of integers. It should first make coffee.",
        "Write a function `solve_items` that takes a list of integers. "
        "It should first add 3 to each number; second make tea.",
        "Write a function `solve_text` that takes a list of integers. It should first add 3 to each number.",
        "Write a function `solve_items` that takes a list of integers. It should first add 99 to each number.",
    ],
)
def test_text_outside_the_grammar_parses_to_none(text: str) -> None:
    assert parse_instruction(text) is None


def test_a_known_instruction_has_the_expected_solution_and_cases() -> None:
    task = parse_instruction(
        "Write a function `solve_items` that takes a list of integers. "
        "It should first keep only the even numbers; second add 3 to each number; third take the sum."
    )
    assert task is not None
    assert task.solution == (
        "def solve_items(nums):\n"
        "    # first: keep only the even numbers\n"
        "    nums = [x for x in nums if x % 2 == 0]\n"
        "    # second: add 3 to each number\n"
        "    nums = [x + 3 for x in nums]\n"
        "    # third: take the sum\n"
        "    n = sum(nums)\n"
        "    return n\n"
    )
    assert task.families == ("filter", "map", "fold")
    assert (task.depth, task.domain, task.task_type) == (3, "lists", ("ints", "int"))
    by_hand = {"[]": 0, "[5]": 0, "[1, 2, 3, 4, 5, 6]": 21, "[-4, 7, 0, -9, 12]": 17, "[20, 10, 15, 30]": 69}
    found = {repr(args[0]): expected for args, expected in cases(task, 40, random.Random(0))}
    shown = by_hand.keys() & found.keys()
    assert "[]" in shown and {key: found[key] for key in shown} == {key: by_hand[key] for key in shown}


def test_solution_text_and_reference_functions_agree() -> None:
    for task in TASKS[:1200]:
        for args, expected in cases(task, 8, random.Random(3)):
            got = run(task.solution, task.entry_point, args[0])
            assert got == expected and type(got) is type(expected), task.solution


def test_every_operation_agrees_with_its_code_on_the_whole_input_pool() -> None:
    rng = random.Random(4)
    for op in OPERATIONS:
        for _ in range(3):
            call = draw_call(op, rng)
            body = "".join(f"    {line}\n" for line in call.fill(op.code).split("\n"))
            source = f"def f({op.src.value}):\n{body}    return {op.dst.value}\n"
            for value in input_pool(op.src):
                assert run(source, "f", value) == call.apply(value), (op.name, value)


def test_modules_of_steps_run_on_their_own() -> None:
    for task in TASKS[:200]:
        value = input_pool(task.calls[0].op.src)[9]
        for step, call in zip(task.steps, task.calls, strict=True):
            got = run(step.module, step.name, value)
            value = call.apply(value)
            assert got == value


def test_cases_have_distinct_inputs_begin_with_an_edge_and_repeat_for_a_seed() -> None:
    for task in TASKS[:200]:
        found = cases(task, 12, random.Random(5))
        inputs = [repr(args) for args, _ in found]
        assert len(set(inputs)) == 12
        assert found[0][0][0] in ([], {}, "", 0)
        assert found == cases(task, 12, random.Random(5))
        assert found[:6] == cases(task, 6, random.Random(6))


def test_assert_lines_hold_for_the_solution() -> None:
    for task in TASKS[:100]:
        lines = assert_lines(task, 7, random.Random(7))
        assert len(lines) == 7 and all(line.startswith(f"assert {task.entry_point}(") for line in lines)
        exec(task.solution + "\n".join(lines), {})  # noqa: S102


def test_wrong_solutions_run_and_fail_on_the_first_six_cases() -> None:
    for index, task in enumerate(TASKS[:600]):
        source = wrong_solution(task, random.Random(index))
        outcomes = [
            run(source, task.entry_point, args[0]) == expected for args, expected in cases(task, 6, random.Random(0))
        ]
        assert not all(outcomes), (task.solution, source)


def test_the_split_depends_on_the_composition_and_not_on_the_wording() -> None:
    pattern = re.compile(r"`[a-z_]+`")
    by_composition: dict[str, set[str]] = {}
    for task in TASKS:
        by_composition.setdefault(task.composition, set()).add(task.split)
        renamed = parse_instruction(pattern.sub(f"`build_{task.entry_point.partition('_')[2]}`", task.instruction))
        assert renamed is not None and renamed.split == task.split
    assert all(len(splits) == 1 for splits in by_composition.values())


def test_eval_tasks_never_occur_in_anything_that_is_trained_on() -> None:
    held_out = eval_tasks(60, 0)
    rng = random.Random(8)
    seeds = seed_tasks(500, 0)
    trained = seeds + [harder_like(task, rng) for task in seeds] + [rarer_like(task, rng) for task in seeds]
    trained += [sample_task(rng, rng.randint(1, 4), split="train") for _ in range(1000)]
    assert all(task.split == "train" for task in trained)
    assert not {task.composition for task in trained} & {task.composition for task in held_out}


def test_seed_tasks_leave_out_the_deepest_are_distinct_and_fixed_by_their_seed() -> None:
    seeds = seed_tasks(400, 3)
    depths = Counter(task.depth for task in seeds)
    assert 40 < depths[1] < depths[2] and depths[3] > 120 and set(depths) == {1, 2, 3}
    assert len({task.composition for task in seeds}) == 400
    assert seeds == seed_tasks(400, 3) != seed_tasks(400, 4)


def test_seed_tasks_have_the_depths_and_the_frequencies_that_are_asked_for() -> None:
    even, skewed = seed_tasks(200, 3, (1, 1, 1, 1), 0.0), seed_tasks(200, 3, (0, 1, 0, 1), 2.0)
    assert {task.depth for task in even} == {1, 2, 3, 4} and {task.depth for task in skewed} == {2, 4}
    ranks = [[call.op.rank for task in tasks for call in task.calls] for tasks in (even, skewed)]
    assert sum(ranks[1]) / len(ranks[1]) < 0.5 * sum(ranks[0]) / len(ranks[0])


def test_more_seed_tasks_than_there_are_is_an_error_and_no_endless_search() -> None:
    with pytest.raises(GrammarError, match="no more than"):
        seed_tasks(5000, 0, (1, 0, 0, 0), 0.6)
    with pytest.raises(GrammarError, match="no depth has a share"):
        seed_tasks(5, 0, (0, 0, 0, 0), 0.6)


def test_harder_tasks_keep_domain_and_type_and_go_deeper() -> None:
    rng = random.Random(9)
    kept = deeper = rarer = 0
    for task in TASKS[:400]:
        harder = harder_like(task, rng)
        assert harder.split == "train" and harder.domain == task.domain and harder.composition != task.composition
        kept += harder.task_type == task.task_type
        deeper += harder.depth == min(4, task.depth + 1)
        shared = {call.op.name for call in task.calls} & {call.op.name for call in harder.calls}
        rarer += len(shared) >= task.depth - (task.depth == 4)
    assert kept > 380 and deeper > 380 and rarer > 380


def test_rarer_tasks_keep_the_domain_and_use_rarer_operations() -> None:
    rng = random.Random(10)
    common = [task for task in seed_tasks(400, 1) if task.depth == 2]
    rare = [rarer_like(task, rng) for task in common]

    def mean_rank(tasks: list[LabTask]) -> float:
        ranks = [call.op.rank for task in tasks for call in task.calls]
        return sum(ranks) / len(ranks)

    assert all(new.domain == old.domain and new.split == "train" for new, old in zip(rare, common, strict=True))
    uniform = [sample_skewed(rng, 2, split="train", skew=0, start=task.calls[0].op.src) for task in common]
    assert mean_rank(common) < mean_rank(uniform) < mean_rank(rare)


def test_sampling_is_fixed_by_its_generator_and_follows_the_frequencies() -> None:
    assert [sample_task(random.Random(5), 3, split="train") for _ in range(3)] == [
        sample_task(random.Random(5), 3, split="train") for _ in range(3)
    ]
    rng = random.Random(12)
    found = Counter(sample_task(rng, 1, split="train").calls[0].op.rank < 5 for _ in range(2000))
    assert found[True] > found[False] * 0.5


def test_the_world_is_as_rich_as_it_says() -> None:
    assert len(OPERATIONS) >= 35
    assert len({op.name for op in OPERATIONS}) == len(OPERATIONS)
    assert len({op.family for op in OPERATIONS}) >= 15
    assert all(len(op.phrases) >= 2 for op in OPERATIONS)


def test_held_out_tasks_are_distinct_and_of_every_depth() -> None:
    tasks = eval_tasks(40, 0)
    assert len({task.composition for task in tasks}) == len(tasks)
    assert all(task.split == "eval" for task in tasks)
    depths = Counter(task.depth for task in tasks)
    assert (depths[2], depths[3], depths[4]) == (40, 40, 40)
    assert 20 <= depths[1] <= 40


def test_an_outline_has_the_steps_and_no_code() -> None:
    task = parse_instruction(
        "Write a function `solve_items` that takes a list of integers. "
        "It should first add 3 to each number; second take the sum."
    )
    assert task is not None
    text, answer = outline_texts(task)
    assert text == f"{task.instruction} But write only the outline."
    assert answer == (
        "```python\n"
        "def solve_items(nums):\n"
        "    # first: add 3 to each number\n"
        "    # second: take the sum\n"
        "    pass\n"
        "```"
    )
    assert parse_instruction(text) is None


def test_an_impossible_depth_is_refused() -> None:
    with pytest.raises(GrammarError, match="depth 5"):
        sample_task(random.Random(0), 5, split="train")
