"""Whose results a directory holds: another samples file is refused instead of written over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main

TASK = {"task_id": "toy/a", "prompt": "Write f.", "entry_point": "f", "tests": ["assert f(1) == 2"]}


def samples(path: Path, added: int) -> Path:
    path.write_text(json.dumps({"task_id": "toy/a", "solution": f"def f(x):\n    return x + {added}\n"}) + "\n")
    return path


def scored(folder: Path, given: Path) -> Result:
    suite = folder / "toy.jsonl"
    suite.write_text(json.dumps(TASK) + "\n")
    options = ["--suite", str(suite), "--out", str(folder / "out"), "--backend", "process"]
    return CliRunner().invoke(main, ["score", str(given), *options])


def test_another_samples_file_is_refused_and_what_is_there_stays(tmp_path: Path) -> None:
    one, two = samples(tmp_path / "one.jsonl", 1), samples(tmp_path / "two.jsonl", 2)
    assert scored(tmp_path, one).exit_code == 0
    before = (tmp_path / "out" / "results.jsonl").read_bytes()
    refused = scored(tmp_path, two)
    assert refused.exit_code == 2
    assert f"holds the results of {one.resolve()}, not of {two}; choose another --out" in refused.stderr
    assert (tmp_path / "out" / "results.jsonl").read_bytes() == before


def test_a_file_that_grew_or_was_moved_goes_on(tmp_path: Path) -> None:
    one = samples(tmp_path / "one.jsonl", 1)
    assert scored(tmp_path, one).exit_code == 0
    samples(one, 2)
    assert scored(tmp_path, one).exit_code == 0
    moved = Path(shutil.move(one, tmp_path / "moved.jsonl"))
    assert scored(tmp_path, moved).exit_code == 0


def test_results_of_an_older_release_are_taken_over(tmp_path: Path) -> None:
    one = samples(tmp_path / "one.jsonl", 1)
    assert scored(tmp_path, one).exit_code == 0
    (tmp_path / "out" / "source.json").unlink()
    assert scored(tmp_path, one).exit_code == 0


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_a_note_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    one = samples(tmp_path / "one.jsonl", 1)
    assert scored(tmp_path, one).exit_code == 0
    (tmp_path / "out" / "source.json").write_text(content)
    refused = scored(tmp_path, one)
    assert (refused.exit_code, "source.json" in refused.stderr) == (2, True)
