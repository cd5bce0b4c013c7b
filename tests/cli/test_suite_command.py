"""`akd suite`, and the options of `akd score` that part, explain and judge a suite anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main


def akd(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def task(name: str, reference: str, prompt: str = "") -> dict[str, Any]:
    test = "def check(candidate):\n    value = candidate(1)\n    assert value == 2\n"
    return {"task_id": name, "prompt": prompt, "entry_point": "f", "test": test, "canonical_solution": reference}


GOOD = "def f(x): return x + 1\n"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    lacking = task("toy/lacking", "import no_such_library\n" + GOOD)
    return lines(tmp_path / "toy.jsonl", task("toy/a", GOOD), task("toy/b", GOOD), lacking)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    rows = [{"task_id": f"toy/{name}", "completion": GOOD} for name in ("a", "b", "lacking")]
    rows[1]["completion"] = "import no_such_library\n" + GOOD
    return lines(tmp_path / "s.jsonl", *rows)


def score(*arguments: object) -> dict[str, Any]:
    done = akd("score", *arguments, "--backend", "process", "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_list_shows_each_suite_with_its_tasks_or_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AKD_CLASSEVAL_PATH", raising=False)
    shown = akd("suite", "list").stdout.splitlines()
    assert any(line.split() == ["humaneval", "164", "tasks"] for line in shown)
    assert any(line.startswith("classeval ") and "set AKD_CLASSEVAL_PATH" in line for line in shown)
    rows = json.loads(akd("suite", "list", "--json").stdout)
    assert {"suite": "humaneval", "tasks": 164, "dataset_md5": "88771747746422b8669027625578460c"} in rows


def test_show_prints_prompt_tests_and_reference(suite: Path) -> None:
    shown = akd("suite", "show", suite, "toy/a").stdout
    assert "value = candidate(1)" in shown and GOOD.strip() in shown
    assert json.loads(akd("suite", "show", suite, "toy/a", "--json").stdout)["entry_point"] == "f"
    wrong = akd("suite", "show", suite, "toy/lack")
    assert (wrong.exit_code, wrong.stderr) == (
        2,
        "akd: error: suite toy has no task 'toy/lack'; did you mean 'toy/lacking'?\n",
    )


def test_check_names_each_reference_that_fails_and_why(suite: Path) -> None:
    done = akd("suite", "check", suite, "--backend", "process")
    assert done.exit_code == 1
    first, *rest = done.stdout.splitlines()
    assert first.startswith("toy/lacking: library missing: no_such_library (")
    assert rest == ["toy: 2 of 3 references pass", "  1 library missing: no_such_library"]
    told = json.loads(akd("suite", "check", suite, "--backend", "process", "--json").stdout)
    assert (told["tasks"], told["passing"]) == (3, 2)
    assert [(one["task_id"], one["cause"], one["name"]) for one in told["failing"]] == [
        ("toy/lacking", "library missing", "no_such_library")
    ]
    assert akd("suite", "check", suite, "--tasks", "toy/a,toy/b", "--backend", "process").exit_code == 0


def test_tasks_whose_reference_fails_are_left_out_of_the_denominator_and_told(
    suite: Path, samples: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for _ in range(2):  # the second time from what the first has kept
        summary = score(samples, "--suite", suite, "--out", out, "--exclude-failing")
        assert (summary["tasks"], summary["samples"]) == (2, 2)
        assert summary["pass@k"] == {"base": {"1": 0.5}}
        assert summary["excluded"] == {"toy/lacking": "library missing: no_such_library"}
        assert summary["missing_imports"] == {"no_such_library": 1}
    table = akd("score", samples, "--suite", suite, "--out", out, "--exclude-failing", "--backend", "process").stdout
    assert "1 tasks whose references fail here are excluded (1 library missing: no_such_library)" in table
    assert "imports that are not here: no_such_library 1" in table


def test_a_part_of_a_suite_is_scored_under_a_name_that_says_so(suite: Path, samples: Path, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("toy/b\ntoy/a\n")
    by_file = score(samples, "--suite", suite, "--out", tmp_path / "1", "--tasks", ids)
    by_name = score(samples, "--suite", suite, "--out", tmp_path / "2", "--tasks", "toy/a, toy/b")
    other = score(samples, "--suite", suite, "--out", tmp_path / "3", "--tasks", "toy/a,toy/lacking")
    assert by_file["tasks"] == by_name["tasks"] == 2
    assert by_file["suite"] == by_name["suite"] != other["suite"]
    assert other["verdicts"] == {"PASS": 1, "UNSUPPORTED": 1}  # its own solution lacks a library here
    assert other["missing_imports"] == {}
    unknown = akd("score", samples, "--suite", suite, "--out", tmp_path / "4", "--tasks", "toy/z")
    assert unknown.exit_code == 2 and "has no task 'toy/z'" in unknown.stderr


def test_an_answer_is_judged_with_the_prompts_own_imports_and_helpers_only_where_asked(tmp_path: Path) -> None:
    prompt = 'from math import floor\n\n\ndef up(x):\n    return x + 1\n\n\ndef f(x):\n    """One more."""\n'
    suite = lines(tmp_path / "toy.jsonl", task("toy/a", "    return floor(up(x))\n", prompt))
    answer = "```python\nfrom __future__ import annotations\n\ndef f(x):\n    return floor(up(x))\n```"
    samples = lines(tmp_path / "s.jsonl", {"task_id": "toy/a", "completion": answer})
    plain = score(samples, "--suite", suite, "--out", tmp_path / "plain")
    helped = score(samples, "--suite", suite, "--out", tmp_path / "helped", "--context", "prompt")
    assert (plain["verdicts"], helped["verdicts"]) == ({"RAISED": 1}, {"PASS": 1})
    assert helped["limits"]["context"] == "prompt" and "context" not in plain["limits"]
    again = akd("score", samples, "--suite", suite, "--out", tmp_path / "plain", "--context", "prompt")
    assert again.exit_code == 2 and "context was None and is 'prompt'" in again.stderr
    compared = akd("compare", tmp_path / "plain", tmp_path / "helped")
    assert compared.exit_code == 2 and "context None and prompt" in compared.stderr


def test_stored_answers_are_judged_anew_without_sampling(suite: Path, tmp_path: Path) -> None:
    rows = [{"prompt": "", "response": f"<think>\n```python\ndef f(x): return 0\n```\n</think>\n```python\n{GOOD}```"}]
    model = lines(tmp_path / "m.jsonl", *rows)
    evaluated = tmp_path / "eval"
    done = akd(
        "eval", f"recorded:{model}", "--suite", suite, "--tasks", "toy/a", "--out", evaluated, "--backend", "process"
    )
    assert done.exit_code == 0, done.output
    model.unlink()
    summary = score(
        "--rescore", evaluated, "--suite", suite, "--tasks", "toy/a", "--out", tmp_path / "new", "--min-time", 1
    )
    assert summary["verdicts"] == {"PASS": 1} and summary["limits"]["min_time_s"] == 1.0
    programs = score("--rescore", tmp_path / "new", "--suite", suite, "--out", tmp_path / "newer")
    assert programs["verdicts"] == {"PASS": 1} and programs["extraction"] == {"fence": 1}
    both = akd("score", model, "--rescore", evaluated, "--suite", suite, "--out", tmp_path / "x")
    assert (both.exit_code, both.stderr) == (2, "akd: error: give either SAMPLES or --rescore DIR\n")


def test_the_summary_counts_how_answers_were_read(suite: Path, tmp_path: Path) -> None:
    given = lines(
        tmp_path / "s.jsonl",
        {"task_id": "toy/a", "completion": f"```python\n{GOOD}```"},
        {"task_id": "toy/a", "completion": f"<answer>\n{GOOD}</answer>", "finish_reason": "length"},
        {"task_id": "toy/b", "completion": "<think>and then", "finish_reason": "length"},
        {"task_id": "toy/b", "completion": " "},
    )
    asked = (given, "--suite", suite, "--out", tmp_path / "out", "--tasks", "toy/a,toy/b")
    summary = score(*asked)
    assert summary["extraction"] == {"fence": 1, "answer-tag": 1, "reasoning-only": 1, "empty": 1}
    assert (summary["empty"], summary["reasoning_only"], summary["cut"]) == (1, 1, 2)
    table = akd(
        "score", given, "--suite", suite, "--out", tmp_path / "out", "--tasks", "toy/a,toy/b", "--backend", "process"
    )
    assert "answers: fence 1, answer-tag 1, reasoning-only 1, empty 1, cut by length 2" in table.stdout


def test_a_method_is_tested_on_fresh_objects_and_its_reference_is_a_program_of_its_own(tmp_path: Path) -> None:
    code = "class Solution:\n    n = 0\n    def up(self):\n        self.n += 1\n        return self.n\n"
    rows = [
        {
            "task_id": f"toy/{place}",
            "prompt": "Count up.\n",
            "entry_point": entry,
            "test": "def check(candidate):\n    first = candidate()\n    assert first == 1\n",
            "canonical_solution": code,
        }
        for place, entry in enumerate(("Solution().up", "Solution.up"))
    ]
    suite = lines(tmp_path / "toy.jsonl", *rows)
    checked = akd("suite", "check", suite, "--backend", "process")
    assert (checked.exit_code, checked.stdout) == (0, "toy: 2 of 2 references pass\n")
    answer = f"Sure:\n```python\n{code}```\nUse it so:\n```python\nprint(Solution().up())\n```"
    given = lines(tmp_path / "s.jsonl", *({"task_id": row["task_id"], "completion": answer} for row in rows))
    summary = score(given, "--suite", suite, "--out", tmp_path / "out")
    assert (summary["verdicts"], summary["extraction"]) == ({"PASS": 2}, {"fence": 2})


def test_an_evaluation_leaves_out_tasks_whose_reference_fails_and_keeps_their_answers(tmp_path: Path) -> None:
    lacking = task("toy/lacking", "import no_such_library\n" + GOOD, "Write b.")
    suite = lines(tmp_path / "toy.jsonl", task("toy/a", GOOD, "Write a."), lacking)
    answers = lines(tmp_path / "m.jsonl", *({"prompt": f"Write {name}.", "response": GOOD} for name in "ab"))
    asked = (
        "eval",
        f"recorded:{answers}",
        "--suite",
        suite,
        "--out",
        tmp_path / "out",
        "--backend",
        "process",
        "--json",
    )
    done = akd(*asked)
    assert done.exit_code == 0, done.output
    whole = json.loads(done.stdout)
    assert (whole["tasks"], whole["verdicts"]) == (2, {"PASS": 1, "UNSUPPORTED": 1})
    part = json.loads(akd(*asked, "--exclude-failing").stdout)
    assert (part["tasks"], part["samples"], part["verdicts"]) == (1, 1, {"PASS": 1})
    assert part["excluded"] == {"toy/lacking": "library missing: no_such_library"}
    lines(answers, *({"prompt": f"Write {name}.", "response": "no program"} for name in "ab"))
    again = json.loads(akd(*asked).stdout)
    assert again["verdicts"] == {"PASS": 1, "UNSUPPORTED": 1}  # nothing was asked again


@pytest.mark.parametrize("asked", [("--limit", 2), ("--tasks", "HumanEval/0,HumanEval/7")])
def test_the_part_of_a_suite_that_was_asked_is_judged_anew(tmp_path: Path, asked: tuple[object, ...]) -> None:
    rows = []
    for name in ("HumanEval/0", "HumanEval/1", "HumanEval/7"):
        prompt = json.loads(akd("suite", "show", "humaneval", name, "--json").stdout)["prompt"]
        rows.append({"prompt": f"{ASKED}\n\n```python\n{prompt}```", "response": "```python\nx = 1\n```"})
    model = lines(tmp_path / "m.jsonl", *rows)
    out = tmp_path / "eval"
    evaluated = akd(
        "eval", f"recorded:{model}", "--suite", "humaneval", *asked, "--out", out, "--backend", "process", "--json"
    )
    assert evaluated.exit_code == 0, evaluated.output
    again = score("--rescore", out, "--out", tmp_path / "again")
    before = json.loads(evaluated.stdout)
    assert (again["suite"], again["tasks"], again["verdicts"]) == (before["suite"], 2, before["verdicts"])


ASKED = "Complete this Python program. Answer with the whole program in one fenced block."
