"""The module store at size: 100,000 modules, one search, against a plain scan in the same run.

    OMP_NUM_THREADS=1 python benchmarks/module_store.py --modules 100000

The vectors are random unit vectors of the default embedder's dimension: what is timed is the search, not the embedder
(timed apart, on a real stub). The peer is a plain numpy product over the same matrix and a full sort. Times are
CPU time of this process, so that other work on the machine does not count; set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from stand_ins import RandomVectors

from akd_code.modules import HashedEmbedder, ModuleStore, VerifiedModule


def median_ms(work: Callable[[], Any], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(1000 * (time.process_time() - began))
    return statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description="Searching the module store.")
    parser.add_argument("--modules", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        store = ModuleStore(Path(folder) / "modules.db", RandomVectors())
        began = time.perf_counter()
        store.import_modules(
            VerifiedModule(f"f{n}", f"def f{n}(x)", "", f"def f{n}(x): return {n}\n", ())
            for n in range(options.modules)
        )
        print(f"{len(store)} modules stored in {time.perf_counter() - began:.1f} s")
        first = median_ms(lambda: store.search(["x"]), 1)
        one = median_ms(lambda: store.search(["x"]), options.times)
        five = median_ms(lambda: store.search(["x"] * 5, 3), options.times)
        vectors = RandomVectors().embed(["x"] * options.modules)
        query = vectors[0]
        scan = median_ms(lambda: np.argsort(-(vectors @ query))[:3], options.times)
        print(f"first search (reads the vectors) {first:.0f} ms, then {one:.1f} ms; {five / 5:.1f} ms each of five")
        print(f"plain product and sort over the same size: {scan:.1f} ms ({scan / one:.1f} times as long)")
        store.close()
    text = "def keep_even(nums: list[int]) -> list[int]\nKeep only the even numbers of the list."
    print(f"default embedder: {median_ms(lambda: HashedEmbedder().embed([text]), options.times):.2f} ms for one stub")


if __name__ == "__main__":
    main()
