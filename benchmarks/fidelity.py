"""Hold akd's verdicts against plain CPython's, on the test code of real suites: the same programs in one run.

    python benchmarks/fidelity.py [--rows humanevalfix pro bigcodebench published leetcode] [--limit N] [--data FOLDER]

For each program the plain way is one interpreter that runs the program and then its tests, and passes by ending with
code 0; akd's is `Sandbox.run` of the same. Started by root, the plain one has no capability and no network, and can
write nowhere but in its folder and in a /tmp of its own; started by anybody else it is not held back at all. Prints for
each row how often they agree, where they do not and why, and the ratio of wall times; the last line is one JSON object.
A program whose plain verdict changes from run to run (it hangs on the hash seed), or that is not done in time there and
passes here, is `unsteady` and counts nowhere else. What is UNSUPPORTED is counted by the name of what is not there.
The row `published` runs a model's answers and holds their published verdicts against the plain interpreter's here, each
difference with what the plain interpreter said; right is what CPython says here.
Exit status 1 for a single false PASS or false FAIL, or for more than 1 % UNSUPPORTED.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from akd_evals.samples import extract
from akd_evals.suites import ReferenceTests, Suite, Task, load_suite
from akd_sandbox import Job, Limits, SampleResult, Sandbox, Verdict
from akd_sandbox.local import interpreter, package_paths

LIMIT_S = 20.0
UNITTEST = "\nimport unittest\nunittest.main(argv=['x'], exit=True)\n"
_PATIENCE = 5  # for a plain run that is not done in time where akd's passes
_REPEATS = 5  # where the two differ: a program whose plain verdict changes by itself is no witness
_SHUT_OFF = """mount --bind "$0" /mnt && mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -o remount,ro,bind / &&
cd /mnt"""
_WORDS_BYTES = 1 << 16
_UNSUPPORTED = 0.01
_CAUSES = {
    "no network": r"gaierror.*|Temporary failure in name resolution|Network is unreachable",
    "no such library": r"No module named '[\w.]+'",
    "no such program": r"No such file or directory: '[\w-]+'$|\w+: not found",
    "nothing may be written there": r"Read-only file system.*|Permission denied.*",
}
DATA = Path(os.environ.get("AKD_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


@dataclass(frozen=True)
class Program:
    """One program and its tests, both as a plain file and as a job; the published verdict, and the reference's file."""

    id: str
    plain: str
    job: Job
    published: bool | None = None
    reference: str = ""


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
    answers = {r["task_id"]: r["solution"] for r in rows_in(data / "bigcodebench" / "qwen2.5-coder-7b-base.jsonl.gz")}
    for row, task in standard_library_only(data):
        for kind, code in (("reference", task.canonical or ""), ("answer", answers[task.task_id])):
            yield of_task(f"{task.task_id} {kind}", task, code, row["test"] + UNITTEST)


def published(data: Path) -> Iterator[Program]:
    """Yield the model's answers as they were judged: calibrated, which puts the prompt's code before each."""
    folder = data / "bigcodebench"
    answers = {r["task_id"]: r["solution"] for r in rows_in(folder / "qwen2.5-coder-7b-base.jsonl.gz")}
    verdicts = json.loads((folder / "qwen2.5-coder-7b-base_verdicts.json").read_text())["verdicts"]
    for row, task in standard_library_only(data):
        code = f"{row['code_prompt']}\n    pass\n{answers[task.task_id]}"
        one, right = (
            of_task(task.task_id, task, text, row["test"] + UNITTEST) for text in (code, task.canonical or "")
        )
        yield replace(one, published=verdicts[task.task_id] == "pass", reference=right.plain)


def standard_library_only(data: Path) -> Iterator[tuple[dict[str, Any], Task]]:
    """Yield those of BigCodeBench's tasks, each with its row of the file, that need no library to be installed."""
    path = data / "bigcodebench" / "BigCodeBench.jsonl.gz"
    for row, task in zip(rows_in(path), suite_of("bigcodebench", "AKD_BIGCODEBENCH_PATH", path).tasks, strict=True):
        libraries = row["libs"] if isinstance(row["libs"], list) else json.loads(row["libs"].replace("'", '"'))
        if all(name in sys.stdlib_module_names for name in {*map(top, libraries), *imported(row["test"])}):
            yield row, task


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
    "published": published,
    "leetcode": leetcode,
}
_STARTED = (
    "sh", "cat", "echo", "ls", "cp", "mv", "rm", "mkdir", "touch", "find", "grep", "sed", "awk", "sort", "head", "tail",
    "wc", "date", "sleep", "true", "false", "env", "tar", "gzip", "gunzip", "unzip", "wget", "python", "python3",
)  # fmt: skip
PROGRAMS: dict[str, tuple[str, ...]] = dict.fromkeys(("bigcodebench", "published"), _STARTED)
"""The external programs that a row's samples start and that they are given; the plain interpreter has the host's."""


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


@dataclass(frozen=True)
class Plain:
    """What the plain interpreter said: whether it ended well, None if it did not in time; and its last words."""

    passes: bool | None
    words: str


