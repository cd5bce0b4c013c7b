"""A shift in how answers were read between two runs is shown, everywhere a comparison is."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from scored_runs import row, write_run

from akd_code.cli import main
from akd_evals.api import compare
from akd_evals.errors import EvalError
from akd_evals.report.html import html_report


def run(path: Path, *rules: str, cut: int = 0) -> Path:
    rows = [
        row(f"toy/{place:03d}", "PASS", extraction=rule, **({"cut": True} if place < cut else {}))
        for place, rule in enumerate(rules)
    ]
    return write_run(path, rows=rows)


@pytest.fixture
def shifted(tmp_path: Path) -> tuple[Path, Path]:
    base = run(tmp_path / "base", *["fence"] * 38, "text", "text")
    return base, run(tmp_path / "new", *["fence"] * 30, *["text"] * 4, *["reasoning-only"] * 6, cut=4)


def test_a_shift_is_a_line_in_the_table_and_a_note(shifted: tuple[Path, Path]) -> None:
    shown = CliRunner().invoke(main, ["compare", *map(str, shifted)]).stdout
    assert "answers: fence 38 -> 30, reasoning-only 0 -> 6, text 2 -> 4, cut by length 0 -> 4" in shown
    assert "new has more answers that are nothing but reasoning (0 -> 6)" in shown
    assert "new has more answers that are cut by length (0 -> 4)" in shown


def test_a_shift_is_in_json_markdown_and_html(shifted: tuple[Path, Path], tmp_path: Path) -> None:
    page, text = tmp_path / "r.html", tmp_path / "r.md"
    done = CliRunner().invoke(
        main, ["compare", *map(str, shifted), "--json", "--html", str(page), "--markdown", str(text)]
    )
    answers = json.loads(done.stdout)["suites"]["toy"]["answers"]
    assert answers["reasoning-only"] == {"base": 0, "new": 6} and answers["cut by length"] == {"base": 0, "new": 4}
    assert "reasoning-only 0 -> 6" in text.read_text()
    assert "how answers were read" in page.read_text() and "reasoning-only" in page.read_text()


def test_equal_runs_say_nothing_of_how_answers_were_read(tmp_path: Path) -> None:
    runs = run(tmp_path / "base", *["fence"] * 40), run(tmp_path / "new", *["fence"] * 40)
    assert "answers:" not in CliRunner().invoke(main, ["compare", *map(str, runs)]).stdout
    assert "how answers were read" not in html_report(compare(*runs))


def test_runs_that_left_out_different_tasks_are_compared_only_if_that_is_allowed(tmp_path: Path) -> None:
    rows = [row("toy/000", "PASS"), row("toy/001", "WRONG")]
    base = write_run(tmp_path / "base", rows=rows)
    new = write_run(tmp_path / "new", rows=rows, excluded={"toy/002": "timeout"})
    with pytest.raises(EvalError, match=r"excluded tasks \(0 and 1\)"):
        compare(base, new)
    assert compare(base, new, allow=["dataset"]).passed
