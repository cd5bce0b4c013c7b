"""`scripts/real_data.py`: imports put together, with tasks kept back that no row shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from akd_evals.suites import load_suite

SCRIPT = Path(__file__).parents[2] / "scripts" / "real_data.py"


def imported(folder: Path, ids: range, form: str, length: int = 10) -> Path:
    folder.mkdir()
    seeds, answers = [], []
    for number in ids:
        prompt = f"{form} {number}: write f."
        seeds.append(
            {
                "id": f"t{number}",
                "prompt": prompt,
                "entry_point": "f",
                "tests": [f"assert f() == {number}"],
                "setup": "",
            }
        )
        answers.append(
            {"prompt": prompt, "response": f"```python\ndef f():\n    return {number}  # {'x' * length}\n```"}
        )
    for name, rows in (("seeds", seeds), ("answers", answers)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def together(out: Path, *arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(out), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_task_that_is_kept_back_is_in_no_form_among_the_rows(tmp_path: Path) -> None:
    one = imported(tmp_path / "some-docstring", range(20), "docstring")
    other = imported(tmp_path / "some-signature", range(25), "signature")
    done = together(tmp_path / "out", one, other, "--keep-back", "some=5")
    assert done.returncode == 0, done.stderr
    back = rows(tmp_path / "out" / "kept_back.jsonl")
    assert len(back) == 5 and all(row["prompt"].startswith("docstring") for row in back)
    numbers = {row["task_id"].removeprefix("some/t") for row in back}
    seeds, answers = rows(tmp_path / "out" / "seeds.jsonl"), rows(tmp_path / "out" / "answers.jsonl")
    assert len(seeds) == 15 + 20
    assert not numbers & {row["prompt"].split()[1].rstrip(":") for row in seeds}
    assert [row["prompt"] for row in seeds] == [row["prompt"] for row in answers]
    assert len({row["id"] for row in seeds}) == len(seeds)
    assert len(load_suite(str(tmp_path / "out" / "kept_back.jsonl")).tasks) == 5


def test_what_is_kept_back_does_not_depend_on_further_folders(tmp_path: Path) -> None:
    one = imported(tmp_path / "some-docstring", range(20), "docstring")
    other = imported(tmp_path / "some-signature", range(5, 40), "signature")
    together(tmp_path / "a", one, "--keep-back", "some=5")
    together(tmp_path / "b", one, other, "--keep-back", "some=5")
    assert rows(tmp_path / "a" / "kept_back.jsonl") == rows(tmp_path / "b" / "kept_back.jsonl")


def test_long_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    long = imported(tmp_path / "some-docstring", range(3), "docstring", length=5000)
    done = together(tmp_path / "out", long)
    assert done.stdout.startswith("0 rows, 0 tasks kept back, 3 too long")


def test_a_folder_without_an_import_is_one_line(tmp_path: Path) -> None:
    done = together(tmp_path / "out", tmp_path / "nothing")
    assert done.returncode != 0 and done.stderr.count("\n") == 1 and "akd data import" in done.stderr
