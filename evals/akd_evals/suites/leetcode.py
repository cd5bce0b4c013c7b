"""LeetCodeDataset (Xia et al. 2025): LeetCode's problems, answered with a method of `class Solution`.

The file is the authors' `LeetCodeDataset-*.jsonl` (or .gz), from where AKD_LEETCODE_PATH points. Its imports, `inf` and
the classes of lists and trees stand before every program, as on the site.
"""

from __future__ import annotations

from akd_evals.files import Row
from akd_evals.suites import SUITES
from akd_evals.suites.given import Given, commented, text
from akd_evals.suites.humaneval import check_tests
from akd_evals.suites.record import Suite, Task

GIVEN = Given("leetcode", "AKD_LEETCODE_PATH", "the authors' LeetCodeDataset-*.jsonl (or .gz)")


@SUITES.register("leetcode")
def load() -> Suite:
    """Return the suite `leetcode`. Raises EvalError if its file is absent or broken."""
    return GIVEN.load(_task)


def _task(row: Row) -> Task:
    entry, preamble, query = text(row, "entry_point"), text(row, "prompt"), text(row, "query")
    told, _, rest = query.rpartition("```python\n")
    starter = rest.partition("```")[0]
    return Task(
        task_id=text(row, "task_id"),
        prompt=f"{commented(told)}{starter}",
        entry_point=entry,
        base=check_tests(text(row, "test"), entry, scope=preamble),
        canonical=text(row, "completion"),
        instruction=query,
        preamble=preamble,
    )
