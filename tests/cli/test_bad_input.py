"""Bad input gets one clear line that says what to do, exit code 2 (3 where something outside failed), no traceback."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from akd_code.cli import main


@pytest.fixture(autouse=True)
def without_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, no benchmark file, no cache of this user, and a working directory of the test's own."""
    for name in ("OPENAI_API_KEY", "AKD_API_KEY", "OPENAI_BASE_URL", "HUMANEVAL_OVERRIDE_PATH", "MBPP_OVERRIDE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AKD_MBPP_PATH", raising=False)
    monkeypatch.setenv("AKD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def akd(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def refused(result: Result, code: int, *parts: str) -> None:
    """Check for one line on stderr that starts with `akd: error:` and holds every part."""
    lines = [line for line in result.stderr.splitlines() if line.startswith("akd: error:")]
    assert result.exit_code == code, result.output
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0]
    assert "Traceback" not in result.output


def recipe(tmp_path: Path, **keys: object) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({"name": "bad", **keys}))
    return str(path)


def seeds(tmp_path: Path) -> str:
    path = tmp_path / "seeds.jsonl"
    path.write_text(json.dumps({"prompt": "Write f(x) that returns x.", "entry_point": "f"}) + "\n")
    return str(path)


def test_an_unknown_recipe_key_names_the_nearest(tmp_path: Path) -> None:
    refused(akd("run", recipe(tmp_path, sft={"epoch": 2})), 2, "unknown key sft.epoch", "did you mean sft.epochs?")


def test_a_wrong_type_names_key_and_value(tmp_path: Path) -> None:
    refused(akd("run", recipe(tmp_path), "--set", "rounds=many"), 2, "rounds", "integer", "'many'")


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    refused(akd("run", "nowhere.yaml"), 2, "nowhere.yaml", "akd init")


def test_a_recipe_that_is_not_yaml(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: [1")
    refused(akd("run", "x.yaml"), 2, "x.yaml is not YAML")


def test_a_set_without_a_value(tmp_path: Path) -> None:
    refused(akd("run", recipe(tmp_path), "--set", "rounds"), 2, "a.b=value")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ('{"text": "x"}', "lacks the text `prompt`"),
        ('{"prompt": "x", "tests": "assert"}', "list of assert lines"),
    ],
)
def test_a_broken_line_in_the_seeds_is_named(tmp_path: Path, line: str, problem: str) -> None:
    (tmp_path / "s.jsonl").write_text('{"prompt": "fine"}\n' + line + "\n")
    refused(akd("run", recipe(tmp_path, seeds={"source": "s.jsonl"})), 2, "s.jsonl:2", problem)


def test_no_api_key_names_the_variable(tmp_path: Path) -> None:
    result = akd("run", recipe(tmp_path, teacher={"model": "openai:gpt-4o"}, seeds={"source": seeds(tmp_path)}))
    refused(result, 2, "OPENAI_API_KEY")


def test_an_endpoint_that_is_down_names_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr("akd_code.models.openai_chat._FIRST_DELAY_S", 0.01, raising=False)
    url = f"http://127.0.0.1:{port}/v1"
    keys = {"teacher": {"model": f"openai:x@{url}"}, "seeds": {"source": seeds(tmp_path)}, "eval": {"suites": []}}
    refused(akd("run", recipe(tmp_path, **keys)), 3, url)


def test_an_unknown_model_form_lists_the_forms(tmp_path: Path) -> None:
    result = akd("run", recipe(tmp_path, teacher={"model": "gpt-4o"}, seeds={"source": seeds(tmp_path)}))
    refused(result, 2, "gpt-4o", "openai:NAME@URL")


def test_a_student_that_does_not_exist(tmp_path: Path) -> None:
    refused(akd("run", recipe(tmp_path, student={"model": "./no-such-folder"})), 2, "no-such-folder")


def test_an_unknown_suite_names_the_nearest(tmp_path: Path) -> None:
    refused(akd("run", recipe(tmp_path, eval={"suites": ["humanevall"]})), 2, "unknown suite 'humanevall'", "humaneval")
    (tmp_path / "s.jsonl").write_text('{"task_id": "HumanEval/0", "completion": "x"}\n')
    refused(akd("score", "s.jsonl", "--suite", "mbbp+", "--out", "o"), 2, "unknown suite 'mbbp+'", "mbpp+")


