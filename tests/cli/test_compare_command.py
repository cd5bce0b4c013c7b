"""`akd compare` from the command line: files, exit codes, and one line for what is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main


def akd(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def run_folder(path: Path, verdicts: str, **summary: object) -> Path:
    """Write a run: P passes, W is wrong, T times out."""
    path.mkdir()
    names = {"P": "PASS", "W": "WRONG", "T": "TIMEOUT"}
    rows = [
        {"task_id": f"t/{i:02d}", "sample": 0, "base": names[v], "base_failed": [], "detail": "", "wall_s": 0.1,
         "code_sha256": "0", "extraction": "text"}
        for i, v in enumerate(verdicts)
    ]  # fmt: skip
    (path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    figures = {"suite": "toy", "dataset_md5": "d", "tasks": len(rows), "samples": len(rows), "pass@k": {"base": {}}}
    (path / "summary.json").write_text(json.dumps({**figures, "isolation": "i", "limits": {}, **summary}))
    return path


def test_the_table_and_every_file_are_written(tmp_path: Path) -> None:
    base, new = run_folder(tmp_path / "base", "P" * 30 + "W" * 10), run_folder(tmp_path / "new", "P" * 31 + "W" * 9)
    files = [tmp_path / name for name in ("r.html", "r.md", "r.xml")]
    done = akd(base, new, "--html", files[0], "--markdown", files[1], "--junit", files[2])
    assert done.exit_code == 0
    # 30 and 31 of 40 by hand
    assert "base  pass@1     75.0 % ->  77.5 %    +2.5 [" in done.stdout
    assert "broken 0, fixed 1, unchanged 39 (30 pass, 9 fail)" in done.stdout
    assert "gate regression, margin 0.0: PASS (the upper bound" in done.stdout
    assert files[0].read_text().startswith("<!doctype html>")
    assert files[1].read_text().startswith("### base → new")
    assert files[2].read_text().startswith("<?xml")


def test_a_proven_drop_ends_with_exit_code_1(tmp_path: Path) -> None:
    base, new = run_folder(tmp_path / "base", "P" * 40), run_folder(tmp_path / "new", "P" * 28 + "T" * 12)
    assert akd(base, new).exit_code == 1
    assert akd(base, new, "--margin", 40).exit_code == 0
    assert akd(base, new, "--gate", "none").exit_code == 0
    assert akd(new, base, "--gate", "noninferior", "--margin", 1).exit_code == 0
    assert json.loads(akd(base, new, "--json").stdout)["gate"]["passed"] is False


def distilled(path: Path, *verdicts: str) -> Path:
    """Write a distillation run with an evaluated round for each, and one more that was interrupted."""
    for number, given in enumerate(verdicts):
        (path / "rounds" / str(number) / "eval").mkdir(parents=True)
        run_folder(path / "rounds" / str(number) / "eval" / "toy", given)
    (path / "rounds" / str(len(verdicts)) / "eval" / "toy").mkdir(parents=True)
    return path


def test_a_distillation_run_alone_is_its_rounds_curve(tmp_path: Path) -> None:
    run = distilled(tmp_path / "mine", *["P" * n + "W" * (20 - n) for n in range(1, 12)])
    done = akd(run)
    assert done.exit_code == 0
    told = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  mine@")]
    assert told == [f"mine@{n}" for n in range(11)]  # by number, not by letter
    assert "toy: mine@0 -> mine@10, 20 tasks" in done.stdout


def test_among_others_a_distillation_run_is_its_newest_round_or_the_one_named(tmp_path: Path) -> None:
    one = distilled(tmp_path / "one", "P" * 5 + "W" * 5, "P" * 6 + "W" * 4)
    two = distilled(tmp_path / "two", "P" * 7 + "W" * 3, "P" * 8 + "W" * 2)
    assert "toy: one@1 -> two@1, 10 tasks" in akd(one, two).stdout
    named = akd(f"{one}@0", f"{one}@1")
    assert "toy: one@0 -> one@1, 10 tasks" in named.stdout
    assert "base  pass@1     50.0 % ->  60.0 %" in named.stdout
    wrong = akd(f"{one}@7", two)
    assert wrong.exit_code == 2
    assert "has no evaluation of round 7; evaluated rounds: 0, 1" in wrong.stderr
    assert akd(f"{one}@1").exit_code == 2


def test_a_distillation_run_may_be_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = distilled(tmp_path / "mine", "P" * 5 + "W" * 5, "P" * 6 + "W" * 4)
    monkeypatch.chdir(run)
    assert "toy: mine@0 -> mine@1, 10 tasks" in akd(".").stdout
    assert "mine@1, 10 tasks" in akd("../mine@0", ".").stdout


def test_three_runs_print_a_trend(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path / f"r{n}", "P" * (10 + n) + "W" * (20 - n)) for n in range(3)]
    done = akd(*runs, "--html", tmp_path / "t.html")
    assert done.exit_code == 0
    assert "toy: pass@1 by run" in done.stdout
    assert done.stdout.count("r1 ") == 1
    assert "run by run" in (tmp_path / "t.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["base"], "one run is no comparison"),
        (["base", "nowhere"], "no run at nowhere"),
        (["base", "other"], "dataset digests d and e; score both alike, or give --allow dataset"),
        (["base", "empty"], "has no results.jsonl"),
        (["base", "base", "--gate", "x"], "unknown gate 'x'"),
        (["base", "base", "--margin", "-1"], "the margin is -1 points"),
        (["base", "base", "--k", "5"], "pass@5 is undefined"),
        (["base", "base", "--tests", "plus"], "has no plus tests"),
        (["base", "broken_eval_results.json"], "it may be cut off"),
        (["base", "unfinished"], "its scoring has not ended"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    run_folder(tmp_path / "base", "PW")
    run_folder(tmp_path / "other", "PW", dataset_md5="e")
    (run_folder(tmp_path / "unfinished", "PW") / "summary.json").unlink()
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken_eval_results.json").write_text('{"eval": {"HumanEval/0": [')
    done = akd(*arguments)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("akd: error: ")
    assert says in line