def plain_of(one: Program, limit_s: float = LIMIT_S) -> Plain:
    """Run a program and its tests in a plain interpreter."""
    with tempfile.TemporaryDirectory(prefix="akd-plain-") as folder:
        (Path(folder) / "program.py").write_text(one.plain, encoding="utf-8", errors="surrogatepass")
        command = [str(interpreter()), "-s", "-S", "-B", "program.py"]  # nor has the jail more than the library
        if os.geteuid() == 0 and shutil.which("unshare"):
            user = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
            command = ["unshare", "-n", "-m", "sh", "-c", f'{_SHUT_OFF} && exec "$@"', folder, *user, *command]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": packages()}
        with tempfile.TemporaryFile() as said:  # no pipe: what a program leaves running may hold it open
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": said}
            try:
                done = subprocess.run(command, cwd=folder, env=environment, timeout=limit_s, check=False, **quiet)  # type: ignore[call-overload]
            except subprocess.TimeoutExpired:
                return Plain(None, f"not done in {limit_s:g} s")
            said.seek(max(said.seek(0, os.SEEK_END) - _WORDS_BYTES, 0))
            words = said.read().decode("utf-8", "replace")
        return Plain(done.returncode == 0, words)


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
    not_here: Counter[str] = field(default_factory=Counter)
    plain_s: float = 0.0
    akd_s: float = 0.0

    def add(self, other: Tally) -> None:
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def holds(self) -> bool:
        """Whether no verdict is another than CPython's, and few are not given."""
        return not (self.false_pass or self.false_fail) and self.unsupported <= _UNSUPPORTED * self.programs

    def line(self, name: str) -> str:
        ratio = self.akd_s / self.plain_s if self.plain_s else 0.0
        return (
            f"{name:14} {self.programs:5} programs, {self.agree:5} agree, {self.false_pass} false PASS, "
            f"{self.false_fail} false FAIL, {self.unsupported} UNSUPPORTED, {self.unsteady} unsteady, "
            f"{self.unguarded} unguarded; "
            f"plain {self.plain_s:.0f} s, akd {self.akd_s:.0f} s: {ratio:.2f} x"
            + "".join(f"\n    not here: {what} ({count})" for what, count in self.not_here.most_common())
        )


def measure(name: str, programs: list[Program], box: Sandbox) -> Tally:
    tally = Tally(programs=len(programs))
    started = time.monotonic()
    with ThreadPoolExecutor(box.workers) as pool:
        plain = list(pool.map(plain_of, programs))
    tally.plain_s = time.monotonic() - started
    started = time.monotonic()
    results = dict(box.run_many(one.job for one in programs))
    tally.akd_s = time.monotonic() - started
    for position, one in enumerate(programs):
        result = results[position]
        passes = result.verdict is Verdict.PASS
        tally.unguarded += result.unguarded
        if passes and plain[position].passes is None:  # its limit knows nothing of a busy machine; akd's does
            plain[position] = plain_of(one, _PATIENCE * LIMIT_S)
        witness = plain[position].passes
        in_time = witness is not None
        if result.verdict.decided and passes == bool(witness) and (in_time or not passes):
            tally.agree += 1
            continue
        if not result.verdict.decided:
            tally.unsupported += 1
            tally.not_here.update(result.missing or (f"{result.verdict}: {result.detail[:100]}",))
        elif not in_time or any(plain_of(one).passes != witness for _ in range(_REPEATS)):
            tally.unsteady += 1
            why = "passes and fails by chance" if in_time else f"is {plain[position].words}"
            print(f"  {one.id}: plain {why}, akd {result.verdict}", flush=True)
            continue
        elif passes:
            tally.false_pass += 1
        else:
            tally.false_fail += 1
        word = "passes" if witness else "fails"
        print(f"  {one.id}: plain {word}, akd {result.verdict}: {result.detail[:300]}", flush=True)
    print(tally.line(name), flush=True)
    compare_published(programs, plain, results)
    return tally


def compare_published(programs: list[Program], plain: list[Plain], results: dict[int, SampleResult]) -> None:
    """Print where the published verdicts, the plain interpreter's and akd's are not the same, and why."""
    held = [(one, plain[place], results[place]) for place, one in enumerate(programs) if one.published is not None]
    if not held:
        return
    apart = [row for row in held if len({row[0].published, bool(row[1].passes), row[2].verdict is Verdict.PASS}) > 1]
    print(f"  {len(held)} published verdicts, {len(held) - len(apart)} as here; the others:")
    for one, said, result in apart:
        here = {True: "passes", False: "fails", None: "hangs"}[said.passes]
        was = "passed" if one.published else "failed"
        own = "passes" if plain_of(replace(one, plain=one.reference)).passes else "fails too"
        verdicts = f"published {was}, plain {here}, akd {result.verdict}"
        print(f"  {one.id:18} {verdicts}: {cause_of(one, said, result)}; the reference {own}", flush=True)


def cause_of(one: Program, said: Plain, result: SampleResult) -> str:
    """Return why a verdict is what it is: what is not here, the plain interpreter's last words, or that it stays."""
    if not result.verdict.decided:
        return result.detail[:120]
    if said.passes:
        again = sum(bool(plain_of(one).passes) for _ in range(_REPEATS))
        return f"{again} of {_REPEATS} more plain runs pass, so it is the published run that was otherwise"
    for cause, pattern in _CAUSES.items():
        if found := re.search(pattern, said.words):
            return f"{cause} ({found[0][:80]})"
    errors = re.findall(r"^\w*(?:Error|Exception|Warning)\b.*", said.words, re.MULTILINE)
    return errors[-1][:120] if errors else said.words.strip()[-80:] or "no words"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--limit", type=int, help="programs of each row")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with suites/, bigcodebench/, leetcode/")
    parser.add_argument("--backend", default="namespace")
    options = parser.parse_args()
    total = Tally()
    for name in options.rows:
        programs = list(ROWS[name](options.data))[: options.limit]
        with Sandbox(options.backend, programs=PROGRAMS.get(name, ())) as box:
            total.add(measure(name, programs, box))
    print(total.line("all"))
    shown = {key: getattr(total, key) for key in ("programs", "agree", "false_pass", "false_fail", "unsupported")}
    print(json.dumps({**shown, "ratio": round(total.akd_s / total.plain_s, 3)}))
    return 0 if total.holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
