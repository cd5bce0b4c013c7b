"""A real model behind a real endpoint in every role of a run: what became of each answer.

    python benchmarks/endpoints.py URL --model NAME --seeds SEEDS.jsonl [--prompts 20] [--tokens 256] [--json]

Starts no server: URL is that of one that speaks the OpenAI chat API. The first --prompts seeds are asked, half of them
without their tests, so that the model answers, writes tests, judges and writes new prompts: two rounds of a run, with
the lab's small student. A weak model is fine: what is shown is that nothing breaks and that every answer is classed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from akd_code.cli.watch import watcher
from akd_code.distil import run_recipe
from akd_code.errors import AkdError
from akd_code.recipe import load_recipe
from akd_code.stages.imitate import NoRowsError

TASK = {"task_id": "toy/0", "prompt": "Write f that adds 1.", "entry_point": "f", "tests": ["assert f(1) == 2"]}

NEW_PROMPTS = 4
"""That the generator is to write, for the second round."""


def written_recipe(folder: Path, options: argparse.Namespace) -> Path:
    """Write seeds, a suite of one task and a recipe into a folder; return the recipe."""
    rows = [json.loads(line) for line in options.seeds.read_text(encoding="utf-8").splitlines()[: options.prompts]]
    for row in rows[1::2]:
        row.pop("tests", None)
    files = {"seeds.jsonl": rows, "suite.jsonl": [TASK]}
    for name, content in files.items():
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    recipe = {
        "name": "endpoints",
        "rounds": 2,
        "seeds": {"source": str(folder / "seeds.jsonl")},
        "teacher": {
            "model": f"openai:{options.model}@{options.url}",
            "temperature": 0.2,
            "max_tokens": options.tokens,
            "concurrency": options.concurrency,
            "timeout_s": 600.0,
        },
        "label": {"attempts": 1, "tests": 5},
        "referee": {"judge": "always", "max_tokens": options.tokens},
        "generator": {"prompts": NEW_PROMPTS},
        "student": {"model": "lab", "device": "cpu", "max_tokens": 64},
        "sft": {"epochs": 1},
        "eval": {"suites": [str(folder / "suite.jsonl")]},
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")  # JSON is YAML
    return folder / "recipe.yaml"


def classed(rounds: list[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return how many answers ended which way, over all rounds: in each role, and each role's calls."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in rounds:
        stages = one["stages"]
        found["teacher"].update(stages.get("labels", {}).get("outcomes", {}))
        found["on the way"].update(stages.get("labels", {}).get("events", {}))
        found["referee"].update(stages.get("discrimination", {}).get("decided_by", {}))
        made = stages.get("generation", {})
        found["generator"].update({"kept": made.get("prompts", 0), **made.get("rejected", {})})
        for role, calls in one["calls"].items():
            found[f"calls, {role}"].update({name: count for name, count in calls.items() if type(count) is int})
    return {role: dict(counts) for role, counts in found.items()}


def main() -> None:
    """Run, and print what became of the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--model", required=True, help="its name at the endpoint")
    parser.add_argument("--seeds", type=Path, required=True, help="JSONL with prompt, entry_point, tests")
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=256, help="of an answer at most")
    parser.add_argument("--concurrency", type=int, default=4, help="requests under way at once")
    parser.add_argument("--out", type=Path, help="the run's folder, kept; the same one goes on")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with watcher() as watch:
                run_recipe(load_recipe(written_recipe(folder, options)), folder / "run", watch)
        except NoRowsError as error:  # of a weak model nothing may be left: that is counted like the rest
            print(f"the run ended early: {error}")
        except AkdError as error:
            sys.exit(f"endpoints: {error}")
        summary = json.loads((folder / "run" / "summary.json").read_text(encoding="utf-8"))
    found = classed(summary["rounds"])
    for role, counts in found.items():
        print(f"{role:18} " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
