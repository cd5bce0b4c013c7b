"""summary.json: what a run has come to, for machines."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence

from akd_code.report.rounds import RoundFigures
from akd_code.run import RunFolder
from akd_code.storage import write_text
from akd_evals.versions import version_of

_PACKAGES = ("akd", "torch", "transformers", "peft", "openai", "evalplus")


def write_summary(run: RunFolder, rounds: Sequence[RoundFigures]) -> None:
    """Write summary.json for the rounds so far. Raises DiskError."""
    base, *rest = rounds
    summary = {
        "base": {"eval": base.as_json()["eval"]},
        "rounds": [one.as_json() for one in rest],
        "seed": run.recipe.seed,
        "versions": {name: version_of(name) for name in _PACKAGES} | {"python": platform.python_version()},
    }
    if "lab" in (run.recipe.teacher.model, run.recipe.referee.model, run.recipe.generator.model):
        summary["lab"] = run.recipe.lab.model_dump()
    with run.writing():
        write_text(run.path / "summary.json", json.dumps(summary, indent=1) + "\n")
