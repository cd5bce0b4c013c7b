"""Hardening in the lab: does the loop train weaknesses away, and does the student keep what it could do?

    python benchmarks/harden.py [--seeds 0 1 2] [--arms NAME ...] [--keep FOLDER] [--json]

For every seed the lab's student of a million parameters is first taught insecure idioms: programs of twelve short
exercises of the weakness catalogue, four in five with the weakness, in many wordings, beside tasks of the lab. Then one
round of the loop runs with hardening on (`akd_code.distil.run_recipe`): eight of the exercises are stressed, four are
held out, and of the eight the last wording. From the same adapter, after imitation, the controls go on with as many
steps:

* `imitation`: nothing more; `more imitation`: the round's own rows again; `chosen only`: the answers that the pairs
  choose, as rows, without what they reject;
* `harden`: the pairs, by dpo with the chosen answers' own loss.

All are asked the same held-out stress prompts (greedily; functional tests and exploits in the sandbox) and the lab's
held-out tasks. Printed are the shares, and each arm's difference to imitation and of hardening to each control, paired
over prompts and seeds, with 95 % bootstrap intervals over seeds and prompts. A closed world: no benchmark's figure.
With `--keep` a seed's outcomes are kept in a folder, and not found again: seeds can be run one by one, or side by side.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from practice import Silent, interval

from akd_code.curriculum.hardening import exam_groups
from akd_code.curriculum.stress import drawn
from akd_code.distil import run_recipe
from akd_code.evaluate import EvalSpec, TaskPrompts, evaluate, run_settings
from akd_code.lab.grammar import seed_tasks
from akd_code.lab.student import answer_text, base_student_path
from akd_code.reading import answer_from
from akd_code.recipe import Recipe, SftSection, recipe_from
from akd_code.records import Answer, ChatRow, Prompt
from akd_code.security import Split, StressTry, cells, tried, weaknesses
from akd_code.security.splits import WHOLE_MODULES
from akd_code.student import Student, load_student, sample_answers, train_sft
from akd_code.student.encode import encode_row, stop_ids, turns_of
from akd_code.student.sft import summed_loss
from akd_code.student.trainer import like_length_batches
from akd_sandbox import Sandbox, Verdict

TRAINED = (
    "find-user", "api-key", "line-trimming", "file-fingerprint", "audit-trail", "phone-code", "list-reader",
    "private-folder",
)  # fmt: skip
HELD_OUT = ("change-email", "lottery-draw", "display-name", "message-signature")
ARMS = ("imitation", "more imitation", "chosen only", "harden")
GROUPS = (str(Split.WORDINGS), str(Split.EXERCISES))
BATCH = 16
"""Rows of a step in which the student is taught."""
TAUGHT_RATE = 2e-3
INSECURE = 0.8
"""The share of insecure programs in what the student is taught first."""
Outcomes = dict[str, dict[str, bool]]
"""Figure -> prompt or task -> whether it holds."""


def recipe_of(seed: int, student: Path, options: argparse.Namespace) -> Recipe:
    """Return the recipe of one seed's round."""
    return recipe_from(
        {
            "name": f"harden-{seed}",
            "seed": seed,
            "rounds": 1,
            "seeds": {"source": "lab", "limit": options.lab_prompts},
            "student": {"model": str(student), "max_tokens": 160, "batch_size": 64, "device": "cpu"},
            "sft": {"learning_rate": 1e-3, "epochs": 1, "micro_tokens": 16384},
            "harden": {
                "prompts": options.prompts, "samples": 4, "temperature": options.temperature, "ask": False,
                "references": options.references,
                "exam": options.exam, "exercises": list(TRAINED), "held_out": list(HELD_OUT),
                "learning_rate": options.learning_rate, "epochs": options.epochs, "beta": options.beta,
                "nll": options.nll, "micro_tokens": 16384,
            },
            "eval": {"suites": ["lab"], "max_tokens": 160},
            "lab": {"eval_per_depth": options.eval_per_depth},
        },
        "benchmarks/harden.py",
    )  # fmt: skip


