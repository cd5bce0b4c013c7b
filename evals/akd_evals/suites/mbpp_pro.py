"""MBPP Pro (Yu et al. 2024): MBPP's problems, each with a second function that has to call the first.

The file is the authors' `mbpp_pro.json` (or .gz), from where AKD_MBPP_PRO_PATH points.
"""

from __future__ import annotations

from akd_evals.suites import SUITES
from akd_evals.suites.given import Given
from akd_evals.suites.humaneval_pro import self_invoking_task
from akd_evals.suites.record import Suite

GIVEN = Given("mbpp-pro", "AKD_MBPP_PRO_PATH", "the authors' mbpp_pro.json (or .gz)")


@SUITES.register("mbpp-pro")
def load() -> Suite:
    """Return the suite `mbpp-pro`. Raises EvalError if its file is absent or broken."""
    return GIVEN.load(lambda row: self_invoking_task(row, "MbppPro"))
