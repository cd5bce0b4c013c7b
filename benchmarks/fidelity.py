"""Hold akd's verdicts against plain CPython's, on the test code of real suites: the same programs in one run.

    python benchmarks/fidelity.py [--rows humanevalfix pro bigcodebench leetcode] [--limit N] [--data FOLDER]

For each program the plain way is one interpreter that runs the program and then its tests, and passes by ending with
code 0; akd's is `Sandbox.run` of the same. Started by root, the plain one has no capability and no network, and can
write nowhere but in its folder and in a /tmp of its own; started by anybody else it is not held back at all. Prints for
each row how often they agree, where they do not and why, and the ratio of wall times; the last line is one JSON object.
A program whose plain verdict changes from run to run (it hangs on the hash seed), or that is not done in time there and
passes here, is `unsteady` and counts nowhere else.
Exit status 1 for a single false PASS or false FAIL.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from akd_evals.samples import extract
from akd_evals.suites import ReferenceTests, Suite, Task, load_suite
from akd_sandbox import Job, Limits, Sandbox, Verdict
from akd_sandbox.local import interpreter, package_paths

LIMIT_S = 20.0
_REPEATS = 5  # where the two differ: a program whose plain verdict changes by itself is no witness
_SHUT_OFF = """mount --bind "$0" /mnt && mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -o remount,ro,bind / &&
cd /mnt"""
DATA = Path(os.environ.get("AKD_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


@dataclass(frozen=True)
class Program:
    """One program and its tests, both as a plain file and as a job."""

    id: str
    plain: str
    job: Job


def rows_in(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    found = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    return list(found)


def suite_of(name: str, variable: str, path: Path) -> Suite:
    """Return a suite of akd's, read from the data folder."""
    os.environ[variable] = str(path)
    return load_suite(name)


def of_task(name: str, task: Task, code: str, plain_tests: str) -> Program:
    """Return a program of a suite's task as `akd score` runs it; the plain one gets the published test text."""
    limits = Limits(test_s=LIMIT_S, sample_s=LIMIT_S, import_s=LIMIT_S)
    if isinstance(task.base, ReferenceTests):
        raise TypeError(f"{task.task_id} has inputs alone")
    job = Job(task.program(code), task.call, task.base, limits)
    return Program(name, f"{task.preamble}\n\n{code}\n\n{plain_tests}\n", job)


def humanevalfix(data: Path) -> Iterator[Program]:
    path = data / "suites" / "humanevalpack-python.jsonl.gz"
    for row, task in zip(rows_in(path), suite_of("humanevalfix", "AKD_HUMANEVALFIX_PATH", path).tasks, strict=True):
        for kind in ("canonical_solution", "buggy_solution"):
            yield of_task(f"{task.task_id} {kind}", task, row["declaration"] + row[kind], row["test"])


def pro(data: Path) -> Iterator[Program]:
    for name in ("humaneval_pro", "mbpp_pro"):
        path = data / "suites" / f"{name}.json.gz"
        suite = suite_of(name.replace("_", "-"), f"AKD_{name.upper()}_PATH", path)
        for row, task in zip(rows_in(path), suite.tasks, strict=True):
            yield of_task(task.task_id, task, task.canonical or "", row["test_code"])


def bigcodebench(data: Path) -> Iterator[Program]:
    path = data / "bigcodebench" / "BigCodeBench.jsonl.gz"
    answers = {r["task_id"]: r["solution"] for r in rows_in(data / "bigcodebench" / "qwen2.5-coder-7b-base.jsonl.gz")}
    end = "\nimport unittest\nunittest.main(argv=['x'], exit=True)\n"
    for row, task in zip(rows_in(path), suite_of("bigcodebench", "AKD_BIGCODEBENCH_PATH", path).tasks, strict=True):
        libraries = row["libs"] if isinstance(row["libs"], list) else json.loads(row["libs"].replace("'", '"'))
        if all(name in sys.stdlib_module_names for name in {*map(top, libraries), *imported(row["test"])}):
            for kind, code in (("reference", task.canonical or ""), ("answer", answers[task.task_id])):
                yield of_task(f"{task.task_id} {kind}", task, code, row["test"] + end)


def top(module: str) -> str:
    return module.partition(".")[0]


