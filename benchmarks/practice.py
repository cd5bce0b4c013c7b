"""Practice in the lab: what learning from the student's own answers adds to imitation, at equal data.

    python benchmarks/practice.py [--seeds 0 1 2 3 4] [--prompts 400] [--arms NAME ...] [--json]

For every seed one round of imitation on the lab's seeds, then the student's own answers to the same prompts with their
verdicts, as a run makes them; from there every arm goes on from the same adapter:

* `imitation`: nothing more; `chosen again`: as many steps on the pairs' verified answers (the control: more training);
* `dpo`, `dpo+nll`: pairs, without and with the chosen answer's own loss; `kto`: single answers;
* `self solution`, `self feedback`: self-distillation with the verified answer or the failing tests in view;
  `self other`, `self none`: its controls, another prompt's answer and nothing.

Each is examined on the same held-out tasks. Printed are pass@1 by arm, and the difference to imitation, paired over
tasks and seeds, with a 95 % bootstrap interval over seeds and tasks. A closed world: no benchmark's figure.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_code.curriculum.lessons import lessons, practised
from akd_code.distil import run_recipe
from akd_code.evaluate import EvalSpec, TaskPrompts, evaluate, run_settings
from akd_code.lab.student import base_student_path
from akd_code.recipe import PreferSection, Recipe, recipe_from
from akd_code.records import ChatRow, Label, Pair, Practice
from akd_code.run import read_items
from akd_code.run.stored import read_value
from akd_code.student import load_student, train_prefer, train_sft
from akd_sandbox import Sandbox, Verdict

ARMS: Mapping[str, Mapping[str, Any] | None] = {
    "imitation": None,
    "chosen again": {"method": "dpo"},
    "dpo": {"method": "dpo", "nll": 0.0},
    "dpo+nll": {"method": "dpo", "nll": 0.2},
    "dpo own": {"method": "dpo", "chosen": "own", "nll": 0.0},
    "dpo+nll own": {"method": "dpo", "chosen": "own", "nll": 0.2},
    "dpo+nll 1": {"method": "dpo", "nll": 1.0},
    "kto": {"method": "kto"},
    "self solution": {"method": "self", "context": "solution"},
    "self feedback": {"method": "self", "context": "feedback"},
    "self other": {"method": "self", "context": "other"},
    "self none": {"method": "self", "context": "none"},
}
TRAINED = {"learning_rate": 5e-4, "batch_size": 16, "micro_tokens": 16384, "pairs": 2, "epochs": 2}


class Silent:
    """Shows nobody anything."""

    def stage(self, round_: int | None, name: str) -> None:
        """Pass over a stage."""

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        """Pass over how far it is."""

    def note(self, text: str) -> None:
        """Pass over a line."""


@dataclass(frozen=True)
class Start:
    """One seed's imitation, and what the student then wrote itself."""

    recipe: Recipe
    adapter: Path
    labels: list[Label]
    practices: dict[str, Practice]


def started(seed: int, prompts: int, folder: Path) -> Start:
    """Run a round with practice of the smallest kind, for its labels, answers and imitation."""
    recipe = recipe_from(
        {
            "name": f"practice-{seed}",
            "seed": seed,
            "rounds": 1,
            "seeds": {"source": "lab", "limit": prompts},
            "student": {"max_tokens": 160, "batch_size": 128},
            "sft": {"learning_rate": 3e-3, "micro_tokens": 16384},
            "prefer": {"method": "dpo", "samples": 4, "micro_tokens": 16384},
            "eval": {"suites": ["lab"], "max_tokens": 160},
        },
        "benchmarks/practice.py",
    )
    run_recipe(recipe, folder, Silent())
    labels = [read_value(Label, row.value, "a label") for row in read_items(folder, "labels")]
    practices = [read_value(Practice, row.value, "an answer") for row in read_items(folder, "practice")]
    return Start(recipe, folder / "rounds" / "1" / "imitated", labels, {one.prompt_id: one for one in practices})


