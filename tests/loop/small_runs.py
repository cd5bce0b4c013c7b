"""Small runs of the real loop: the lab's teacher, the sandbox, and a student of a few thousand parameters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

RECIPE: dict[str, Any] = {
    "name": "small",
    "seed": 3,
    "rounds": 2,
    "seeds": {"source": "lab", "limit": 10},
    "generator": {"prompts": 8, "rouge": 0.95},
    "referee": {"judge": "always"},
    "student": {"max_tokens": 24, "batch_size": 8},
    "sft": {"epochs": 1, "learning_rate": 0.003, "batch_size": 4, "lora_r": 4},
    "eval": {"suites": ["lab"], "max_tokens": 24},
    "lab": {"eval_per_depth": 3},
    "sandbox": {"workers": 1},
}


def write_recipe(folder: Path, student: Path, /, **changes: Any) -> Path:
    """Write the recipe of a small run, with top-level sections merged over it."""
    recipe: dict[str, Any] = json.loads(json.dumps(RECIPE))
    recipe["student"]["model"] = str(student)
    for section, values in changes.items():
        if isinstance(values, dict):
            recipe.setdefault(section, {}).update(values)
        else:
            recipe[section] = values
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def akd(*arguments: str | Path, **environment: str) -> list[str]:
    """Return the command line of `akd` in this interpreter."""
    del environment
    return [sys.executable, "-c", "from akd_code.cli import main; main()", *map(str, arguments)]


def run_akd(*arguments: str | Path, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `akd` to its end and return what it printed."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(akd(*arguments), capture_output=True, text=True, timeout=timeout, check=False, env=variables)


def pools(run: Path) -> dict[str, Any]:
    """Return what a run has decided: every label, gap and new prompt, from its store."""
    import sqlite3

    with sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT round, stage, value FROM steps").fetchall()
    kept = ("labels", "student answers", "discrimination", "generation")
    return {f"{round_} {stage}": json.loads(value) for round_, stage, value in rows if stage in kept}
