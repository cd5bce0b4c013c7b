"""Small runs of the real loop: the lab's teacher, the sandbox, and a student of a few thousand parameters."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
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
    """Return what a run has decided, by round and stage: facts, and every label, answer, gap and new prompt."""
    kept = ("labels", "student answers", "discrimination", "generation")
    with contextlib.closing(sqlite3.connect(f"file:{run / 'run.db'}?mode=ro", uri=True)) as db:
        steps = db.execute("SELECT key, round, stage, facts FROM steps WHERE current = 1").fetchall()
        return {
            f"{number} {stage}": {"facts": json.loads(facts), "items": items(db, key)}
            for key, number, stage, facts in steps
            if stage in kept
        }


def items(db: sqlite3.Connection, step: str) -> list[Any]:
    """Return the items of a step, in order."""
    rows = db.execute("SELECT value FROM items WHERE step = ? ORDER BY position", (step,))
    return [json.loads(value) for (value,) in rows]
