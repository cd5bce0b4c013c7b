"""AMR-Evol in the lab: six ways to make labels and a control, under teachers of stated error rates.

For every profile, seed and method the same tasks are labelled: no suite comes with them, the teacher writes the tests,
they are validated, and what the loop would train on is checked against hidden cases. Printed by depth: the share of
tasks that give a correct training answer, with Wilson intervals, and calls and tokens per correct answer. A closed
world: these are not benchmark figures.

    python benchmarks/amr_evol.py --out results.json            # the labels (minutes)
    python benchmarks/amr_evol.py --students --seeds 0 1        # and the student's held-out pass@1
    python benchmarks/amr_evol.py --table results.json --svg docs/amr-evol.svg
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stand_ins import LabModel

from akd_code.lab.grammar import LabTask, cases, eval_tasks, sample_task
from akd_code.labelling import label_all, labelling_figures, open_labeller
from akd_code.models import Sampling
from akd_code.recipe import LabSection, recipe_from
from akd_code.records import TRAINED, Label, Prompt, content_id
from akd_code.roles import EmbedderRole, Role, Roles
from akd_evals.stats import wilson_interval
from akd_sandbox import Case, FunctionTests, Job, Limits, SampleResult, Sandbox, Verdict

DEPTHS = (1, 2, 3, 4)
METHODS = ("direct", "direct x2", "cot", "ansrepair", "amr", "amr-no-md", "amr-no-are")
"""`direct x2` is the control: best-of-n with two direct answers (temperature 0.7), under the same tests and the same
choice as `amr`, so that what is gained by having a second answer is not taken for what is gained by decomposing."""
_SHARED: dict[str, float] = {"cot_error": 0.9, "repair_error": 0.6, "misled": 0.3, "test_error": 0.05, "garbled": 0.02}
PROFILES: dict[str, dict[str, float]] = {
    "helps": {"error_base": 0.05, "error_per_depth": 0.12, "stub_error": 0.6, "module_error": 0.3, "stubborn": 0.6},
    "modules only": {
        "error_base": 0.05,
        "error_per_depth": 0.12,
        "stub_error": 1.0,
        "module_error": 0.4,
        "stubborn": 0.6,
    },
    "no better": {"error_base": 0.05, "error_per_depth": 0.12, "stub_error": 1.0, "module_error": 1.0, "stubborn": 1.0},
    "worse": {"error_base": 0.05, "error_per_depth": 0.08, "stub_error": 1.6, "module_error": 1.6, "stubborn": 0.6},
}
"""Assumptions, not measurements: what a modular answer's error rate is relative to the direct one's, by step."""


class RememberingBox:
    """A sandbox that runs equal jobs once: the methods share their direct answers."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._known: dict[str, SampleResult] = {}

    def run(self, job: Job) -> SampleResult:
        key = repr(job)
        if key not in self._known:
            self._known[key] = self._box.run(job)
        return self._known[key]


def tasks_of(seed: int, per_depth: int) -> list[LabTask]:
    rng = random.Random(f"amr tasks {seed}")
    made: dict[str, LabTask] = {}
    for depth in DEPTHS:
        for _ in range(100 * per_depth):
            task = sample_task(rng, depth, split="train")
            made.setdefault(task.instruction, task)
            if sum(one.depth == depth for one in made.values()) == per_depth:
                break
    tasks = list(made.values())
    rng.shuffle(tasks)
    return tasks


def prompt_of(task: LabTask) -> Prompt:
    return Prompt(content_id(task.instruction), task.instruction, task.entry_point)


def is_correct(task: LabTask, code: str | None, box: Any) -> bool:
    """Tell whether a program passes twelve hidden cases."""
    if code is None:
        return False
    drawn = cases(task, 12, random.Random(f"hidden {task.instruction}"))
    tests = FunctionTests(tuple(Case(args=args, expected=expected) for args, expected in drawn))
    return bool(box.run(Job(code, task.entry_point, tests, Limits(test_s=4.0))).verdict is Verdict.PASS)


def label_tasks(
    method: str, profile: str, seed: int, tasks: list[LabTask], box: Any
) -> tuple[list[Label], dict[str, Any]]:
    """Return the labels of one method, and what they cost."""
    recipe = recipe_from(
        {
            "name": "amr-evol",
            "seed": seed,
            "teacher": {"model": "lab", "temperature": 0.7},
            "label": {"method": "best-of-n" if method == "direct x2" else method, "samples": 2, "attempts": 1},
            "evolve": {"wave": 16},
        }
    )
    settings = LabSection(**_SHARED, **PROFILES[profile])
    sampling = Sampling(recipe.teacher.temperature, 1.0, recipe.teacher.max_tokens, seed=seed)
    with TemporaryDirectory() as folder:
        teacher = Role(LabModel(settings, seed), sampling)
        roles = Roles(teacher, teacher, None, EmbedderRole(recipe.evolve.embedder))
        labeller = open_labeller(recipe, roles, box, Limits(test_s=4.0), Path(folder))
        labeller.begin(1)
        labels = asyncio.run(label_all(labeller, [prompt_of(task) for task in tasks]))
        cost = labelling_figures(recipe.label.method, labels)
        cost["modules"] = len(getattr(labeller.proposer, "store", ()))
        labeller.close()
    return labels, cost


