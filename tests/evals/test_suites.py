import gzip
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from akd_evals.errors import EvalError
from akd_evals.suites import ReferenceTests, load_suite
from akd_evals.suites import mbpp as mbpp_suite
from akd_sandbox import Case, CodeTests, FunctionTests


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No benchmark file is anywhere, and nothing may ask the network for one."""
    for variable in ("HUMANEVAL_OVERRIDE_PATH", "MBPP_OVERRIDE_PATH", "AKD_MBPP_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty-cache"))

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a suite asked the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_humaneval_comes_with_its_package_and_most_of_its_checks_are_data() -> None:
    suite = load_suite("humaneval")
    assert len(suite.tasks) == 164
    assert suite.dataset_md5 == "88771747746422b8669027625578460c"  # md5sum of the decompressed file
    kinds = [type(task.base) for task in suite.tasks]
    assert kinds.count(FunctionTests) > 130
    first = suite.by_id["HumanEval/0"].base
    assert isinstance(first, FunctionTests)
    assert first.cases[0] == Case(args=([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.3), expected=True)
    assert len(first.cases) == 7


def test_a_check_with_more_than_literal_asserts_stays_code_beside_the_reference() -> None:
    root = load_suite("humaneval").by_id["HumanEval/32"]
    assert isinstance(root.base, CodeTests)
    assert root.base.style == "check"
    assert "def poly" in root.base.code  # the check calls it, and must not take the candidate's


@pytest.mark.parametrize(
    ("suite", "variable", "command"),
    [
        ("humaneval+", "HUMANEVAL_OVERRIDE_PATH", "get_human_eval_plus"),
        ("mbpp+", "MBPP_OVERRIDE_PATH", "get_mbpp_plus"),
        ("mbpp", "AKD_MBPP_PATH", "mbpp+"),
    ],
)
def test_an_absent_benchmark_names_the_variable_and_the_command_and_downloads_nothing(
    suite: str, variable: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EvalError) as error:
        load_suite(suite)
    assert variable in str(error.value)
    assert command in str(error.value)
    monkeypatch.setenv(variable, "/nowhere/file.jsonl")
    with pytest.raises(EvalError, match=f"{variable} names /nowhere/file.jsonl, which is not a file"):
        load_suite(suite)


@pytest.mark.parametrize("content", [b"{broken\n", b'{"task_id": "HumanEval/0"}\n', b"\xff\xfe\n", b"[1]\n"])
def test_a_broken_benchmark_file_is_one_clear_error(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "he.jsonl"
    path.write_bytes(content)
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", str(path))
    with pytest.raises(EvalError, match=r"he\.jsonl"):
        load_suite("humaneval+")


def test_an_unknown_suite_names_the_nearest() -> None:
    with pytest.raises(EvalError, match=r"unknown suite 'human-eval\+'; did you mean humaneval\+\?"):
        load_suite("human-eval+")
    with pytest.raises(EvalError, match=r"known are .*, humaneval, "):
        load_suite("zzz")


@pytest.mark.data
@pytest.mark.parametrize("packed", [True, False])
def test_evalplus_files_are_read_packed_or_not_with_types_restored(
    packed: bool, test_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    humaneval = test_data / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl.gz"
    mbpp = test_data / "evalplus" / "MbppPlus-v0.2.0.jsonl.gz"
    if not packed:
        for path in (humaneval, mbpp):
            (tmp_path / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        humaneval, mbpp = tmp_path / humaneval.stem, tmp_path / mbpp.stem
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", str(humaneval))
    monkeypatch.setenv("MBPP_OVERRIDE_PATH", str(mbpp))
    he, mb = load_suite("humaneval+"), load_suite("mbpp+")
    assert (len(he.tasks), he.dataset_md5) == (164, "fe585eb4df8c88d844eeb463ea4d0302")
    assert (len(mb.tasks), mb.dataset_md5) == (378, "ee43ecabebf20deef4bb776a405ac5b1")
    polygon = mb.by_id["Mbpp/124"].base  # JSON cannot hold its complex argument
    assert isinstance(polygon, ReferenceTests)
    assert polygon.inputs[0] == (0.0, 1j)
    no_plus = mb.by_id["Mbpp/793"].plus
    assert isinstance(no_plus, ReferenceTests) and no_plus.inputs == ()
    assert mb.retired("Mbpp/1") and not mb.retired("Mbpp/2") and not mb.retired("Mbpp/975")


@pytest.mark.data
def test_mbpp_is_the_test_split_with_its_own_asserts(test_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_MBPP_PATH", str(test_data / "mbpp" / "mbpp.jsonl.gz"))
    suite = load_suite("mbpp")
    assert [suite.tasks[0].task_id, suite.tasks[-1].task_id, len(suite.tasks)] == ["Mbpp/11", "Mbpp/510", 500]
    first = suite.by_id["Mbpp/11"]
    assert first.entry_point == "remove_Occ"
    assert first.prompt == (
        '"""\nWrite a python function to remove first and last occurrence of a given character from the string.\n'
        'assert remove_Occ("hello","l") == "heo"\n"""\n'
    )
    assert isinstance(first.base, FunctionTests)
    assert first.base.cases[0] == Case(args=("hello", "l"), expected="heo")
    assert suite.retired("Mbpp/2") and suite.retired("Mbpp/809") and not suite.retired("Mbpp/0")


