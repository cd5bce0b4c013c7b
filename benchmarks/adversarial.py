"""Does the adversary pay? Ways to write new prompts, referees and labels in the lab, at equal budgets of calls.

    python benchmarks/adversarial.py --jobs 2 --seeds 0 1 2 3 4 --out DIR       # all arms; an interrupted one goes on
    python benchmarks/adversarial.py --report-only DIR [DIR ...] --markdown docs/adversarial.md

Every arm is a whole run of the project's loop (`akd_code.distil.run_recipe`); the recipes differ only in what the arm
is about. All arms have the same seeds (mostly easy, with the common operations), the same teacher, student and
training, and write the same number of new prompts per round. The baseline, `random`, writes prompts like the seeds
and never looks at the student (Self-Instruct). After every round the student is examined on held-out tasks that are
balanced over depth. Calls are those in the run's ledger up to that examination: to the teacher (answers, tests), to
the generator (new prompts, refused ones too) and to the referee (the judge).

Two questions: how many calls does an arm need until it stays at or above the baseline's last pass@1, and how far
ahead is it at equal calls? Intervals are bootstrap intervals (95 %) over seeds and held-out tasks. A closed world:
these are not benchmark figures. One arm with one seed takes about two minutes of one core.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adversarial_figures import read_rows
from adversarial_page import page, plot, table

from akd_code.distil import run_recipe
from akd_code.lab.grammar import parse_instruction
from akd_code.lab.suite import depth_of
from akd_code.recipe import Recipe, recipe_from
from akd_code.records import Prompt
from akd_code.run import read_calls, read_items
from akd_code.run.stored import read_value

SHARED: Mapping[str, Any] = {
    "student": {"max_tokens": 160, "batch_size": 128},
    "sft": {"epochs": 5, "learning_rate": 3e-3, "micro_tokens": 16384, "replay": 1.0},
    "prefer": {"micro_tokens": 16384},
    "eval": {"suites": ["lab"], "max_tokens": 160},
    "lab": {"eval_per_depth": 50, "seed_depths": [5, 3, 1.5, 0.5], "seed_skew": 1.0},
}
"""What all arms have in common; it was chosen on seeds from 100 on."""
_PATIENCE_S = 20
"""Seconds that interrupted runs are given to close what they have open."""
LION = {"lion-hard": 1, "lion-easy": 1}
BOTH = {**LION, "akd": 2}


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return one recipe's data with another's sections laid over it."""
    made = dict(one)
    for name, value in other.items():
        made[name] = {**made.get(name, {}), **value} if isinstance(value, Mapping) else value
    return made


def streams(ways: Mapping[str, float], **others: Mapping[str, Any]) -> dict[str, Any]:
    """Return an arm's changes: its ways to write prompts, and other sections."""
    return {"generator": {"streams": dict(ways)}, **others}


ARMS: Mapping[str, Mapping[str, Any]] = {
    "random": streams({"self-instruct": 1}, referee={"judge": "never"}),
    "lion+akd": streams(BOTH),
    "lion": streams(LION),
    # Twice the mutations per reference: on its own, five of each of the few hard prompts would not fill a round.
    "akd": merged(streams({"akd": 1}), {"generator": {"per_reference": 10}}),
    # A control: the same requests, for prompts that the student fails or for any.
    "lion 1:0": streams({"lion-hard": 1}),
    "lion blind": streams({"lion-hard": 1}, referee={"gap": 0.0, "judge": "never"}),
    "evol": streams({"evol": 1}, referee={"judge": "never"}),
    "topics": streams({"topics": 1}, referee={"judge": "never"}),
    "+ amr-evol": streams(BOTH, label={"method": "amr"}),
    "+ self": streams(BOTH, prefer={"method": "self", "context": "solution"}),
    "judge 0.95": streams(BOTH, referee={"hardness": "judge"}, lab={"judge_noise": 0.05}),
    "judge 0.8": streams(BOTH, referee={"hardness": "judge"}, lab={"judge_noise": 0.2}),
    "tests and judge": streams(BOTH, referee={"judge": "always"}),
    "lion 0:1": streams({"lion-easy": 1}),
    "lion 3:1": streams({"lion-hard": 3, "lion-easy": 1}),
    "gap 0.01": streams(BOTH, referee={"gap": 0.01}),
    "gap 1": streams(BOTH, referee={"gap": 1.0}),
    "judge, tau 0": streams(BOTH, referee={"hardness": "judge", "tau": 0.0}),
    "judge, tau 4": streams(BOTH, referee={"hardness": "judge", "tau": 4.0}),
}
"""Arm -> what it changes in the recipe; in the order in which they are run."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large every run is, rounds and prompts of each (as many seeds), and where it runs."""

    rounds: int = 6
    prompts: int = 120
    backend: str = "auto"
    device: str = "cpu"
    threads: int = 1