def cell(method: str, profile: str, seed: int, options: argparse.Namespace, box: Any) -> dict[str, Any]:
    tasks = tasks_of(seed, options.per_depth)
    labels, cost = label_tasks(method, profile, seed, tasks, box)
    rows = []
    for task, label in zip(tasks, labels, strict=True):
        trained = label.outcome in TRAINED
        rows.append([task.depth, trained, trained and is_correct(task, label.answer.code, box)])
    made = {"profile": profile, "method": method, "seed": seed, "rows": rows, "cost": cost}
    if options.students:
        made["student"] = student_passes(tasks, labels, seed, options, box)
    return made


def student_passes(
    tasks: list[LabTask], labels: list[Label], seed: int, options: argparse.Namespace, box: Any
) -> list[int]:
    """Train the lab's student on the labels and return [passed, tasks] on held-out tasks."""
    from akd_code.lab.student import base_student_path
    from akd_code.recipe import SftSection
    from akd_code.student import load_student, sample_answers, train_sft

    rows = [label.row() for label in labels if label.outcome in TRAINED]
    student = load_student(str(base_student_path()))
    config = SftSection(epochs=options.epochs, learning_rate=3e-3, batch_size=16, micro_tokens=16384, lora_r=16)
    with TemporaryDirectory() as folder:
        train_sft(student, rows, config, seed=seed, out=Path(folder) / "adapter")
    held_out = eval_tasks(options.held_out, 0)
    asked = [[("user", task.instruction)] for task in held_out]
    answers = sample_answers(student, asked, max_new_tokens=400, batch_size=128)
    from akd_evals.extract import extract_code

    codes = [extract_code(answer.text, task.entry_point).code for answer, task in zip(answers, held_out, strict=True)]
    return [sum(is_correct(task, code, box) for task, code in zip(held_out, codes, strict=True)), len(held_out)]