@pytest.mark.data
def test_every_mbpp_problem_has_an_entry_point_that_its_solution_defines(test_data: Path) -> None:
    problems, _ = mbpp_suite.read_problems(test_data / "mbpp" / "mbpp.jsonl.gz")
    assert len(problems) == 974
    wrapped = {problem.number: problem.entry_point for problem in problems if problem.number in (912, 927, 601)}
    assert wrapped == {
        601: "max_chain_length",
        912: "lobb_num",
        927: "max_height",
    }  # int(f(..)), (f(..)), f([Pair(..)])


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_users_own_file_is_a_suite_named_after_it(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.jsonl",
        {
            "task_id": "a",
            "prompt": "p",
            "entry_point": "f",
            "tests": ["assert f(1) == 2"],
            "canonical_solution": "def f(x): return 2",
        },
        {
            "task_id": "b",
            "prompt": "p",
            "entry_point": "f",
            "test": "def check(candidate):\n    assert candidate(1) == 2\n",
        },
        {
            "task_id": "c",
            "prompt": "p",
            "entry_point": "f",
            "test": "def check(candidate):\n    for i in range(3): assert candidate(i) == 2\n",
        },
    )
    suite = load_suite(str(path))
    assert suite.name == "mine"
    expected = FunctionTests((Case(args=(1,), expected=2),))
    assert [suite.by_id["a"].base, suite.by_id["b"].base] == [expected, expected]
    assert isinstance(suite.by_id["c"].base, CodeTests)
    assert suite.by_id["a"].canonical == "def f(x): return 2"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"task_id": "a", "prompt": "p", "tests": ["assert f(1)"]}, '"entry_point" is missing'),
        (
            {"task_id": 1, "prompt": "p", "entry_point": "f", "tests": ["assert f(1)"]},
            '"task_id" must be text, not int',
        ),
        (
            {"task_id": "a", "prompt": "p", "entry_point": "f"},
            "exactly one kind; give one of 'tests', 'test', 'stdin_cases', 'pytest'",
        ),
        ({"task_id": "a", "prompt": "p", "entry_point": "f", "tests": []}, "at least one"),
        ({"task_id": "a", "prompt": "p", "entry_point": "f", "tests": "assert f(1)"}, "a list of assert lines"),
        ({"task_id": "a", "prompt": "p", "entry_point": "f", "test": "def check(:"}, "not Python"),
        ({"task_id": "a", "prompt": "p", "entry_point": "f", "tests": ["assert f("]}, "not Python"),
    ],
)
def test_a_wrong_line_of_a_users_own_file_is_named(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    good = {"task_id": "ok", "prompt": "p", "entry_point": "f", "tests": ["assert f(1)"]}
    path = write(tmp_path / "mine.jsonl", good, row)
    with pytest.raises(EvalError) as error:
        load_suite(str(path))
    assert str(error.value).startswith(f"{path}:2: ")
    assert says in str(error.value)


def test_a_task_id_given_twice_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    row = {"task_id": "a", "prompt": "p", "entry_point": "f", "tests": ["assert f(1)"]}
    with pytest.raises(EvalError, match="has task a twice"):
        load_suite(str(write(tmp_path / "mine.jsonl", row, row)))
    with pytest.raises(EvalError, match="has no tasks"):
        load_suite(str(write(tmp_path / "none.jsonl")))
