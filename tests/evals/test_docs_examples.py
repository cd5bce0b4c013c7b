"""The Python example in docs/compare.md runs as it stands."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_ten_lines_of_the_compare_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "compare.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    right = "def has_close_elements(n, t):\n    n = sorted(n)\n    return any(b - a < t for a, b in zip(n, n[1:]))\n"
    for name, code in (("old", right), ("new", "def has_close_elements(n, t):\n    return True\n")):
        Path(f"{name}.jsonl").write_text(json.dumps({"task_id": "HumanEval/0", "solution": code}) + "\n")
    exec(compile(example, "docs/compare.md", "exec"), {})  # noqa: S102 -- our own documentation
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "0.0 {'WRONG': 1}"
    # one of 164 tasks, the rest without samples: -1/164, p = 1
    assert printed[1].startswith("-0.006 [") and printed[1].endswith("p = 1")
    assert printed[2:] == ["['HumanEval/0']", "gate: PASS"]
