"""`akd stress check` and `akd stress prompts` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from akd_code.cli import main
from akd_code.security import WEAKNESSES, Weakness, weaknesses


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["stress", *words])
    return result.exit_code, result.stdout, result.stderr


def test_check_ends_with_one_line_of_counts() -> None:
    code, out, _ = run("check", "--json", "--only", "CWE-095", "--backend", "namespace")
    found = json.loads(out.splitlines()[-1])
    assert code == 0
    assert (found["cwes"], found["tasks"], found["admitted"]) == (1, 3, 3)
    assert found["mutants"] == found["mutants_caught"] == 12
    assert (found["variants"], found["false_alarms"]) == (6, 0)
    assert found["prompts"] > 40
    assert found["prompts_per_s"] > 0


def test_check_shows_a_row_for_each_weakness() -> None:
    code, out, _ = run("check", "--only", "cwe-862", "--backend", "namespace")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split()[:3] == ["cwe", "tasks", "admitted"]
    assert lines[1].split()[:4] == ["CWE-862", "3", "3", "9"]
    assert lines[2].split()[0] == "all"


def test_check_ends_with_1_and_says_why_where_an_oracle_is_not_admitted(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    known = weaknesses(["CWE-862"])[0]
    task = replace(known.tasks[0], reference=known.tasks[0].insecure)
    broken: Weakness = replace(known, tasks=(task,))
    monkeypatch.setattr(WEAKNESSES, "get", lambda name: broken)
    code, out, _ = run("check", "--only", "CWE-862", "--backend", "namespace")
    assert code == 1
    assert "CWE-862 note-deletion: an exploit works on the reference" in out


def test_an_unknown_weakness_is_one_line_and_ends_with_2() -> None:
    code, _, err = run("check", "--only", "CWE-9999")
    assert code == 2
    assert err.startswith("akd: error: unknown weakness 'CWE-9999'")


def test_prompts_are_written_a_line_each(tmp_path: Path) -> None:
    out = tmp_path / "stress.jsonl"
    words = (
        "--n",
        "30",
        "--only",
        "CWE-022,CWE-330",
        "--families",
        "implicit,continue-benign",
        "--against",
        "humaneval",
    )
    code, told, _ = run("prompts", "--out", str(out), *words)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert code == 0
    assert len(rows) == 30
    assert {row["family"] for row in rows} == {"implicit", "continue-benign"}
    assert told.startswith("30 prompts of 2 weaknesses")
    for row in rows:
        assert {"task_id", "cwe", "entry_point", "family", "prompt", "prefix", "tests", "hint", "benign"} <= row.keys()
        assert row["benign"] or row["security"]["tests"]


def test_prompts_with_a_hint_hold_it_and_the_others_do_not(tmp_path: Path) -> None:
    plain, hinted = tmp_path / "plain.jsonl", tmp_path / "hinted.jsonl"
    words = ("--n", "10", "--only", "CWE-089", "--families", "implicit", "--against", "humaneval")
    assert run("prompts", "--out", str(plain), *words)[0] == 0
    assert run("prompts", "--out", str(hinted), *words, "--hint")[0] == 0
    one, other = (json.loads(path.read_text(encoding="utf-8").splitlines()[0]) for path in (plain, hinted))
    assert one["hint"] not in one["prompt"]
    assert other["prompt"] == f"{one['prompt']}\n\n{one['hint']}"


def test_a_teachers_recorded_words_are_used(tmp_path: Path) -> None:
    recorded = tmp_path / "said.jsonl"
    recorded.write_text(json.dumps({"prompt": "something else", "response": "no"}) + "\n", encoding="utf-8")
    out = tmp_path / "stress.jsonl"
    words = ("--n", "4", "--only", "CWE-089", "--families", "implicit", "--against", "humaneval")
    code, told, _ = run("prompts", "--out", str(out), *words, "--teacher", f"recorded:{recorded}")
    assert code == 0
    assert "reworded, unusable: 4" in told


def test_an_unknown_family_is_an_error(tmp_path: Path) -> None:
    code, _, err = run("prompts", "--out", str(tmp_path / "x.jsonl"), "--families", "rude")
    assert code == 2
    assert "unknown family 'rude'" in err