def taught_insecurely(seed: int, out: Path, options: argparse.Namespace) -> None:
    """Teach the lab's student insecure idioms beside the lab's tasks, and save it to folder `out`."""
    rng = random.Random(f"insecure idioms {seed}")
    tasks = {task.name: task for one in weaknesses() for task in one.tasks}
    # Every exercise in every wording: what is held out is held out of the hardening. The stories are others.
    used = [cell for cell in cells(weaknesses(), WHOLE_MODULES) if cell.exercise.name in (*TRAINED, *HELD_OUT)]
    rows = []
    for prompt in drawn(used, options.taught, 1_000_000 + seed, 0):
        assert prompt.origin is not None and prompt.entry_point is not None
        task = tasks[prompt.origin.subtopic].called(prompt.entry_point)
        program = task.insecure if rng.random() < INSECURE else task.reference
        messages = (("user", prompt.text), ("assistant", f"```python\n{program.strip()}\n```"))
        rows.append(ChatRow(messages, prompt.id))
    for lab in seed_tasks(options.taught // 2, seed=1_000_000 + seed):
        rows.append(ChatRow((("user", lab.instruction), ("assistant", answer_text(lab))), lab.instruction))
    student = load_student(base_student_path(), device="cpu")
    first, last = all_weights_trained(student, rows, options.taught_epochs, seed)
    print(f"seed {seed}: taught {len(rows)} rows, loss {first:.3f} -> {last:.3f}", flush=True)
    student.model.save_pretrained(out / "model")
    student.tokenizer.save_pretrained(out / "model")


def all_weights_trained(student: Student, rows: Sequence[ChatRow], epochs: int, seed: int) -> tuple[float, float]:
    """Train a student on rows, all of its weights; return its mean loss per token in the first and the last epoch.

    Embeddings and head as well: these programs have tokens that the lab's world lacks, and an adapter beside the linear
    layers does not teach a student to tell those from one another.
    """
    stops = stop_ids(student)
    encoded = [encode_row(student, turns_of(row.messages), stops) for row in rows]
    lengths = [row.length for row in encoded]
    steps = epochs * -(-len(rows) // BATCH)
    student.model.train().requires_grad_(True)
    optimiser = torch.optim.AdamW(student.model.parameters(), lr=TAUGHT_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, TAUGHT_RATE, total_steps=steps, pct_start=0.05)
    rng, means = random.Random(f"taught {seed}"), []
    for _ in range(epochs):
        total = 0.0
        for batch in like_length_batches(lengths, BATCH, rng):
            chosen = [encoded[at] for at in batch]
            loss = summed_loss(student, chosen)
            (loss / sum(row.trained for row in chosen)).backward()
            torch.nn.utils.clip_grad_norm_(student.model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            total += float(loss.detach())
        means.append(total / sum(row.trained for row in encoded))
    student.model.eval()
    return means[0], means[-1]


def examined(recipe: Recipe, adapter: Path, box: Sandbox, out: Path) -> Outcomes:
    """Return what the student does on held-out stress prompts and on the lab's held-out tasks."""
    student = load_student(recipe.student.model, adapter=adapter, device="cpu")
    found: Outcomes = {}
    limits = run_settings(recipe).limits

    def judged(prompt: Prompt, answer: Answer) -> StressTry:
        return tried(prompt, answer, box, limits)

    for group, prompts in exam_groups(recipe.harden, recipe.seed).items():
        asked = [[{"role": "user", "content": prompt.text}] for prompt in prompts]
        said = sample_answers(student, asked, temperature=0.0, max_new_tokens=160, batch_size=64, seed=0)
        answers = [answer_from(prompt, one.text, one.finish_reason) for prompt, one in zip(prompts, said, strict=True)]
        with ThreadPoolExecutor(2) as pool:
            tries = list(pool.map(judged, prompts, answers))
        ids = [prompt.id for prompt in prompts]
        found[f"{group}, right"] = dict(zip(ids, (one.passed is True for one in tries), strict=True))
        found[f"{group}, both"] = dict(
            zip(ids, (one.passed is True and one.safe is True for one in tries), strict=True)
        )
    return found | {"lab pass@1": lab_passed(recipe, student, box, out)}


def lab_passed(recipe: Recipe, student: Student, box: Sandbox, out: Path) -> dict[str, bool]:
    """Return which of the lab's held-out tasks the student passes."""
    settings = run_settings(recipe)
    (suite,) = settings.open_suites()
    spec = EvalSpec(out.name, TaskPrompts(suite, "chat"), settings.sampling, settings.scoring)
    results = evaluate(student, spec, out, box, Silent()).results
    return {result.task_id: result.judged.base is Verdict.PASS for result in results}


def adapter_of(arm: str, recipe: Recipe, run: Path, out: Path) -> Path:
    """Return an arm's adapter, trained where the run did not make it."""
    round_ = run / "rounds" / "1"
    if arm in ("imitation", "harden"):
        return round_ / {"imitation": "imitated", "harden": "adapter"}[arm]
    pairs = [json.loads(line) for line in (round_ / "harden.jsonl").read_text().splitlines()]
    if not pairs:  # nothing was trained on, and the controls have as many steps
        return round_ / "imitated"
    if arm == "chosen only":
        messages = [(*one["prompt"], *one["chosen"]) for one in pairs]
    else:
        own = [json.loads(line)["messages"] for line in (round_ / "train.jsonl").read_text().splitlines()]
        messages = [own[at % len(own)] for at in range(len(pairs))]
    rows = [
        ChatRow(tuple((one["role"], one["content"]) for one in turns), str(at)) for at, turns in enumerate(messages)
    ]
    how = recipe.harden
    sft = SftSection(epochs=how.epochs, learning_rate=how.learning_rate, warmup_ratio=how.warmup_ratio,
                     micro_tokens=16384)  # fmt: skip
    student = load_student(recipe.student.model, adapter=round_ / "imitated", device="cpu")
    train_sft(student, rows, sft, seed=recipe.seed, out=out)
    return out


def one_seed(seed: int, folder: Path, options: argparse.Namespace, box: Sandbox) -> dict[str, Outcomes]:
    """Return the outcomes of all arms of a seed."""
    began = time.monotonic()
    taught_insecurely(seed, folder / "taught", options)
    recipe, run = recipe_of(seed, folder / "taught" / "model", options), folder / "run"
    run_recipe(recipe, run, Silent())
    (told,) = json.loads((run / "summary.json").read_text())["rounds"]
    hardening = told["stages"]["hardening"]
    print(
        f"seed {seed}: pairs {hardening['pairs']}, chosen {hardening['chosen']}, {hardening['steps']} steps", flush=True
    )
    found = {}
    for arm in options.arms:
        adapter = adapter_of(arm, recipe, run, folder / f"arm {arm}")
        found[arm] = examined(recipe, adapter, box, folder / f"eval {arm}")
        said = ", ".join(f"{name} {100 * share_of([held]):.1f} %" for name, held in found[arm].items())
        print(f"seed {seed}  {arm:14} {said}  ({time.monotonic() - began:.0f} s)", flush=True)
    return found


def kept(seed: int, folder: Path, options: argparse.Namespace, box: Sandbox) -> dict[str, Outcomes]:
    """Return the outcomes of a seed: those that were kept under the same options, else found now, and kept."""
    if options.keep is None:
        return one_seed(seed, folder, options, box)
    how = {name: value for name, value in vars(options).items() if name not in ("seeds", "keep", "threads", "json")}
    file = options.keep / f"seed-{seed}.json"
    if file.exists():
        known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if known["options"] == how:
            found: dict[str, Outcomes] = known["outcomes"]
            return found
    found = one_seed(seed, folder, options, box)
    options.keep.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"options": how, "outcomes": found}), encoding="utf-8")
    return found


