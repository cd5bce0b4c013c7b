"""Versions in results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from akd_evals.versions import version_of

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
sys.path[:0] = [part for part in sys.argv[1:]]
from akd_evals.score import versions
print(json.dumps(versions()))
"""


def test_the_version_of_an_installed_package_is_the_installers() -> None:
    assert version_of("click") == version("click")


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert version_of("no-such-package-at-all") == "unknown"


def test_the_source_folder_scores_without_being_installed() -> None:
    parts = [str(ROOT / name) for name in ("", "sandbox", "prompts", "evals")]
    run = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM, *parts],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert json.loads(run.stdout)["akd"] == "unknown", run.stderr
