"""`akd data dedupe` and `akd data decontaminate` over files as people have them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from decontamination_tasks import ASSERTS, CODE, PROMPT

from akd_code.cli.data_command import command

SHEEP = "Write a function that counts how many sheep graze on a meadow."
GOATS = "Return the heaviest goat of a flock, or None."


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def kept(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_like_one_before_them_or_one_of_the_pool_are_left_out(tmp_path: Path) -> None:
    rows = written(
        tmp_path / "rows.jsonl",
        {"instruction": SHEEP, "n": 1},
        {"instruction": SHEEP.upper(), "n": 2},
        {"messages": [{"role": "user", "content": GOATS}], "n": 3},
        {"text": SHEEP.replace("many", "often the"), "n": 4},
        {"prompt": "Draw a map of the valley.", "n": 5},
    )
    pool = written(tmp_path / "pool.jsonl", {"prompt": GOATS})
    out, report = tmp_path / "out.jsonl", tmp_path / "report.jsonl"
    done = run("dedupe", rows, "--out", out, "--against", pool, "--report", report)
    assert done.exit_code == 0, done.output
    assert [row["n"] for row in kept(out)] == [1, 5]
    assert "2 of 5 rows kept" in done.stdout
    assert kept(report) == [
        {"row": 2, "tier": "exact", "like_row": 1, "score": 1.0},
        {"row": 3, "tier": "exact", "pool_row": 1, "score": 1.0},
        {"row": 4, "tier": "rouge", "like_row": 1, "score": pytest.approx(22 / 25, abs=1e-4)},
    ]


def turns(*said: tuple[str, Any], names: tuple[str, str] = ("role", "content")) -> list[dict[str, Any]]:
    return [dict(zip(names, one, strict=True)) for one in said]


def test_rows_that_ask_different_things_are_kept_whatever_their_form(tmp_path: Path) -> None:
    system = "You are a careful programmer."
    rows = [
        {"instruction": "Translate this function to Python.", "input": "int twice(int x) { return 2 * x; }"},
        {"instruction": "Translate this function to Python.", "input": "puts gets.reverse"},
        {"prompt": "", "instruction": SHEEP},
        {"prompt": None, "question": GOATS},
        {"conversations": turns(("human", "Draw a map of the valley."), ("gpt", "No."), names=("from", "value"))},
        {"messages": turns(("system", system), ("human", "Name the shepherds by age."), ("gpt", "Anna."))},
        {"messages": turns(("user", [{"type": "text", "text": "Weigh the wool."}]), ("assistant", None))},
    ]
    out = tmp_path / "out.jsonl"
    done = run("dedupe", written(tmp_path / "rows.jsonl", *rows), "--out", out)
    assert done.exit_code == 0, done.output
    assert kept(out) == rows


@pytest.mark.parametrize(
    "row",
    [
        {"messages": turns(("system", "Be brief."), ("assistant", "Yes."))},
        {"messages": []},
        {"messages": ["Hello"]},
        {"messages": turns(("user", 5))},
    ],
)
def test_a_conversation_in_which_nobody_asks_is_an_error_not_a_duplicate(tmp_path: Path, row: dict[str, Any]) -> None:
    out = tmp_path / "out.jsonl"
    done = run("dedupe", written(tmp_path / "rows.jsonl", {"prompt": SHEEP}, row, row), "--out", out)
    assert done.exit_code == 2
    assert "rows.jsonl:2: " in done.stderr
    assert "correct the line" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize("name", ["dedupe", "decontaminate"])
def test_a_pipe_is_not_taken_for_an_empty_file(tmp_path: Path, own_suite: Path, name: str) -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps({"prompt": SHEEP}).encode() + b"\n")
    os.close(writing)
    more = ["--against", str(own_suite)] if name == "decontaminate" else []
    done = run(name, f"/dev/fd/{reading}", "--out", tmp_path / "out.jsonl", *more)
    os.close(reading)
    assert done.exit_code == 2
    assert "is read more than once" in done.stderr


@pytest.mark.parametrize("command_name", ["dedupe", "decontaminate"])
@pytest.mark.parametrize("taken", ["out.jsonl", "rows.jsonl"])
def test_a_report_does_not_take_the_place_of_rows(tmp_path: Path, command_name: str, taken: str) -> None:
    rows = written(tmp_path / "rows.jsonl", {"prompt": SHEEP})
    done = run(command_name, rows, "--out", tmp_path / "out.jsonl", "--report", tmp_path / "." / taken)
    assert done.exit_code == 2
    assert "give --report another name" in done.stderr
    assert kept(rows) == [{"prompt": SHEEP}]


@pytest.mark.parametrize(
    ("raw", "said"), [('{"prompt": "ä"}'.encode("latin-1"), "save the file in UTF-8"), (gzip.compress(b"{}"), "name a")]
)
def test_a_file_in_another_encoding_is_one_line(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(raw)
    done = run("dedupe", tmp_path / "rows.jsonl", "--out", tmp_path / "out.jsonl")
    assert done.exit_code == 2
    assert "rows.jsonl:1: not UTF-8" in done.stderr
    assert said in done.stderr


def test_only_the_tiers_that_are_named_refuse(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", {"q": SHEEP}, {"q": SHEEP.replace("many", "often the")})
    done = run("dedupe", rows, "--out", tmp_path / "out.jsonl", "--tiers", "exact", "--field", "q", "--json")
    assert json.loads(done.stdout) == {"rows": 2, "kept": 2, "removed": {"exact": 0}}


def test_programs_are_equal_but_for_names_and_spelling(tmp_path: Path) -> None:
    rows = written(
        tmp_path / "rows.jsonl",
        {"code": "def f(a: int):\n    return a + 0x10"},
        {"code": "# other\ndef g(b):\n    'Doc.'\n    return (b + 16)"},
        {"code": "def f(a):\n    return a + 17"},
        {"code": "no program"},
        {"code": "no program either"},
    )
    done = run("dedupe", rows, "--out", tmp_path / "out.jsonl", "--tiers", "code", "--field", "code", "--json")
    assert json.loads(done.stdout) == {"rows": 5, "kept": 4, "removed": {"code": 1}}


def test_compressed_rows_are_read_and_written_compressed(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "rows.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"prompt": SHEEP}) + "\n" + json.dumps({"prompt": SHEEP}) + "\n")
    assert run("dedupe", tmp_path / "rows.jsonl.gz", "--out", tmp_path / "out.jsonl.gz").exit_code == 0
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).count(b"\n") == 1


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ('{"prompt": "a"}\n{"pro', (), "rows.jsonl:2: not JSON"),
        ("[1]\n", (), "rows.jsonl:1: a JSON list, not an object"),
        ('{"other": "a"}\n', (), "rows.jsonl:1: no prompt"),
        ('{"prompt": "a"}\n', ("--field", "q"), "no field 'q'"),
        ('{"prompt": "a"}\n', ("--tiers", "exact,magic"), "unknown tier 'magic'"),
        ('{"messages": [{"role": "user"}]}\n', (), "no turn is the user"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    tmp_path: Path, content: str, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / "rows.jsonl").write_text(content, encoding="utf-8")
    done = run("dedupe", tmp_path / "rows.jsonl", "--out", tmp_path / "out.jsonl", *options)
    assert done.exit_code == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("akd: error:")]
    assert said in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", {"prompt": SHEEP})
    nowhere = tmp_path / "no" / "such" / "folder.jsonl"
    for done in (
        run("dedupe", rows, "--out", nowhere),
        run("dedupe", rows, "--out", tmp_path / "out.jsonl", "--report", nowhere),
    ):
        assert done.exit_code in (2, 3)
        assert "akd: error:" in done.stderr
        assert str(nowhere) in done.stderr


@pytest.fixture
def own_suite(tmp_path: Path) -> Path:
    task = {
        "task_id": "Weather/0",
        "prompt": PROMPT,
        "entry_point": "rolling_peak",
        "tests": list(ASSERTS),
        "canonical_solution": CODE,
    }
    return written(tmp_path / "weather.jsonl", task)


def test_rows_that_share_a_task_are_left_out_with_their_evidence(tmp_path: Path, own_suite: Path) -> None:
    rows = written(
        tmp_path / "rows.jsonl",
        {"id": "a", "prompt": GOATS, "completion": "def heaviest(flock):\n    return max(flock, default=None)\n"},
        {"id": "b", "instruction": f"Please!\n{PROMPT}", "output": "..."},
        {"id": "c", "prompt": "Peaks, please.", "completion": f"Here:\n```python\n{CODE.replace('peaks', 'p')}```"},
    )
    out, report = tmp_path / "clean.jsonl", tmp_path / "removed.jsonl"
    done = run("decontaminate", rows, "--out", out, "--against", own_suite, "--report", report, "--no-execution")
    assert done.exit_code == 0, done.output
    assert [row["id"] for row in kept(out)] == ["a"]
    assert [(one["name"], one["row"], one["task_id"], one["tier"]) for one in kept(report)] == [
        ("b", 2, "Weather/0", "text"),
        ("c", 3, "Weather/0", "8-gram"),
    ]
    assert "| b | weather | Weather/0 | text |" in report.with_suffix(".md").read_text(encoding="utf-8")
    assert "2 of 3 rows share 1 benchmark tasks: 1 text, 1 8-gram" in done.stdout


def test_an_unknown_benchmark_is_one_line(tmp_path: Path) -> None:
    rows = written(tmp_path / "rows.jsonl", {"prompt": GOATS})
    done = run("decontaminate", rows, "--out", tmp_path / "out.jsonl", "--against", "humanevil")
    assert done.exit_code == 2
    assert "unknown suite 'humanevil'; did you mean humaneval?" in done.stderr
