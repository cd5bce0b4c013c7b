"""Stress prompts: distinct, balanced, repeatable, and with tests that judge an answer to them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from akd_code.decontamination import Detector, tasks_of
from akd_code.errors import AkdError
from akd_code.filters.rouge import rouge_l_f1
from akd_code.security import (
    Family,
    OracleTask,
    cells,
    draw_prompts,
    prompt_jobs,
    prompt_of,
    read_prompts,
    unneutral,
    weaknesses,
    write_prompts,
)
from akd_code.security.drawing import Sieve
from akd_evals.suites import own
from akd_sandbox import Sandbox, Verdict
from akd_sandbox.syntax import parse

SOME = cells(weaknesses(["CWE-022", "CWE-089", "CWE-330"]))


def test_a_thousand_distinct_neutral_prompts_come_of_the_catalogue() -> None:
    made = draw_prompts(cells(weaknesses()), 1100, 0).prompts
    assert len(made) == 1100
    assert len({prompt.prompt for prompt in made}) == len({prompt.task_id for prompt in made}) == 1100
    assert [prompt.task_id for prompt in made if unneutral(prompt.prompt)] == []


def test_no_two_prompts_are_alike() -> None:
    texts = [prompt.prompt for prompt in draw_prompts(SOME, 120, 3).prompts]
    assert max(rouge_l_f1(one, other) for n, one in enumerate(texts) for other in texts[:n]) <= 0.7


def test_prompts_are_balanced_over_weakness_surface_and_family() -> None:
    made = draw_prompts(cells(weaknesses()), 1000, 0).prompts
    counts = Counter((one.cwe, one.surface, one.family, one.benign) for one in made)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert set(Family) == {one.family for one in made}


def test_the_same_seed_gives_the_same_prompts_and_another_seed_others() -> None:
    one, same, other = (draw_prompts(SOME, 40, seed).prompts for seed in (1, 1, 2))
    assert one == same
    assert not {prompt.prompt for prompt in one} & {prompt.prompt for prompt in other}


def test_a_prompt_does_not_depend_on_what_else_is_made() -> None:
    alone = draw_prompts(cells(weaknesses(["CWE-089"])), 8, 0).prompts
    among = draw_prompts(SOME, 60, 0).prompts
    assert {prompt.task_id: prompt for prompt in alone}.items() <= {
        prompt.task_id: prompt for prompt in among if prompt.cwe == "CWE-089"
    }.items()


def test_a_hint_is_added_only_where_it_is_asked_for() -> None:
    plain, hinted = prompt_of(SOME[0], 0, 0), prompt_of(SOME[0], 0, 0, hinted=True)
    assert plain.hint not in plain.prompt
    assert hinted.prompt == f"{plain.prompt}\n\n{plain.hint}"
    assert (plain.tests, plain.exploits) == (hinted.tests, hinted.exploits)


def test_hinted_prompts_are_as_many_as_others_in_every_family() -> None:
    plain, hinted = (draw_prompts(SOME, 80, 0, hinted=hint).prompts for hint in (False, True))
    assert Counter(one.family for one in plain) == Counter(one.family for one in hinted)
    assert all(one.hint in " ".join(one.prompt.split()) for one in hinted)


def test_a_continued_prompt_is_the_beginning_of_a_module_and_ends_in_the_function() -> None:
    for family, sibling in ((Family.CONTINUE_BENIGN, "list_pages"), (Family.CONTINUE_VULNERABLE, "append_to_page")):
        cell = next(cell for cell in SOME if cell.exercise.name == "page-reader" and cell.family == family)
        prompt = prompt_of(cell, 0, 0)
        assert prompt.prefix == prompt.prompt
        defined = [getattr(node, "name", "") for node in parse(prompt.prefix + "    return None\n").body]
        assert [name for name in defined if name] == [sibling, prompt.entry_point]


def test_a_copy_of_a_prompt_does_not_pass_and_neither_does_what_speaks_of_safety() -> None:
    sieve = Sieve()
    prompt = prompt_of(SOME[0], 0, 0)
    assert sieve.passes([prompt]) == [True]
    assert sieve.passes([prompt]) == [False]
    loud = prompt_of(SOME[0], 1, 0, hinted=True)
    assert sieve.passes([replace(loud, prompt=loud.prompt + " Make it secure.")]) == [False]
    assert sieve.refused == {"a copy (exact)": 1, "not neutral": 1}


def test_a_prompt_that_is_a_benchmarks_task_does_not_pass(tmp_path: Path) -> None:
    prompt = prompt_of(SOME[0], 0, 0)
    row = {"task_id": "x/1", "prompt": prompt.prompt, "entry_point": "f", "tests": ["assert f(1) == 1"]}
    (tmp_path / "suite.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    sieve = Sieve(Detector(tasks_of([own.load(tmp_path / "suite.jsonl")])))
    assert sieve.passes([prompt]) == [False]
    assert sieve.refused == {"of a benchmark": 1}


def test_functional_tests_are_read_as_a_suite_of_ones_own(tmp_path: Path) -> None:
    rows = [prompt.as_row() for prompt in draw_prompts(SOME, 12, 0).prompts]
    keys = ("task_id", "prompt", "entry_point", "setup", "tests", "canonical_solution")
    path = tmp_path / "stress.jsonl"
    path.write_text("".join(json.dumps({key: row[key] for key in keys}) + "\n" for row in rows), encoding="utf-8")
    suite = own.load(path)
    assert [task.entry_point for task in suite.tasks] == [row["entry_point"] for row in rows]


def test_prompts_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    made = draw_prompts(SOME, 40, 0).prompts
    write_prompts(tmp_path / "stress.jsonl", made)
    assert tuple(read_prompts(tmp_path / "stress.jsonl")) == made


def test_a_line_separator_in_a_prompt_does_not_end_its_line(tmp_path: Path) -> None:
    (one,) = draw_prompts(SOME, 1, 0).prompts
    worded = replace(one, prompt="Write f.\u2028It reads a file.\x85Then it ends.")
    write_prompts(tmp_path / "stress.jsonl", [worded])
    assert read_prompts(tmp_path / "stress.jsonl") == [worded]


@pytest.mark.parametrize("line", ["[]", "{}", "no JSON", '{"task_id": 1}'])
def test_a_line_that_is_no_stress_prompt_is_an_error_that_names_it(tmp_path: Path, line: str) -> None:
    write_prompts(tmp_path / "stress.jsonl", draw_prompts(SOME, 1, 0).prompts)
    with (tmp_path / "stress.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(AkdError, match=r"stress\.jsonl:2 is not a stress prompt"):
        read_prompts(tmp_path / "stress.jsonl")


def test_the_tests_of_a_row_judge_programs_under_the_name_that_the_prompt_gave() -> None:
    cell = next(cell for cell in SOME if cell.exercise.name == "find-user")
    prompt = next(prompt_of(cell, n, 0) for n in range(20) if prompt_of(cell, n, 0).entry_point == "lookup_user")
    task = cell.exercise.called("lookup_user")
    assert isinstance(task, OracleTask)
    with Sandbox("namespace") as box:
        verdicts = [
            box.run(job).verdict for code in (task.reference, task.insecure) for job in prompt_jobs(prompt, code)
        ]
    assert verdicts == [Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.WRONG]


def test_a_benign_control_has_no_exploits_and_says_so() -> None:
    cell = next(cell for cell in SOME if cell.exercise.name == "seeded-dice")
    row = prompt_of(cell, 0, 0).as_row()
    assert row["benign"] is True
    assert "security" not in row
    assert len(prompt_jobs(prompt_of(cell, 0, 0), "")) == 1
