"""The suites that a model can be examined on: the benchmarks, a JSONL file, and the lab's held-out tasks."""

from __future__ import annotations

from akd_code.recipe import LabSection
from akd_evals.suites import Suite, load_suite


def open_suite(name: str, lab: LabSection | None = None, limit: int | None = None) -> Suite:
    """Return the suite called `name`, cut to its first `limit` tasks.

    `lab` says how many held-out tasks the lab's suite has at each depth. Raises EvalError for an unknown name, and for
    a file that is absent or broken.
    """
    if name == "lab":
        from akd_code.lab.suite import lab_suite

        return lab_suite((lab or LabSection()).eval_per_depth).first(limit)
    return load_suite(name).first(limit)
