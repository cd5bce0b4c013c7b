"""The CI examples do what the docs say: they are run, not only read."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from test_compare_command import run_folder

from akd_code.cli import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("broken", "code"), [(0, 0), (12, 1)])
def test_the_actions_script_writes_its_reports_and_ends_with_the_gates_code(
    tmp_path: Path, broken: int, code: int
) -> None:
    run_folder(tmp_path / "base run", "P" * 40)
    run_folder(tmp_path / "new", "P" * (40 - broken) + "W" * broken)
    env = {
        "PATH": os.environ["PATH"],
        "AKD_BASE": "base run",
        "AKD_NEW": "new",
        "AKD_MARGIN": "1",
        "AKD_ALLOW": "limits isolation",
        "AKD_PYTHON": sys.executable,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    done = subprocess.run([ROOT / "docs/ci/compare.sh"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    names = sorted(path.name for path in (tmp_path / "akd-report").iterdir())
    assert names == ["junit.xml", "report.html", "report.md"]
    assert (tmp_path / "summary.md").read_text().startswith("### base run → new")
    assert (tmp_path / "output").read_text() == "report=akd-report\n"


def test_the_action_hands_every_input_over_as_a_variable() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert "${{" not in step["run"]  # a text from outside must not become part of a command
    used = {value for value in step["env"].values() if "inputs." in value}
    assert used == {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]}
    workflow = yaml.safe_load((ROOT / "docs/ci/regression.yml").read_text())
    given = next(one["with"] for one in workflow["jobs"]["gate"]["steps"] if "akd" in one.get("uses", ""))
    assert given.keys() <= action["inputs"].keys()


def test_the_pre_commit_hook_is_a_command_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = yaml.safe_load((ROOT / "docs/ci/pre-commit-config.yaml").read_text())
    program, *arguments = shlex.split(config["repos"][0]["hooks"][0]["entry"])
    assert program == "akd"
    (tmp_path / "scores").mkdir()
    run_folder(tmp_path / "scores" / "baseline", "P" * 40)
    run_folder(tmp_path / "scores" / "new", "P" * 20 + "W" * 20)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["gate"]["margin"] == 0.01