def trained(start: Start, arm: str, how: Mapping[str, Any], out: Path) -> Path:
    """Train an arm from the start's adapter; return its adapter."""
    changes = ARMS[arm]
    if changes is None:
        return start.adapter
    settings = PreferSection(**{**TRAINED, **how, **changes})
    labels = [label for label in start.labels if practised(label)]
    made = lessons(labels, start.practices, settings, random.Random(f"preference {start.recipe.seed} 1"))
    student = load_student(base_student_path(), adapter=start.adapter)
    if arm == "chosen again":
        rows = [
            ChatRow((("user", one.prompt), ("assistant", one.chosen)), one.prompt_id)
            for one in made
            if isinstance(one, Pair)
        ]
        sft = start.recipe.sft.model_copy(update={"learning_rate": settings.learning_rate, "epochs": settings.epochs})
        train_sft(student, rows, sft, seed=start.recipe.seed, out=out)
    else:
        train_prefer(student, made, settings, seed=start.recipe.seed, out=out)
    return out


def examined(start: Start, adapter: Path, box: Sandbox, out: Path) -> dict[str, bool]:
    """Return which held-out tasks the student passes."""
    settings = run_settings(start.recipe)
    (suite,) = settings.open_suites()
    student = load_student(base_student_path(), adapter=adapter)
    spec = EvalSpec(out.name, TaskPrompts(suite, "chat"), settings.sampling, settings.scoring)
    results = evaluate(student, spec, out, box, Silent()).results
    return {result.task_id: result.judged.base is Verdict.PASS for result in results}


def interval(differences: Sequence[Sequence[int]], rng: random.Random, draws: int = 4000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of per-task differences, seeds and tasks drawn anew."""
    means = []
    for _ in range(draws):
        seeds = [rng.choice(differences) for _ in differences]
        drawn = [rng.choices(one, k=len(one)) for one in seeds]
        means.append(sum(map(sum, drawn)) / sum(map(len, drawn)))
    means.sort()
    return means[round(0.025 * draws)], means[round(0.975 * draws) - 1]


def main() -> None:
    """Run all arms for all seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--prompts", type=int, default=400)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--learning-rate", type=float, default=TRAINED["learning_rate"])
    parser.add_argument("--epochs", type=int, default=TRAINED["epochs"])
    parser.add_argument("--beta", type=float, default=0.1)
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    how = {"learning_rate": options.learning_rate, "epochs": options.epochs, "beta": options.beta}
    passed: dict[str, list[dict[str, bool]]] = {arm: [] for arm in options.arms}
    with tempfile.TemporaryDirectory(prefix="akd-practice-") as name, Sandbox() as box:
        for seed in options.seeds:
            folder = Path(name) / str(seed)
            start = started(seed, options.prompts, folder)
            for number, arm in enumerate(options.arms):
                adapter = trained(start, arm, how, folder / f"arm{number}")
                passed[arm].append(examined(start, adapter, box, folder / f"eval{number}"))
                share = sum(passed[arm][-1].values()) / len(passed[arm][-1])
                print(f"seed {seed}  {arm:14} {100 * share:5.1f} %", flush=True)
    report(passed, options.json)


def report(passed: Mapping[str, list[dict[str, bool]]], as_json: bool) -> None:
    """Print each arm's pass@1 and its difference to imitation."""
    base = passed["imitation"]
    found = {}
    print("\narm              pass@1   against imitation, points [95 %]")
    for arm, seeds in passed.items():
        share = sum(sum(one.values()) for one in seeds) / sum(len(one) for one in seeds)
        differences = [[one[task] - other[task] for task in one] for one, other in zip(seeds, base, strict=True)]
        mean = sum(map(sum, differences)) / sum(map(len, differences))
        low, high = interval(differences, random.Random(0))
        print(f"{arm:14} {100 * share:6.1f} %   {100 * mean:+5.1f} [{100 * low:+.1f}, {100 * high:+.1f}]")
        found[arm] = {"pass@1": round(share, 4), "gain": round(mean, 4), "ci95": [round(low, 4), round(high, 4)]}
    if as_json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
