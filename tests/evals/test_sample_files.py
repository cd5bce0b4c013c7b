"""What other harnesses write is read, and what akd eval keeps is read anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from akd_evals.errors import EvalError
from akd_evals.sample_files import read_answers, read_samples, suite_of
from akd_evals.suites import Suite, Task
from akd_sandbox import Case, FunctionTests

PROMPT = 'def f(x):\n    """Twice x."""\n'
FENCED = "Here:\n```python\ndef f(x): return x\n```"


def suite(*ids: str) -> Suite:
    tests = FunctionTests((Case(args=(1,), expected=2),))
    return Suite("toy", "0" * 32, tuple(Task(name, PROMPT, "f", tests) for name in ids))


TOY = suite("Toy/0", "Toy/1", "Toy/2")


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path, of: Suite = TOY) -> list[tuple[str, int, str, str]]:
    return [(row.task_id, row.index, row.code, row.how) for row in read_samples(path, of).rows]


def test_bigcodes_generations_are_lists_of_answers_in_the_suites_order(tmp_path: Path) -> None:
    path = tmp_path / "generations.json"
    path.write_text(json.dumps([[PROMPT + "    return 2 * x\n", "    return x\n"], [FENCED]]))
    assert read(path) == [
        ("Toy/0", 0, PROMPT + "    return 2 * x\n", "text"),
        ("Toy/0", 1, PROMPT + "    return x\n", "prompt+completion"),
        ("Toy/1", 0, "def f(x): return x\n", "fence"),
    ]
    assert read_samples(path, TOY).missing == ("Toy/2",)


def test_generations_keep_their_places_where_only_a_part_of_the_suite_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "generations.json"
    path.write_text(json.dumps([["def f(x): return 0"], ["def f(x): return 1"], ["def f(x): return 2"]]))
    assert [row[2] for row in read(path, TOY.only(["Toy/1"]))] == ["def f(x): return 1"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{}", "not a list of lists"),
        ('["a"]', "not a list of lists"),
        ("[", "cannot read"),
        ("[[1]]", "task 0: an answer is int, not text"),
        ("[[], [], [], []]", "4 tasks and toy has 3"),
        ("[[]]", "no sample of suite toy"),
    ],
)
def test_generations_that_are_none_are_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "generations.json"
    path.write_text(content)
    with pytest.raises(EvalError, match=says):
        read_samples(path, TOY)


def test_lm_evaluation_harness_lines_are_read_once_for_all_filters(tmp_path: Path) -> None:
    def row(place: int, doc: dict[str, Any], *texts: str, filter_: str = "create_test") -> dict[str, Any]:
        return {
            "doc_id": place,
            "doc": doc,
            "target": "check(f)",
            "resps": [list(texts)],
            "filtered_resps": ["not this"],
            "filter": filter_,
        }

    path = lines(
        tmp_path / "samples_toy.jsonl",
        row(0, {"task_id": "Toy/0"}, "    return 2 * x\n", FENCED),
        row(0, {"task_id": "Toy/0"}, "    return 2 * x\n", FENCED, filter_="other"),
        row(2, {"question": "no id"}, "<think>hm"),
    )
    assert read(path) == [
        ("Toy/0", 0, PROMPT + "    return 2 * x\n", "prompt+completion"),
        ("Toy/0", 1, "def f(x): return x\n", "fence"),
        ("Toy/2", 0, "", "reasoning-only"),
    ]


def test_the_harness_numbers_mbpp_as_mbpp_does(tmp_path: Path) -> None:
    path = lines(tmp_path / "samples_mbpp.jsonl", {"doc_id": 0, "doc": {"task_id": 11}, "resps": [["[BEGIN]"]]})
    assert [row[0] for row in read(path, suite("Mbpp/11", "Mbpp/12"))] == ["Mbpp/11"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"doc": {"task_id": "Toy/0"}, "resps": [[["0.5", "True"]]]}, "holds list, not text"),
        ({"doc": {"task_id": "Toy/7"}, "resps": [["x"]]}, "no task 'Toy/7'"),
        ({"doc": {}, "resps": [["x"]], "doc_id": 9}, "cannot be told"),
        ({"doc": "x", "resps": [["x"]]}, "not a line of lm-evaluation-harness"),
    ],
)
def test_a_harness_line_that_holds_no_answer_is_named(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    with pytest.raises(EvalError, match=says) as error:
        read_samples(lines(tmp_path / "samples_toy.jsonl", row), TOY)
    assert "samples_toy.jsonl:1: " in str(error.value)


def test_an_answer_that_was_cut_by_length_says_so(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "s.jsonl",
        {"task_id": "Toy/0", "completion": FENCED, "finish_reason": "length"},
        {"task_id": "Toy/1", "completion": FENCED, "finish_reason": "stop"},
    )
    assert [row.cut for row in read_samples(path, TOY).rows] == [True, False]


@pytest.mark.parametrize(("style", "code"), [("chat", "def f(x): return x\n"), ("completion", PROMPT + FENCED)])
def test_stored_answers_are_read_anew_as_they_were_asked_for(tmp_path: Path, style: str, code: str) -> None:
    lines(
        tmp_path / "samples.jsonl",
        {"task_id": "Toy/0", "sample": 0, "answer": FENCED, "solution": "old", "finish_reason": "length"},
    )
    (tmp_path / "sampling.json").write_text(json.dumps({"style": style, "suite": "toy"}))
    (row,) = read_answers(tmp_path, TOY).rows
    assert (row.code, row.cut) == (code, True)
    assert suite_of(tmp_path) == "toy"


def test_a_scored_directory_gives_its_programs_with_their_rules(tmp_path: Path) -> None:
    lines(
        tmp_path / "results.jsonl",
        {"task_id": "Toy/1", "sample": 0, "code_sha256": "ab", "extraction": "fence", "cut": True},
    )
    lines(tmp_path / "programs.jsonl", {"code_sha256": "ab", "code": "def f(x): ..."})
    (row,) = read_answers(tmp_path, TOY).rows
    assert (row.task_id, row.code, row.how, row.cut) == ("Toy/1", "def f(x): ...", "fence", True)
    with pytest.raises(EvalError, match=r"has no samples\.jsonl and no programs\.jsonl"):
        read_answers(tmp_path / "empty", TOY)