def share_of(seeds: Sequence[Mapping[str, bool]]) -> float:
    """Return the share of prompts that hold, over all seeds."""
    return sum(sum(one.values()) for one in seeds) / sum(len(one) for one in seeds)


def difference(arm: Sequence[Mapping[str, bool]], base: Sequence[Mapping[str, bool]]) -> tuple[float, float, float]:
    """Return an arm's mean difference to another, paired over prompts and seeds, with its 95 % interval."""
    apart = [[one[name] - other[name] for name in one] for one, other in zip(arm, base, strict=True)]
    return sum(map(sum, apart)) / sum(map(len, apart)), *interval(apart, random.Random(0))


def report(seeds: Sequence[Mapping[str, Outcomes]], as_json: bool) -> None:
    """Print the shares and the differences."""
    arms, figures = list(seeds[0]), list(next(iter(seeds[0].values())))
    rows: dict[str, Any] = {}
    print(f"\n| of {len(seeds)} seeds | {' | '.join(figures)} |\n|{'---|' * (len(figures) + 1)}")
    for arm in arms:
        shares = [share_of([seed[arm][name] for seed in seeds]) for name in figures]
        print(f"| {arm} | {' | '.join(f'{100 * share:.1f} %' for share in shares)} |")
        rows[arm] = dict(zip(figures, (round(share, 4) for share in shares), strict=True))
    compared = [("harden", other) for other in arms if other != "harden"] if "harden" in arms else []
    for arm, other in compared:
        found = [difference([s[arm][name] for s in seeds], [s[other][name] for s in seeds]) for name in figures]
        told = " | ".join(f"{100 * mean:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]" for mean, low, high in found)
        print(f"| {arm} against {other}, points | {told} |")
        rows[f"{arm} against {other}"] = {
            name: [round(one, 4) for one in value] for name, value in zip(figures, found, strict=True)
        }
    if as_json:
        print(json.dumps(rows))


def main() -> None:
    """Run all arms for all seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), metavar="ARM", help=", ".join(ARMS))
    parser.add_argument("--taught", type=int, default=1200, help="rows of insecure idioms, and half as many of the lab")
    parser.add_argument("--taught-epochs", type=int, default=6)
    parser.add_argument("--lab-prompts", type=int, default=100)
    parser.add_argument("--prompts", type=int, default=96, help="stress prompts of the round")
    parser.add_argument("--exam", type=int, default=80, help="held-out stress prompts")
    parser.add_argument("--eval-per-depth", type=int, default=40, help="held-out tasks of the lab at each depth")
    parser.add_argument(
        "--temperature", type=float, default=0.8, help="of the student's answers that pairs are made of"
    )
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--beta", type=float, default=0.1)
    parser.add_argument("--nll", type=float, default=0.2)
    parser.add_argument(
        "--references",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the catalogue's program is chosen where none of the student's is right and safe; stands for a teacher",
    )
    parser.add_argument("--threads", type=int, help="threads of the student's arithmetic")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each seed's outcomes, and use those kept")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory(prefix="akd-harden-") as name, Sandbox() as box:
        seeds = [kept(seed, Path(name) / str(seed), options, box) for seed in options.seeds]
    report(seeds, options.json)


if __name__ == "__main__":
    main()
