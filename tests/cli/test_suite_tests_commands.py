"""`akd data validate-tests` and `akd data strengthen-tests`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main
from akd_code.curriculum.seeds import load_seeds
from akd_code.recipe import recipe_from

RIGHT = (
    "def f(xs, low):\n    total = 0\n    for x in xs:\n        if x >= low:\n            total += 1\n    return total\n"
)
STRICT = RIGHT.replace(">=", ">")
LINES = ["assert f([1, 5, 9], 4) == 2", "assert f([7, 8], 3) == 2"]
ROW = {"id": "one", "prompt": "Count.", "entry_point": "f", "tests": LINES, "canonical_solution": RIGHT}


def akd(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["data", command, *map(str, arguments), "--backend", "process", "--workers", "1"])


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_strengthened_suite_is_a_seed_with_more_tests_and_its_score(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = akd("strengthen-tests", written(tmp_path / "in.jsonl", ROW), "--out", out)
    assert result.exit_code == 0, result.output
    assert "1 of 1 suites have" in result.stdout
    (row,) = lines_of(out)
    assert row["tests"][:2] == LINES
    assert len(row["tests"]) == 2 + row["referee"]["added"] > 2
    assert row["referee"]["score"]["after"] > row["referee"]["score"]["before"]
    (seed,) = load_seeds(recipe_from({"name": "t", "seeds": {"source": str(out)}}))
    assert seed.tests is not None
    assert list(seed.tests.asserts) == row["tests"]
    assert seed.tests.score is not None
    assert seed.tests.score.after == row["referee"]["score"]["after"]


def test_a_strengthened_suite_is_not_strengthened_again_unless_something_else_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import akd_code.referee.suite_work as work

    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    assert akd("strengthen-tests", written(tmp_path / "in.jsonl", ROW), "--out", once).exit_code == 0
    real, asked = work.strengthened, []
    monkeypatch.setattr(work, "strengthened", lambda *args, **named: asked.append(1) or real(*args, **named))
    result = akd("strengthen-tests", once, "--out", twice)
    assert result.exit_code == 0, result.output
    assert (asked, lines_of(twice)) == ([], lines_of(once))
    assert akd("strengthen-tests", once, "--out", tmp_path / "other.jsonl", "--seed", 5).exit_code == 0
    assert asked == [1]


def test_a_score_is_not_believed_of_tests_that_were_changed_since(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert akd("strengthen-tests", written(tmp_path / "in.jsonl", ROW), "--out", out).exit_code == 0
    (row,) = lines_of(out)
    row["tests"] = row["tests"][:-1]
    changed = written(tmp_path / "changed.jsonl", row)
    (seed,) = load_seeds(recipe_from({"name": "t", "seeds": {"source": str(changed)}}))
    assert seed.tests is not None
    assert seed.tests.score is None


def test_an_inverse_that_a_test_needs_is_written_to_the_set_up(tmp_path: Path) -> None:
    prompt = "def shift(s: str):\n    return s[1:] + s[:1]\n\ndef back(s: str):\n    pass\n"
    code = "def back(s):\n    if len(s) > 1:\n        return s[-1:] + s[:-1]\n    return s\n"
    row = {"prompt": prompt, "entry_point": "back", "tests": ["assert back('b') == 'b'"], "answer": code}
    out = tmp_path / "out.jsonl"
    result = akd("strengthen-tests", written(tmp_path / "in.jsonl", row), "--out", out, "--by", "properties")
    assert result.exit_code == 0, result.output
    (stronger,) = lines_of(out)
    assert "def shift" in stronger["setup"]


def test_a_second_reference_that_differs_is_listed(tmp_path: Path) -> None:
    second = written(tmp_path / "second.jsonl", {"id": "one", "solution": STRICT})
    out = tmp_path / "out.jsonl"
    suites = written(tmp_path / "in.jsonl", ROW)
    result = akd("strengthen-tests", suites, "--out", out, "--second-reference", second, "--json")
    figures = json.loads(result.stdout)
    assert figures["disagreeing"] == 1
    assert figures["suites_by_id"][0]["disagreements"][0]["call"].startswith("f([")


def test_a_suite_without_a_trusted_program_is_strengthened_by_what_most_solutions_say(tmp_path: Path) -> None:
    row = {name: value for name, value in ROW.items() if name != "canonical_solution"}
    solutions = written(tmp_path / "s.jsonl", {"id": "one", "solutions": [RIGHT, RIGHT, RIGHT + "# mine", STRICT]})
    suites, out = written(tmp_path / "in.jsonl", row), tmp_path / "out.jsonl"
    result = akd(
        "strengthen-tests", suites, "--out", out, "--by", "differential,properties", "--solutions", solutions,
        "--inputs", 40,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "solutions on 1" in result.stdout
    (row,) = lines_of(out)
    assert len(row["tests"]) > 2
    assert row["referee"]["voices"] == 4
    most, other = row["referee"]["divided"][0]["votes"]
    assert (most["samples"], other["samples"]) == ([0, 1, 2], [3])


@pytest.mark.parametrize("sources", ["oracle", "reference,oracle", ","])
def test_a_source_that_there_is_not_is_said(tmp_path: Path, sources: str) -> None:
    suites = written(tmp_path / "in.jsonl", ROW)
    result = akd("strengthen-tests", suites, "--out", tmp_path / "o.jsonl", "--by", sources)
    assert (result.exit_code, "name some of reference, differential, properties" in result.stderr) == (2, True)


def test_tests_are_validated_by_solutions_that_agree(tmp_path: Path) -> None:
    row = {**ROW, "tests": [*LINES, "assert f([1], 2) == 5"]}
    del row["canonical_solution"]
    solutions = written(tmp_path / "s.jsonl", {"id": "one", "solutions": [RIGHT, RIGHT, STRICT, "def f(: pass"]})
    out = tmp_path / "out.jsonl"
    suites = written(tmp_path / "in.jsonl", row)
    result = akd("validate-tests", suites, "--out", out, "--solutions", solutions, "--min-tests", 2)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"1 of 1 suites can be trusted, with 2 of 3 tests; {out}\n"
    (kept,) = lines_of(out)
    assert kept["tests"] == LINES
    assert kept["referee"]["by"] == "agreement"


def test_a_suite_that_cannot_be_trusted_is_written_without_tests_and_counted(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = akd("validate-tests", written(tmp_path / "in.jsonl", ROW), "--out", out)
    assert "one: 2 of 2 asserts hold for a reference, fewer than 5" in result.stdout
    (row,) = lines_of(out)
    assert row["tests"] is None
    assert row["referee"]["reason"].startswith("2 of 2 asserts hold")
    assert load_seeds(recipe_from({"name": "t", "seeds": {"source": str(out)}}))[0].tests is None


def test_what_an_interrupted_command_did_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import akd_code.referee.suite_work as work

    real, asked = work.strengthened, []

    def counting(*args: Any, **named: Any) -> Any:
        asked.append(args[1])
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(*args, **named)

    monkeypatch.setattr(work, "strengthened", counting)
    two = {**ROW, "id": "two", "entry_point": "g", "canonical_solution": RIGHT.replace("f(", "g(")}
    two["tests"] = [line.replace("f(", "g(") for line in LINES]
    suites, out = written(tmp_path / "in.jsonl", ROW, two), tmp_path / "out.jsonl"
    stopped = akd("strengthen-tests", suites, "--out", out)
    assert (stopped.exit_code, out.exists()) == (130, False)
    assert akd("strengthen-tests", suites, "--out", out).exit_code == 0
    assert asked == ["f", "g", "g"]
    assert [row["id"] for row in lines_of(out)] == ["one", "two"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no task"),
        ("{", ":1: not JSON"),
        ("[1]", ":1: not a JSON object"),
        ('{"entry_point": "f"}', ":1: `tests` must be a list of assert lines"),
        ('{"tests": ["assert f(1)"]}', ":1: lacks `entry_point`"),
        ('{"entry_point": "f", "tests": ["assert f(1)"], "answer": 3}', "must be the text of a program"),
        ('{"entry_point": "f", "tests": ["assert f(1)"], "solutions": [3]}', "`solutions` a list of such"),
        ('{"entry_point": "f", "tests": "def other(): pass"}', "check nothing; give asserts"),
    ],
)
@pytest.mark.parametrize("command", ["validate-tests", "strengthen-tests"])
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, command: str, content: str, says: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(content)
    result = akd(command, path, "--out", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_solutions_of_an_unknown_task_and_a_place_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    suites = written(tmp_path / "in.jsonl", ROW)
    stray = written(tmp_path / "s.jsonl", {"id": "else", "solution": RIGHT})
    result = akd("validate-tests", suites, "--out", tmp_path / "o.jsonl", "--solutions", stray)
    assert (result.exit_code, "has the id 'else'" in result.stderr) == (2, True)
    result = akd("validate-tests", suites, "--out", tmp_path / "no" / "o.jsonl")
    assert (result.exit_code, "choose another place" in result.stderr) == (2, True)


def test_check_candidate_is_read_as_asserts_on_the_function(tmp_path: Path) -> None:
    code = "def check(candidate):\n    assert candidate([1, 5], 4) == 1\n    assert candidate([], 1) == 0\n"
    out = tmp_path / "out.jsonl"
    row = {"entry_point": "Solution().f", "tests": code, "answer": "class Solution:\n    f = lambda self, xs, low: 1"}
    assert akd("validate-tests", written(tmp_path / "in.jsonl", row), "--out", out, "--min-tests", 1).exit_code == 0
    assert lines_of(out)[0]["tests"] == ["assert Solution().f([1, 5], 4) == 1"]


@pytest.mark.parametrize("command", ["validate-tests", "strengthen-tests"])
def test_half_of_a_surrogate_pair_in_a_line_is_handed_on(tmp_path: Path, command: str) -> None:
    out = tmp_path / "out.jsonl"
    row = {**ROW, "prompt": "Count. \ud83d", "note": "中"}
    result = akd(command, written(tmp_path / "in.jsonl", row), "--out", out)
    assert result.exit_code == 0, result.output
    (got,) = lines_of(out)
    assert (got["prompt"], got["note"]) == ("Count. \ud83d", "中")


def test_the_output_does_not_take_the_place_of_the_solutions(tmp_path: Path) -> None:
    solutions = written(tmp_path / "s.jsonl", {"id": "one", "solution": RIGHT})
    result = akd("validate-tests", written(tmp_path / "in.jsonl", ROW), "--out", solutions, "--solutions", solutions)
    assert result.exit_code == 2
    assert "would overwrite the solutions" in result.stderr
    assert lines_of(solutions) == [{"id": "one", "solution": RIGHT}]


@pytest.mark.parametrize(
    "solution",
    [
        RIGHT,
        RIGHT.split("\n", 1)[1],  # HumanEval's form: what comes after the head in the prompt
        f"Here you are:\n\n```python\n{RIGHT}```\nIt counts.",
        f"<think>Easy.</think>\n```\n{RIGHT}```",
    ],
)
@pytest.mark.parametrize("field", ["canonical_solution", "solutions"])
def test_a_program_is_found_in_whatever_form_it_comes(tmp_path: Path, solution: str, field: str) -> None:
    row: dict[str, Any] = {"id": "one", "prompt": RIGHT.split("\n", 1)[0] + "\n", "entry_point": "f", "tests": LINES}
    row[field] = solution if field == "canonical_solution" else [solution] * 3
    out = tmp_path / "out.jsonl"
    result = akd("validate-tests", written(tmp_path / "in.jsonl", row), "--out", out, "--min-tests", 2)
    assert result.exit_code == 0, result.output
    (got,) = lines_of(out)
    assert got["tests"] == LINES
    assert got[field] == row[field]


@pytest.mark.parametrize("command", ["validate-tests", "strengthen-tests"])
def test_what_one_command_leaves_without_tests_the_next_hands_on(tmp_path: Path, command: str) -> None:
    worthless = {**ROW, "id": "two", "tests": ["assert f([1], 0) or True"]}
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    suites = written(tmp_path / "in.jsonl", ROW, worthless)
    assert akd("validate-tests", suites, "--out", once, "--min-tests", 1).exit_code == 0
    result = akd(command, once, "--out", twice)
    assert result.exit_code == 0, result.output
    assert "two: it has no tests" in result.stdout
    assert lines_of(twice)[1] == lines_of(once)[1]


def test_a_task_of_humaneval_is_read_as_it_is(tmp_path: Path) -> None:
    head, body = RIGHT.split("\n", 1)
    test = "def check(candidate):\n    assert candidate([3], 2) == 1\n"
    row = {"task_id": "Sheep/0", "id": None, "prompt": f"{head}\n", "entry_point": "f", "canonical_solution": body}
    row |= {"test": test, "solutions": None}
    out = tmp_path / "out.jsonl"
    result = akd("validate-tests", written(tmp_path / "in.jsonl", row), "--out", out, "--min-tests", 1, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["suites_by_id"][0]["id"] == "Sheep/0"
    assert lines_of(out)[0]["tests"] == ["assert f([3], 2) == 1"]