def imported(code: str) -> set[str]:
    """Return the top-level names of the modules that code imports."""
    nodes = list(ast.walk(ast.parse(code)))
    names = {top(alias.name) for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {top(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def leetcode(data: Path) -> Iterator[Program]:
    path = data / "leetcode" / "LeetCodeDataset-v0.2.0-train.jsonl.gz"
    for row, task in zip(rows_in(path), suite_of("leetcode", "AKD_LEETCODE_PATH", path).tasks, strict=True):
        answer = extract(task, row["response"]).code or ""
        for kind, code in (("human", row["completion"]), ("answer", answer)):
            yield of_task(f"{task.task_id} {kind}", task, code, f"{row['test']}\ncheck({task.entry_point})")


ROWS: dict[str, Callable[[Path], Iterator[Program]]] = {
    "humanevalfix": humanevalfix,
    "pro": pro,
    "bigcodebench": bigcodebench,
    "leetcode": leetcode,
}


@cache
def packages() -> str:
    """Return a folder with the packages that samples may import (one of LeetCode's solutions uses numpy), and no more.

    Not in /tmp, where the plain interpreter sees its own.
    """
    folder = tempfile.mkdtemp(prefix="akd-plain-", dir="/var/tmp")
    atexit.register(shutil.rmtree, folder)
    for path, name in package_paths():
        (Path(folder) / name).symlink_to(path)
    return folder


def plain_passes(one: Program) -> bool | None:
    """Run a program and its tests in a plain interpreter; return whether it ended well, None if it did not in time."""
    with tempfile.TemporaryDirectory(prefix="akd-plain-") as folder:
        (Path(folder) / "program.py").write_text(one.plain, encoding="utf-8", errors="surrogatepass")
        command = [str(interpreter()), "-s", "-S", "-B", "program.py"]  # nor has the jail more than the library
        if os.geteuid() == 0 and shutil.which("unshare"):
            user = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
            command = ["unshare", "-n", "-m", "sh", "-c", f'{_SHUT_OFF} && exec "$@"', folder, *user, *command]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": packages()}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            done = subprocess.run(command, cwd=folder, env=environment, timeout=LIMIT_S, check=False, **quiet)  # type: ignore[call-overload]
        except subprocess.TimeoutExpired:
            return None
        return bool(done.returncode == 0)


@dataclass
class Tally:
    """How a row went."""

    programs: int = 0
    agree: int = 0
    false_pass: int = 0
    false_fail: int = 0
    unsupported: int = 0
    unsteady: int = 0
    unguarded: int = 0
    plain_s: float = 0.0
    akd_s: float = 0.0

    def add(self, other: Tally) -> None:
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def line(self, name: str) -> str:
        ratio = self.akd_s / self.plain_s if self.plain_s else 0.0
        return (
            f"{name:14} {self.programs:5} programs, {self.agree:5} agree, {self.false_pass} false PASS, "
            f"{self.false_fail} false FAIL, {self.unsupported} UNSUPPORTED, {self.unsteady} unsteady, "
            f"{self.unguarded} unguarded; "
            f"plain {self.plain_s:.0f} s, akd {self.akd_s:.0f} s: {ratio:.2f} x"
        )


def measure(name: str, programs: list[Program], box: Sandbox) -> Tally:
    tally = Tally(programs=len(programs))
    started = time.monotonic()
    with ThreadPoolExecutor(box.workers) as pool:
        plain = list(pool.map(plain_passes, programs))
    tally.plain_s = time.monotonic() - started
    started = time.monotonic()
    results = dict(box.run_many(one.job for one in programs))
    tally.akd_s = time.monotonic() - started
    for position, one in enumerate(programs):
        result = results[position]
        passes = result.verdict is Verdict.PASS
        tally.unguarded += result.unguarded
        in_time = plain[position] is not None
        if result.verdict.decided and passes == bool(plain[position]) and (in_time or not passes):
            tally.agree += 1
            continue
        if not result.verdict.decided:
            tally.unsupported += 1
        elif not in_time or any(plain_passes(one) != plain[position] for _ in range(_REPEATS)):
            tally.unsteady += 1
            why = "passes and fails by chance" if in_time else f"is not done in {LIMIT_S:g} s"
            print(f"  {one.id}: plain {why}, akd {result.verdict}", flush=True)
            continue
        elif passes:
            tally.false_pass += 1
        else:
            tally.false_fail += 1
        word = "passes" if plain[position] else "fails"
        print(f"  {one.id}: plain {word}, akd {result.verdict}: {result.detail[:300]}", flush=True)
    print(tally.line(name), flush=True)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--limit", type=int, help="programs of each row")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with suites/, bigcodebench/, leetcode/")
    parser.add_argument("--backend", default="namespace")
    options = parser.parse_args()
    total = Tally()
    with Sandbox(options.backend) as box:
        for name in options.rows:
            programs = list(ROWS[name](options.data))[: options.limit]
            total.add(measure(name, programs, box))
    print(total.line("all"))
    shown = {key: getattr(total, key) for key in ("programs", "agree", "false_pass", "false_fail", "unsupported")}
    print(json.dumps({**shown, "ratio": round(total.akd_s / total.plain_s, 3)}))
    return 1 if total.false_pass or total.false_fail else 0


if __name__ == "__main__":
    raise SystemExit(main())
