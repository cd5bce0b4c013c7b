"""What `akd data import` writes is what a run trains on."""

from __future__ import annotations

import json
from pathlib import Path

from small_runs import run_akd, write_recipe
from tiny_gguf import save_gguf
from tiny_students import CHATML, save_tiny

ROWS = [
    {"ask": f"Write f, which adds {n}.", "said": f"def f(x):\n    return x + {n}", "tests": [f"assert f(1) == {n + 1}"]}
    for n in range(3)
]
UNTESTED = {"ask": "Write g, which says hello.", "said": "def g():\n    return 'hello'", "tests": [], "name": "g"}
WRONG = {"ask": "Write f, which squares.", "said": "def f(x):\n    return x", "tests": ["assert f(3) == 9"]}


def test_a_gguf_student_is_trained_on_imported_rows(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in [*ROWS, UNTESTED, WRONG]), encoding="utf-8"
    )
    columns = ("--prompt", "ask", "--answer", "said", "--tests", "tests", "--entry", "name")
    done = run_akd(
        "data", "import", tmp_path / "rows.jsonl", *columns, "--out", tmp_path / "data", "--no-decontaminate"
    )
    assert done.returncode == 0, done.stderr
    student = save_gguf(save_tiny(tmp_path / "folder", template=CHATML), tmp_path / "tiny.gguf")
    recipe = write_recipe(
        tmp_path,
        student,
        rounds=1,
        seeds={"source": str(tmp_path / "data" / "seeds.jsonl"), "limit": None},
        teacher={"model": f"recorded:{tmp_path / 'data' / 'answers.jsonl'}"},
        generator={"model": "none"},
        referee={"judge": "never"},
    )
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    trained = (tmp_path / "run/rounds/1/train.jsonl").read_text(encoding="utf-8").splitlines()
    said = {json.loads(line)["messages"][-1]["content"] for line in trained}
    assert said == {row["said"] for row in [*ROWS, UNTESTED]}
    assert (tmp_path / "run/rounds/1/adapter/adapter_model.safetensors").is_file()


def test_a_recording_with_one_answer_that_fails_its_tests_loses_one_row(tmp_path: Path) -> None:
    rows = [*ROWS, WRONG]
    seeds = [{"prompt": row["ask"], "entry_point": "f", "tests": row["tests"]} for row in rows]
    answers = [{"prompt": row["ask"], "response": f"```python\n{row['said']}\n```"} for row in rows]
    for name, lines in (("seeds", seeds), ("answers", answers)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    recipe = write_recipe(
        tmp_path,
        save_tiny(tmp_path / "student", template=CHATML),
        rounds=1,
        seeds={"source": str(tmp_path / "seeds.jsonl"), "limit": None},
        teacher={"model": f"recorded:{tmp_path / 'answers.jsonl'}"},
        generator={"model": "none"},
        referee={"judge": "never"},
    )
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    trained = (tmp_path / "run/rounds/1/train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(trained) == len(ROWS)
