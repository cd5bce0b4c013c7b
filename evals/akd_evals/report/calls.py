"""The call of a failing test, from a result's detail and the suite."""

from __future__ import annotations

import re

from akd_evals.suites.record import ReferenceTests, Suite
from akd_sandbox import FunctionTests

_PLACE = re.compile(r"(base|plus) test ([0-9]{1,7}): ")
LONGEST = 400


def failing_call(suite: Suite, task_id: str, detail: str) -> str:
    """Return `entry(arguments)` of the test that a detail such as "base test 3: ..." names; empty where there is none.

    At most `LONGEST` characters. A test that is code, not data, has no call.
    """
    found, task = _PLACE.match(detail), suite.by_id.get(task_id)
    if found is None or task is None:
        return ""
    tests, index = task.base if found[1] == "base" else task.plus, int(found[2])
    named = ""
    if isinstance(tests, ReferenceTests) and index < len(tests.inputs):
        args = tests.inputs[index]
    elif isinstance(tests, FunctionTests) and index < len(tests.cases):
        args = tests.cases[index].args
        named = "".join(f", {name}={_short(value)}" for name, value in tests.cases[index].kwargs.items())
    else:
        return ""
    inside = ", ".join(_short(value) for value in args) + named
    call = f"{task.entry_point}({inside.removeprefix(', ')})"
    return call if len(call) <= LONGEST else call[: LONGEST - 1] + "…"


def _short(value: object) -> str:
    """Return repr(value), cut; a value that cannot be printed (an integer of a million digits) is said so."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
