"""Time `akd score` and `evalplus.evaluate` side by side on the same samples, and compare their verdicts.

    python benchmarks/score_vs_evalplus.py [--suite mbpp+] [--evalplus-parallel 2] [--time-factor 4] [--min-time 1]

Each tool runs as a command of its own, start included, first with empty caches (cold: expected outputs are computed),
then again (warm). Prints wall seconds, their ratio, and how many per-task verdict pairs agree with the reference file
and with each other; every disagreement is listed with akd's own detail.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Pair = tuple[bool, bool]


@dataclass(frozen=True)
class Benchmark:
    suite: str
    dataset: str
    variable: str
    file: str
    samples: str
    reference: str


BENCHMARKS = {
    "humaneval+": Benchmark(
        "humaneval+",
        "humaneval",
        "HUMANEVAL_OVERRIDE_PATH",
        "evalplus/HumanEvalPlus-v0.1.10.jsonl.gz",
        "samples/qwen2.5-coder-7b-base-humaneval.jsonl",
        "reference/evalplus-qwen2.5-coder-7b-base-humaneval.json",
    ),
    "mbpp+": Benchmark(
        "mbpp+",
        "mbpp",
        "MBPP_OVERRIDE_PATH",
        "evalplus/MbppPlus-v0.2.0.jsonl.gz",
        "samples/qwen2.5-coder-7b-base-mbpp.jsonl",
        "reference/evalplus-qwen2.5-coder-7b-base-mbpp.json",
    ),
}


@dataclass(frozen=True)
class Limits:
    """What a test may take: the floor in seconds, of both tools, and akd's factor of the reference's time."""

    min_time_s: float
    time_factor: float

    @property
    def options(self) -> tuple[str, ...]:
        """They as options of `akd score`."""
        return "--min-time", str(self.min_time_s), "--time-factor", str(self.time_factor)


@dataclass(frozen=True)
class Run:
    wall_s: float
    cpu_s: float
    verdicts: dict[str, Pair]
    details: dict[str, str]


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run command; return its wall seconds and the processor seconds of it and its children."""
    before = os.times()
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall_s = time.monotonic() - started
    after = os.times()
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    cpu_s = after.children_user - before.children_user + after.children_system - before.children_system
    return wall_s, cpu_s


def scored(
    bench: Benchmark, samples: Path, out: Path, environment: dict[str, str], *options: str
) -> tuple[float, float, list[dict[str, Any]]]:
    """Score with the `akd` beside this interpreter; return wall and processor seconds, and the rows of its results."""
    akd = str(Path(sys.executable).parent / "akd")
    command = [akd, "score", str(samples), "--suite", bench.suite, "--out", str(out), *options]
    wall_s, cpu_s = timed(command, environment)
    rows = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return wall_s, cpu_s, [json.loads(row) for row in rows]


def run_akd(bench: Benchmark, samples: Path, work: Path, environment: dict[str, str], limits: Limits) -> Run:
    out = work / "akd-out"
    shutil.rmtree(out, ignore_errors=True)
    wall_s, cpu_s, rows = scored(bench, samples, out, environment, *limits.options)
    verdicts = {row["task_id"]: (row["base"] == "PASS", row["plus"] == "PASS") for row in rows}
    return Run(wall_s, cpu_s, verdicts, {row["task_id"]: f"{row['plus']} {row['detail']}" for row in rows})


def run_evalplus(
    bench: Benchmark, samples: Path, work: Path, environment: dict[str, str], limits: Limits, parallel: int | None
) -> Run:
    copy = work / "samples.jsonl"  # its result file lies beside the samples, and an old one would be read instead
    shutil.copyfile(samples, copy)
    result = work / "samples_eval_results.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-m", "evalplus.evaluate", "--dataset", bench.dataset, "--samples", str(copy)]
    command += ["--min_time_limit", str(limits.min_time_s)]
    if parallel is not None:
        command += ["--parallel", str(parallel)]
    wall_s, cpu_s = timed(command, environment)
    tasks = json.loads(result.read_text())["eval"]
    verdicts = {task: pair(rows[0]["base_status"], rows[0]["plus_status"]) for task, rows in tasks.items()}
    return Run(wall_s, cpu_s, verdicts, {})


def pair(base: str, plus: str) -> Pair:
    """Return (passes base, passes base and plus)."""
    return base == "pass", base == plus == "pass"


def agreement(name: str, ours: Run, theirs: dict[str, Pair]) -> None:
    differ = [task for task in theirs if ours.verdicts.get(task) != theirs[task]]
    share = 100 * (1 - len(differ) / len(theirs))
    print(f"  verdict pairs equal to {name}: {len(theirs) - len(differ)} of {len(theirs)} ({share:.2f} %)")
    for task in differ:
        print(f"    {task}: {name} {theirs[task]}, akd {ours.verdicts.get(task)}: {ours.details.get(task, 'missing')}")


def measure(bench: Benchmark, data: Path, limits: Limits, parallel: int | None) -> None:
    samples = data / bench.samples
    reference = json.loads((data / bench.reference).read_text())
    with tempfile.TemporaryDirectory(prefix="akd-bench-") as folder:
        work = Path(folder)
        environment = {
            **os.environ,
            bench.variable: str(data / bench.file),
            "AKD_CACHE": str(work / "akd-cache"),
            "XDG_CACHE_HOME": str(work / "cache"),
            "HF_HUB_OFFLINE": "1",
        }
        for state in ("cold", "warm"):
            ours = run_akd(bench, samples, work, environment, limits)
            theirs = run_evalplus(bench, samples, work, environment, limits, parallel)
            print(
                f"{bench.suite} {state}: akd {ours.wall_s:.1f} s ({ours.cpu_s:.0f} s of processor), "
                f"evalplus {theirs.wall_s:.1f} s ({theirs.cpu_s:.0f} s), ratio {theirs.wall_s / ours.wall_s:.1f}",
                flush=True,
            )
    for kind, index in (("base", 0), ("plus", 1)):
        passed = sum(verdict[index] for verdict in ours.verdicts.values())
        print(f"  {kind}: {100 * passed / len(reference['verdicts']):.1f} %")
    agreement("the reference", ours, {task: pair(*verdicts) for task, verdicts in reference["verdicts"].items()})
    agreement("evalplus here", ours, theirs.verdicts)


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of --suite and --data, for `parsed`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=BENCHMARKS, action="append", help="default: both")
    default = os.environ.get("AKD_TEST_DATA") or ROOT / ".." / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(default), help="folder with evalplus/, samples/, reference/")
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options, `suite` a list and `data` resolved; exits where there are no benchmark files."""
    options = parser.parse_args()
    if not (options.data / "evalplus").is_dir():
        sys.exit(f"no benchmark files at {options.data}; give --data or set AKD_TEST_DATA")
    options.suite, options.data = options.suite or list(BENCHMARKS), options.data.resolve()
    return options


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--evalplus-parallel", type=int, help="its --parallel (its default: half the cores)")
    parser.add_argument("--time-factor", type=float, default=8.0, help="of akd; evalplus's is 4 (default: 8)")
    parser.add_argument("--min-time", type=float, default=4.0, help="of both; evalplus's default is 1 (default: 4)")
    options = parsed(parser)
    limits = Limits(options.min_time, options.time_factor)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}, load {load:.1f}")
    for name in options.suite:
        measure(BENCHMARKS[name], options.data, limits, options.evalplus_parallel)


if __name__ == "__main__":
    main()