def recipe_of(arm: str, seed: int, size: Size) -> Recipe:
    """Return the recipe of one run."""
    sized = {
        "name": "adversarial",
        "seed": seed,
        "rounds": size.rounds,
        "seeds": {"source": "lab", "limit": size.prompts},
        "generator": {"prompts": size.prompts},
        "sandbox": {"workers": 1, "backend": size.backend},
        "student": {"device": size.device},
    }
    return recipe_from(merged(merged(sized, SHARED), ARMS[arm]), f"arm {arm}")


def digest_of(recipe: Recipe) -> str:
    """Return the digest of everything that an arm's runs have in common; settings at their default are not in it.

    So a setting that a later version adds leaves the results of runs without it what they are.
    """
    apart: Any = {"seed": True, "sandbox": True, "rounds": True, "student": {"device"}}
    data = recipe.model_dump(mode="json", exclude=apart, exclude_defaults=True)
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


class Recorder:
    """Writes a row for every examination of a run as soon as it is over; otherwise it watches in silence."""

    def __init__(self, arm: str, recipe: Recipe, run: Path, results: Path) -> None:
        self._arm, self._recipe, self._run, self._results = arm, recipe, run, results
        known = [row["round"] for row in rows_in(results) if (row["arm"], row["seed"]) == (arm, recipe.seed)]
        self._next = max(known, default=-1) + 1
        self._began = time.monotonic()

    def stage(self, round_: int | None, name: str) -> None:
        """Note the examination before this stage, if there was one that is not yet written down."""
        exam = self._run / "rounds" / str(self._next) / "eval" / "lab"
        if (exam / "summary.json").exists():
            row = {"arm": self._arm, "seed": self._recipe.seed, "round": self._next, **self._figures(exam)}
            append(self._results, {**row, "recipe": digest_of(self._recipe)})
            self._next += 1

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        """Pass over how far it is."""

    def note(self, text: str) -> None:
        """Pass over a line."""

    def _figures(self, exam: Path) -> dict[str, Any]:
        passed: dict[str, str] = {}
        results = [json.loads(line) for line in (exam / "results.jsonl").read_text(encoding="utf-8").splitlines()]
        for result in sorted(results, key=lambda one: str(one["task_id"])):
            depth = str(depth_of(result["task_id"]))
            passed[depth] = passed.get(depth, "") + ("1" if result["base"] == "PASS" else "0")
        prompts = [read_value(Prompt, row.value, "a prompt") for row in read_items(self._run, "generation")]
        tasks = [parse_instruction(one.text) for one in prompts if one.round == self._next - 1]
        depths = Counter(str(task.depth) for task in tasks if task is not None)
        return {
            "calls": {role: totals.calls for role, totals in read_calls(self._run).items()},
            "seconds": round(time.monotonic() - self._began, 1),
            "passed": passed,
            "new": dict(sorted(depths.items())),
        }


def rows_in(results: Path) -> list[dict[str, Any]]:
    """Return the rows that are there."""
    return read_rows([results.parent]) if results.exists() else []


def append(results: Path, row: Mapping[str, Any]) -> None:
    """Add a row; several processes do."""
    with results.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(row) + "\n")


def run_one(arm: str, seed: int, out: Path, size: Size) -> None:
    """Do one run, or go on with it, in a folder of its own."""
    import torch

    # As Ctrl-C does, which a program that was started in the background would not notice.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    torch.set_num_threads(size.threads)
    recipe = recipe_of(arm, seed, size)
    folder = out / "runs" / name_of(arm, seed)
    recorder = Recorder(arm, recipe, folder, out / "results.jsonl")
    try:
        run_recipe(recipe, folder, recorder)
    except KeyboardInterrupt:
        raise SystemExit(f"{arm}, seed {seed}: interrupted") from None
    recorder.stage(None, "the end")
    shutil.rmtree(folder)


