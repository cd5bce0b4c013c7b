"""summary.json: what a run has come to, for machines."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_code.errors import RunError
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


@dataclass(frozen=True, slots=True)
class ToldRound:
    """What summary.json tells of a round: the share of each suite's tasks that pass, and the stages' figures."""

    round: int
    passed: Mapping[str, float]
    stages: Mapping[str, Any]


def read_rounds(folder: Path) -> list[ToldRound]:
    """Return the rounds in a run directory's summary.json. Raises RunError for one that is damaged."""
    file = folder / "summary.json"
    try:
        return [
            ToldRound(
                int(one["round"]),
                {suite: float(exam["pass@1"]) for suite, exam in one["eval"].items()},
                dict(one.get("stages", {})),
            )
            for one in json.loads(file.read_text(encoding="utf-8"))["rounds"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{file} is damaged ({error!r}); `akd run` on its recipe writes it anew") from None
