"""The benchmarks that can be scored: one module each, which registers itself and is imported when it is asked for."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from pathlib import Path

from akd_evals.errors import EvalError
from akd_evals.registry import Registry
from akd_evals.suites.record import Adapter, ReferenceTests, Suite, Task, TaskTests, TestKind

__all__ = ["SUITES", "Adapter", "ReferenceTests", "Suite", "Task", "TaskTests", "TestKind", "load_suite"]

SUITES: Registry[Callable[[], Suite]] = Registry(
    what="suite",
    group="akd.suites",
    package="akd_evals.suites",
    error=EvalError,
    hint=", and the path to a .jsonl file",
)
"""Suite names and the functions that load them; entry points of the group `akd.suites` add others."""


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
    if name.endswith((".jsonl", ".jsonl.gz")):
        from akd_evals.suites import own

        return own.load(Path(name))
    return SUITES.get(name)()