def name_of(arm: str, seed: int) -> str:
    """Return the name of a run's folder."""
    return f"{''.join(letter if letter.isalnum() else '-' for letter in arm)}-{seed}"


@dataclass(frozen=True, slots=True)
class Job:
    """A run under way in a process of its own."""

    arm: str
    seed: int
    process: subprocess.Popen[bytes]


def run_all(options: argparse.Namespace) -> None:
    """Do every run that is not done, `--jobs` side by side, until `--minutes` are over."""
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    left = waiting(options)
    under_way: list[Job] = []
    try:
        while under_way or left:
            over = options.minutes is not None and time.monotonic() - began > 60 * options.minutes
            if over:
                print(f"the time is over; runs left where they are: {len(under_way)}", flush=True)
                break
            while left and len(under_way) < options.jobs:
                under_way.append(started(*left.pop(0), options))
            for job in [one for one in under_way if one.process.poll() is not None]:
                under_way.remove(job)
                how = "done" if job.process.returncode == 0 else f"FAILED, exit code {job.process.returncode}"
                print(f"{time.monotonic() - began:5.0f} s  {job.arm}, seed {job.seed}: {how}", flush=True)
            time.sleep(0.2)
    finally:
        stop(under_way)


def waiting(options: argparse.Namespace) -> list[tuple[str, int]]:
    """Return the runs to do, those of the first arms first."""
    ended = {
        (row["arm"], row["seed"]) for row in rows_in(options.out / "results.jsonl") if row["round"] == options.rounds
    }
    runs = [(arm, seed) for arm in ARMS if arm in options.arms for seed in options.seeds]
    return [one for one in runs if one not in ended]


def started(arm: str, seed: int, options: argparse.Namespace) -> Job:
    """Start one run."""
    threads = str(max(1, (os.cpu_count() or 1) // options.jobs))
    given = ["--one", arm, str(seed), "--out", str(options.out), "--backend", options.backend, "--threads", threads]
    size = ["--rounds", str(options.rounds), "--prompts", str(options.prompts), "--device", options.device]
    command = [sys.executable, __file__, *given, *size]
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "false"}
    log = (options.out / "log.txt").open("ab")
    with log:
        return Job(arm, seed, subprocess.Popen(command, env=environment, stdout=log, stderr=log))


def stop(jobs: Sequence[Job]) -> None:
    """Interrupt runs: what they have is kept, and the same command goes on with it."""
    for job in jobs:
        job.process.terminate()
    deadline = time.monotonic() + _PATIENCE_S
    for job in jobs:
        try:
            job.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            job.process.kill()


def report(folders: Sequence[Path], rounds: int, markdown: Path | None) -> None:
    """Print the table; write the page and its plot where asked."""
    rows = read_rows(folders)
    print(table(rows, rounds, list(ARMS)))
    if markdown is not None:
        markdown.write_text(page(rows, rounds, list(ARMS), markdown), encoding="utf-8")
        markdown.with_suffix(".svg").write_text(plot(rows, rounds, list(ARMS)), encoding="utf-8")


def main() -> None:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--arms", nargs="+", choices=list(ARMS), default=list(ARMS), metavar="ARM", help=", ".join(ARMS)
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--prompts", type=int, default=120, help="seeds, and new prompts of a round")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side; each has cores / jobs threads")
    parser.add_argument("--minutes", type=float, help="stop then; what a run has is kept, and it can go on")
    parser.add_argument("--out", type=Path, default=Path("adversarial-results"))
    parser.add_argument("--backend", default="auto", help="the sandbox's (auto, docker, namespace, process)")
    parser.add_argument(
        "--report-only", type=Path, nargs="+", metavar="DIR", help="put the results of folders together"
    )
    parser.add_argument("--device", default="cpu", help="the student's (cpu, cuda)")
    parser.add_argument("--markdown", type=Path, help="write table and plot between the marks of this page")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        size = Size(options.rounds, options.prompts, options.backend, options.device, options.threads)
        run_one(options.one[0], int(options.one[1]), options.out, size)
        return
    if not options.report_only:
        run_all(options)
    report(options.report_only or [options.out], options.rounds, options.markdown)


if __name__ == "__main__":
    main()