def complete(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results of those seeds of a profile that have every method: all methods on the same tasks."""
    methods = {one["method"] for one in results}
    seen: dict[tuple[str, int], set[str]] = {}
    for one in results:
        seen.setdefault((one["profile"], one["seed"]), set()).add(one["method"])
    return [one for one in results if seen[one["profile"], one["seed"]] == methods]


def table(results: list[dict[str, Any]]) -> str:
    """Return the Markdown tables of all profiles."""
    parts = []
    for profile in dict.fromkeys(one["profile"] for one in results):
        rates = PROFILES.get(profile, {})
        stated = ", ".join(f"`{name}` {value}" for name, value in rates.items())
        seeds = sorted({one["seed"] for one in results if one["profile"] == profile})
        each = max(len(one["rows"]) for one in results if one["profile"] == profile) // len(DEPTHS)
        shown = f"seeds {', '.join(map(str, seeds))}; {each} tasks at each depth and seed"
        parts += [f"### Teacher: {profile}", "", f"{stated}; {shown}.", ""]
        head = ["method", *(f"depth {depth}" for depth in DEPTHS), "all depths [95 %]", "wrong in training"]
        students = any("student" in one for one in results if one["profile"] == profile)
        head += ["calls per correct", "tokens per correct", "modules"] + (["student pass@1"] if students else [])
        parts += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        for method in METHODS:
            mine = [one for one in results if one["profile"] == profile and one["method"] == method]
            if mine:
                parts.append(f"| {' | '.join(_line(method, mine, students))} |")
        parts.append("")
    return "\n".join(parts)


def _line(method: str, mine: list[dict[str, Any]], students: bool) -> list[str]:
    rows = [row for one in mine for row in one["rows"]]
    right, trained = sum(row[2] for row in rows), sum(row[1] for row in rows)
    cells = [method]
    for depth in DEPTHS:
        at = [row[2] for row in rows if row[0] == depth]
        cells.append(f"{100 * sum(at) / max(1, len(at)):.1f}")
    low, high = wilson_interval(right, len(rows))
    cells.append(f"{100 * right / len(rows):.1f} [{100 * low:.1f}, {100 * high:.1f}]")
    cells.append(f"{100 * (trained - right) / max(1, trained):.1f} %")
    for key in ("calls", "tokens"):
        cells.append(f"{sum(one['cost'][key] for one in mine) / max(1, right):.{1 if key == 'calls' else 0}f}")
    cells.append(f"{sum(one['cost']['modules'] for one in mine) / len(mine):.0f}" if "amr" in method else "-")
    if students:
        passed, total = (sum(one["student"][at] for one in mine if "student" in one) for at in (0, 1))
        low, high = wilson_interval(passed, total)
        cells.append(f"{100 * passed / max(1, total):.1f} [{100 * low:.1f}, {100 * high:.1f}]")
    return cells


def svg(results: list[dict[str, Any]]) -> str:
    """Return the plot: one panel per profile, one group of bars per depth, one bar per method, with 95 % intervals."""
    profiles = list(dict.fromkeys(one["profile"] for one in results))
    colours = dict(
        zip(METHODS, ("#8c8c8c", "#c4c4c4", "#e0a030", "#b05050", "#2060a0", "#70a0d0", "#50a080"), strict=True)
    )
    wide, tall, left, top = 470, 210, 44, 46
    columns = 2
    lines = (len(profiles) + 1) // columns
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * wide} {lines * tall + 30}" '
        'font-family="sans-serif" font-size="11" fill="#333">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="8" y="14" font-size="12">Tasks with a correct training answer, % '
        "(lab: a closed world, no benchmark)</text>",
    ]
    for place, method in enumerate(METHODS):
        x = 8 + place * 100
        out.append(f'<rect x="{x}" y="22" width="10" height="10" fill="{colours[method]}"/>')
        out.append(f'<text x="{x + 14}" y="31">{method}</text>')
    for number, profile in enumerate(profiles):
        x0, y0 = (number % columns) * wide + left, (number // columns) * tall + top + 24
        height, width = tall - 70, wide - left - 16
        out.append(f'<text x="{x0}" y="{y0 - 8}" font-weight="bold">teacher: {profile}</text>')
        for tick in (0, 25, 50, 75, 100):
            y = y0 + height * (1 - tick / 100)
            out.append(f'<line x1="{x0}" x2="{x0 + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
            out.append(f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">{tick}</text>')
        group = width / len(DEPTHS)
        bar = group * 0.86 / len(METHODS)
        for at, depth in enumerate(DEPTHS):
            centre = x0 + group * (at + 0.45)
            out.append(f'<text x="{centre:.1f}" y="{y0 + height + 15}" text-anchor="middle">depth {depth}</text>')
            for place, method in enumerate(METHODS):
                rows = [
                    row[2]
                    for one in results
                    if one["profile"] == profile and one["method"] == method
                    for row in one["rows"]
                    if row[0] == depth
                ]
                if not rows:
                    continue
                share, (low, high) = sum(rows) / len(rows), wilson_interval(sum(rows), len(rows))
                x, y = x0 + group * at + bar * place, y0 + height * (1 - share)
                out.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar - 1:.1f}" height="{height * share:.1f}" '
                    f'fill="{colours[method]}"/>'
                )
                middle = x + (bar - 1) / 2
                out.append(
                    f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y0 + height * (1 - high):.1f}" '
                    f'y2="{y0 + height * (1 - low):.1f}" stroke="#222"/>'
                )
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="AMR-Evol against its baselines in the lab.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--profiles", nargs="+", choices=list(PROFILES), default=list(PROFILES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--per-depth", type=int, default=30, help="tasks at each depth for every seed")
    parser.add_argument("--students", action="store_true", help="train the lab's student on each cell's answers")
    parser.add_argument("--held-out", type=int, default=40, help="held-out tasks at each depth for the student")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    parser.add_argument("--table", type=Path, nargs="+", help="only print the tables of earlier results")
    parser.add_argument("--svg", type=Path, help="write the plot")
    options = parser.parse_args()
    results: list[dict[str, Any]] = []
    if options.table:
        results = [one for path in options.table for one in json.loads(path.read_text(encoding="utf-8"))["results"]]
    else:
        began = time.monotonic()
        stated = {name: LabSection(**_SHARED, **PROFILES[name]).model_dump() for name in options.profiles}
        with Sandbox(limits=Limits(test_s=4.0)) as real:
            for seed, profile in itertools.product(options.seeds, options.profiles):
                box = RememberingBox(real)
                for method in options.methods:
                    results.append(cell(method, profile, seed, options, box))
                    took = time.monotonic() - began
                    print(f"{took:.0f} s: {profile}, {method}, seed {seed}", file=sys.stderr, flush=True)
                    if options.out:
                        text = json.dumps({"profiles": stated, "results": results})
                        options.out.write_text(text, encoding="utf-8")
    results = complete(results)
    print(table(results))
    if options.svg:
        options.svg.write_text(svg(results), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
