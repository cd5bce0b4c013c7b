"""The benchmarks that can be scored, one module each, read lazily."""

from __future__ import annotations

import contextlib
import difflib
import gc
import importlib
from collections.abc import Iterator
from pathlib import Path

from akd_evals.errors import EvalError
from akd_evals.suites.record import Adapter, Kind, ReferenceTests, Suite, Task, Tests

__all__ = ["SUITES", "Adapter", "Kind", "ReferenceTests", "Suite", "Task", "Tests", "load_suite"]

SUITES = {
    "humaneval": "humaneval",
    "humaneval+": "humaneval_plus",
    "mbpp": "mbpp",
    "mbpp+": "mbpp_plus",
}
"""Suite name to the module that loads it."""


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking a benchmark again and again while it grows: it would take half the time.

    (A benchmark is some hundred thousand lists, and none of them is garbage.)
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


@_uncollected()
def load_suite(name: str) -> Suite:
    """Return the suite called `name`, or the one in the JSONL file that `name` is the path of.

    Raises EvalError for an unknown name (with the nearest), and for a file that is absent or broken.
    """
    if name in SUITES:
        module = importlib.import_module(f"akd_evals.suites.{SUITES[name]}")
        suite: Suite = module.load()
        return suite
    if name.endswith((".jsonl", ".jsonl.gz")):
        from akd_evals.suites import own

        return own.load(Path(name))
    nearest = difflib.get_close_matches(name.lower(), SUITES, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(SUITES)} and a path to a .jsonl file"
    raise EvalError(f"unknown suite {name!r}; {hint}")