@pytest.mark.parametrize(
    ("suite", "variable"),
    [("humaneval+", "HUMANEVAL_OVERRIDE_PATH"), ("mbpp+", "MBPP_OVERRIDE_PATH"), ("mbpp", "AKD_MBPP_PATH")],
)
def test_an_absent_benchmark_file_names_what_supplies_it(tmp_path: Path, suite: str, variable: str) -> None:
    (tmp_path / "s.jsonl").write_text('{"task_id": "x", "completion": "x"}\n')
    refused(akd("score", "s.jsonl", "--suite", suite, "--out", "o"), 2, variable)


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (['{"task_id": "HumanEval/0", "completion": "x"}', "{broken"], ["s.jsonl:2"]),
        (['{"task_id": "HumanEval/999", "completion": "x"}'], ["HumanEval/999", "did you mean"]),
        (['{"task_id": "HumanEval/0"}'], ["s.jsonl:1"]),
        ([""], ["no sample of suite humaneval"]),
    ],
)
def test_a_broken_samples_file_names_the_line(tmp_path: Path, lines: list[str], parts: list[str]) -> None:
    (tmp_path / "s.jsonl").write_text("\n".join(lines) + "\n")
    refused(akd("score", "s.jsonl", "--suite", "humaneval", "--out", "o"), 2, *parts)


def test_missing_tasks_are_counted_and_printed(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(
        '{"task_id": "HumanEval/0", "solution": "def has_close_elements(n, t): return 1"}\n'
    )
    result = akd("score", "s.jsonl", "--suite", "humaneval", "--out", "o")
    assert result.exit_code == 0, result.output
    assert "163" in result.output
    summary = json.loads((tmp_path / "o" / "summary.json").read_text())
    assert (summary["missing"], summary["tasks"], summary["samples"]) == (163, 164, 1)
    assert summary["pass@k"]["base"]["1"] == 0.0


def test_exec_refuses_files_that_are_not_there_and_cases_that_are_no_json(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("def f(x): return x\n")
    refused(akd("exec", "q.py", "--entry", "f", "--cases", "c.jsonl"), 2, "q.py")
    for line, part in (
        ("{", "c.jsonl:1"),
        ('{"args": [NaN], "expected": 1}', "NaN"),
        ('{"args": [1e999], "expected": 1}', "1e999"),
    ):
        (tmp_path / "c.jsonl").write_text(line + "\n")
        refused(akd("exec", "p.py", "--entry", "f", "--cases", "c.jsonl"), 2, part)
    (tmp_path / "c.jsonl").write_text('{"args": [1], "expected": 1}\n')
    refused(akd("exec", "p.py", "--entry", "f", "--cases", "c.jsonl", "--backend", "jail"), 2, "unknown backend 'jail'")


def test_exec_refuses_programs_that_it_cannot_bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.py").write_text("def f(x): return x\n")
    (tmp_path / "c.jsonl").write_text('{"args": [1], "expected": 1}\n')
    monkeypatch.setenv("AKD_BUSYBOX", "none/busybox")
    bringing = ("exec", "p.py", "--entry", "f", "--cases", "c.jsonl", "--programs", "sh,cat")
    refused(akd(*bringing), 2, "none/busybox", "busybox-static", "AKD_BUSYBOX")


def test_exec_tells_by_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("def f(x):\n    print('hi')\n    return (x, {x})\n")
    (tmp_path / "c.jsonl").write_text('{"args": [1], "expected": {"$tuple": [1, {"$set": [1]}]}}\n')
    passed = akd("exec", "p.py", "--entry", "f", "--cases", "c.jsonl", "--json")
    assert passed.exit_code == 0, passed.output
    shown = json.loads(passed.stdout)
    assert (shown["verdict"], shown["stdout"]) == ("PASS", "hi\n")
    assert shown.keys() >= {"verdict", "tests", "peak_memory_bytes", "stdout", "stderr", "isolation"}
    (tmp_path / "t.py").write_text("def test_it():\n    assert f(1) == 2\n")
    assert akd("exec", "p.py", "--entry", "f", "--tests", "t.py").exit_code == 1


def test_status_of_what_is_no_run(tmp_path: Path) -> None:
    refused(akd("status", "nowhere"), 2, "no run in nowhere")


def test_init_writes_a_recipe_that_loads_and_overwrites_nothing(tmp_path: Path) -> None:
    from akd_code.curriculum.seeds import load_seeds
    from akd_code.recipe import load_recipe

    assert akd("init", "new").exit_code == 0
    loaded = load_recipe(tmp_path / "new" / "recipe.yaml")
    assert len(load_seeds(loaded)) == 3
    refused(akd("init", "new"), 2, "exists")


def test_help_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom akd_code.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'transformers', 'openai', 'pydantic', 'rich', 'akd_sandbox') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip().endswith("[]")
    assert "score" in shown


def test_the_sandbox_brings_in_no_ml_library() -> None:
    import subprocess
    import sys

    heavy = "('torch', 'transformers', 'numpy', 'evalplus', 'scipy')"
    code = f"import sys, akd_sandbox; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
