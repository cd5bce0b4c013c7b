"""Time `akd score` beside a bare fork per sample that runs the same tests, with no isolation and no judge.

    python benchmarks/score_vs_fork.py [--suite mbpp+] [--time-factor 4] [--min-time 1]

The fork is what scoring cannot do without: a process per sample that calls the program on every input, compares in
place, and stops at the first failure or when a test's time is up. It has the expected outputs in its own memory, where
the program could read them, and starts with everything loaded. `akd score` is timed as a command, start included, with
the expected outputs in its cache; the second ratio takes its own word for the time it judged.

The fork runs the samples unguarded: use only what you would run by hand.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import platform
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from score_vs_evalplus import BENCHMARKS, Benchmark, Limits, parsed, parser_of, scored

from akd_evals.oracles import Output
from akd_evals.sample_files import read_samples
from akd_evals.settings import ScoreSettings
from akd_evals.suites import ReferenceTests, Suite, Task, load_suite
from akd_sandbox import Compare

CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Test:
    """A test as the fork runs it."""

    args: tuple[Any, ...]
    expected: Any
    compare: Compare
    limit_s: float


def function_of(task: Task, code: str) -> Any:
    """Execute a program here and return what the tests call."""
    namespace: dict[str, Any] = {"__name__": "candidate"}
    exec(compile(task.program(code), "<program>", "exec"), namespace)  # noqa: S102
    return namespace[task.call]


def tests_of(task: Task, settings: ScoreSettings) -> list[Test]:
    """Return a task's base and plus tests, with what the canonical solution gives here and the time it takes."""
    found = []
    for tests in (task.base, task.plus):
        if not isinstance(tests, ReferenceTests):
            continue
        function = function_of(task, task.canonical or "")
        expected, limits = [], []
        for args in tests.inputs:
            started = time.monotonic()
            expected.append(function(*copy.deepcopy(args)))
            limits.append(settings.limit_s(time.monotonic() - started))
        compares = tests.oracle.comparisons(map(Output.of, expected))
        found += [Test(*test) for test in zip(tests.inputs, expected, compares, limits, strict=True)]
    return found


def judge_here(task: Task, code: str, tests: list[Test]) -> bool:
    """Return whether a program passes; runs it in this very process."""
    try:
        function = function_of(task, code)
        for test in tests:
            signal.setitimer(signal.ITIMER_REAL, test.limit_s)
            if not test.compare(test.expected, function(*test.args), test.args):
                return False
    except BaseException:
        return False
    return True


def fork_each(suite: Suite, samples: list[tuple[str, str]], tests: dict[str, list[Test]]) -> int:
    """Fork for each sample, as many at once as there are cores; return how many pass."""
    silence = os.open(os.devnull, os.O_RDWR)
    first = {task_id: position for position, task_id in enumerate(suite.slowest)}
    waiting = sorted(samples, key=lambda sample: first.get(sample[0], len(first)), reverse=True)
    running = passed = 0
    while waiting or running:
        while waiting and running < CORES:
            task_id, code = waiting.pop()
            if os.fork() == 0:
                for fd in range(3):
                    os.dup2(silence, fd)
                os._exit(not judge_here(suite.by_id[task_id], code, tests[task_id]))
            running += 1
        _, status = os.wait()
        running -= 1
        passed += status == 0
    os.close(silence)
    return passed


def measure(bench: Benchmark, data: Path, limits: Limits) -> None:
    """Print both times of one suite, and their ratio."""
    settings = ScoreSettings(limits.min_time_s, limits.time_factor)
    os.environ[bench.variable] = str(data / bench.file)
    suite = load_suite(bench.suite)
    given = read_samples(data / bench.samples, suite)
    rows = [(row.task_id, row.code) for row in given.rows]
    with tempfile.TemporaryDirectory(prefix="akd-bench-") as folder:
        environment = {**os.environ, "AKD_CACHE": str(Path(folder) / "cache")}
        for name in ("cold", "warm"):
            out = Path(folder) / name
            command_s, cpu_s, results = scored(bench, data / bench.samples, out, environment, *limits.options)
        judged_s = json.loads((out / "summary.json").read_text())["wall_s"]
    tests = {task.task_id: tests_of(task, settings) for task in suite.tasks}
    gc.freeze()
    before, started = os.times(), time.monotonic()
    passed = fork_each(suite, rows, tests)
    fork_s, after = time.monotonic() - started, os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    ours = sum(row["plus"] == "PASS" for row in results)
    print(f"{suite.name}: a bare fork per sample {fork_s:.1f} s ({used:.0f} s of processor), {passed} pass")
    print(f"  akd score {command_s:.1f} s ({cpu_s:.0f} s of processor), {ours} pass: {command_s / fork_s:.2f} x")
    print(f"  of it judging {judged_s:.1f} s: {judged_s / fork_s:.2f} x", flush=True)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--time-factor", type=float, default=8.0)
    parser.add_argument("--min-time", type=float, default=4.0)
    options = parsed(parser)
    print(f"{CORES} cores, {platform.python_implementation()} {platform.python_version()}")
    for name in options.suite:
        measure(BENCHMARKS[name], options.data, Limits(options.min_time, options.time_factor))


if __name__ == "__main__":
    main()
