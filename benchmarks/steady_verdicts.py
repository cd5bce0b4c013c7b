"""Score the same samples again and again, alone and beside a busy loop on every core: do verdicts move with load?

    python benchmarks/steady_verdicts.py [--runs 10] [--suite mbpp+] [--data ../shared/data]

Prints a line a run, and every program that did not have one verdict in all runs. Exit status 1 if there is any.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from score_vs_evalplus import BENCHMARKS, Benchmark, parsed, parser_of, scored

_BUSY = "while True: pass"


@contextlib.contextmanager
def hogs(count: int) -> Iterator[None]:
    """Keep `count` cores busy."""
    busy = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def unsteady(bench: Benchmark, data: Path, runs: int) -> int:
    """Score `runs` times alone and as often beside the hogs; return how many programs had more than one outcome."""
    seen: dict[tuple[str, int], dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    samples = data / bench.samples
    with tempfile.TemporaryDirectory(prefix="akd-steady-") as folder:
        environment = {**os.environ, bench.variable: str(data / bench.file), "AKD_CACHE": str(Path(folder) / "cache")}
        for busy in (0, len(os.sched_getaffinity(0))):
            for number in range(runs):
                with hogs(busy):
                    took, _, rows = scored(bench, samples, Path(folder) / f"{busy}-{number}", environment)
                for row in rows:
                    seen[row["task_id"], row["sample"]][row["base"], row["plus"]] += 1
                beside = f"beside {busy} busy loops" if busy else "alone"
                moved = sum(len(each) > 1 for each in seen.values())
                print(f"{bench.suite} {beside} {number + 1}/{runs}: {took:.1f} s, {moved} moved so far", flush=True)
    moving = {key: outcomes for key, outcomes in seen.items() if len(outcomes) > 1}
    for (task_id, sample), outcomes in moving.items():
        counts = ", ".join(f"{base}/{plus} {count} times" for (base, plus), count in outcomes.items())
        print(f"  {task_id} sample {sample}: {counts}")
    print(f"{bench.suite}: {len(seen)} programs, {2 * runs} runs, {len(moving)} with more than one outcome")
    return len(moving)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--runs", type=int, default=10)
    options = parsed(parser)
    moved = [unsteady(BENCHMARKS[name], options.data, options.runs) for name in options.suite]
    raise SystemExit(1 if any(moved) else 0)


if __name__ == "__main__":
    main()
