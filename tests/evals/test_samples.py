import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from akd_evals.errors import EvalError
from akd_evals.sample_files import read_samples
from akd_evals.suites import Suite, Task
from akd_sandbox import Case, FunctionTests

PROMPT = 'def f(x):\n    """Twice x."""\n'


def task(task_id: str) -> Task:
    return Task(task_id, PROMPT, "f", FunctionTests((Case(args=(1,), expected=2),)))


SUITE = Suite("toy", "0" * 32, (task("Toy/0"), task("Toy/1"), task("Toy/2")), retired=lambda i: i == "Toy/9")


def write(path: Path, *rows: Any) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_completions_are_extracted_and_solutions_taken_as_they_are(tmp_path: Path, name: str) -> None:
    path = write(
        tmp_path / name,
        {"task_id": "Toy/0", "completion": "    return 2 * x\n"},
        {"task_id": "Toy/1", "completion": "Here:\n```python\ndef f(x): return x\n```"},
        {"task_id": "Toy/2", "solution": "    not extracted ```"},
    )
    rows = read_samples(path, SUITE).rows
    assert [row.code for row in rows] == [
        PROMPT + "    return 2 * x\n",
        "def f(x): return x\n",
        "    not extracted ```",
    ]
    assert [row.how for row in rows] == ["prompt+completion", "fence", "solution"]


def test_repeated_tasks_are_numbered_in_the_order_given_and_missing_tasks_are_named(tmp_path: Path) -> None:
    lines = [{"task_id": f"Toy/{i}", "solution": code} for i, code in ((0, "a"), (2, "b"), (0, "c"))]
    samples = read_samples(write(tmp_path / "s.jsonl", *lines), SUITE)
    assert [(row.task_id, row.index, row.code) for row in samples.rows] == [
        ("Toy/0", 0, "a"),
        ("Toy/2", 0, "b"),
        ("Toy/0", 1, "c"),
    ]
    assert samples.missing == ("Toy/1",)


def test_samples_of_retired_tasks_are_skipped_and_named(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", {"task_id": "Toy/9", "solution": ""}, {"task_id": "Toy/0", "solution": ""})
    samples = read_samples(path, SUITE)
    assert samples.retired == ("Toy/9",)
    assert len(samples.rows) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"task_id": "Toy/0", "solution": ', "not JSON"),
        ("[1, 2]", "a JSON list, not an object"),
        ({"task_id": "Toy/0"}, 'no "completion" and no "solution"'),
        ({"task_id": "Toy/0", "completion": None}, 'no "completion" and no "solution"'),
        ({"task_id": "Toy/0", "completion": ["a", "b"]}, '"completion" must be a text, not list'),
        ({"completion": "x"}, '"task_id" must be a text such as "HumanEval/0", not missing'),
        ({"task_id": 3, "completion": "x"}, "not 3"),
        ({"task_id": "Toy/11", "completion": "x"}, "no task 'Toy/11'; did you mean 'Toy/1'?"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path: Path, line: Any, says: str) -> None:
    path = write(tmp_path / "s.jsonl", {"task_id": "Toy/0", "solution": "ok"}, "", line)
    with pytest.raises(EvalError) as error:
        read_samples(path, SUITE)
    assert str(error.value).startswith(f"{path}:3: ")
    assert says in str(error.value)
    assert error.value.exit_code == 2


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b'{"task_id": "Toy/0", "solution": "\xff"}\n')
    with pytest.raises(EvalError, match=r":1: not UTF-8"):
        read_samples(path, SUITE)


def test_deeply_nested_json_is_a_broken_line_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r":1: not JSON"):
        read_samples(write(tmp_path / "s.jsonl", "[" * 100_000), SUITE)


@pytest.mark.parametrize("content", ["", "\n\n", '{"task_id": "Toy/9", "solution": ""}\n'])
def test_a_file_without_any_sample_of_the_suite_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(content)
    with pytest.raises(EvalError, match="no sample of suite toy"):
        read_samples(path, SUITE)


def test_an_absent_or_cut_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no file"):
        read_samples(tmp_path / "none.jsonl", SUITE)
    cut = write(tmp_path / "s.jsonl.gz", {"task_id": "Toy/0", "solution": "x" * 1000})
    cut.write_bytes(cut.read_bytes()[:-12])
    with pytest.raises(EvalError, match="cannot read"):
        read_samples(cut, SUITE)


def test_evalplus_directory_form_is_read_in_numeric_order(tmp_path: Path) -> None:
    folder = tmp_path / "Toy_0"
    folder.mkdir()
    for number in (10, 2, 0):
        (folder / f"{number}.py").write_text(f"# {number}")
    (folder / "notes.txt").write_text("no sample")
    rows = read_samples(tmp_path, SUITE).rows
    assert [(row.task_id, row.index, row.code) for row in rows] == [
        ("Toy/0", 0, "# 0"),
        ("Toy/0", 1, "# 2"),
        ("Toy/0", 2, "# 10"),
    ]


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no folders"):
        read_samples(tmp_path, SUITE)


def test_equal_texts_have_equal_digests_and_lone_surrogates_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text('{"task_id": "Toy/0", "solution": "\\ud800"}\n{"task_id": "Toy/1", "solution": "\\ud800"}\n')
    one, other = read_samples(path, SUITE).rows
    assert one.code_sha256 == other.code_sha256


def test_a_file_in_another_encoding_is_read_by_its_coding_line_and_a_broken_one_is_its_own_fault(
    tmp_path: Path,
) -> None:
    (tmp_path / "Toy_0").mkdir()
    (tmp_path / "Toy_0" / "0.py").write_bytes("# -*- coding: latin-1 -*-\nX = 'é'\n".encode("latin-1"))
    (tmp_path / "Toy_0" / "1.py").write_bytes(b"\xef\xbb\xbfX = 1\n")
    (tmp_path / "Toy_0" / "2.py").write_bytes(b"X = '\xff'\n")
    tests = FunctionTests((Case(args=(), expected=1),))
    samples = read_samples(tmp_path, Suite("toy", "", (Task("Toy/0", "", "f", tests),)))
    first, second, third = (sample.code for sample in samples.rows)
    assert "X = 'é'" in first
    assert second == "X = 1\n"
    with pytest.raises(ValueError):
        compile(third, "x", "exec")
