"""ClassEval (Du et al. 2023): 100 classes with several methods each, tested by unittest's classes.

The file is the authors' `ClassEval_data.json` (or .gz), from where AKD_CLASSEVAL_PATH points. The class's imports stand
before every program, as in the authors' own pipeline.
"""

from __future__ import annotations

from akd_evals.files import Row
from akd_evals.suites import SUITES
from akd_evals.suites.given import Given, commented, text
from akd_evals.suites.record import Suite, Task
from akd_sandbox import CodeTests

GIVEN = Given("classeval", "AKD_CLASSEVAL_PATH", "the authors' ClassEval_data.json (or .gz)")


@SUITES.register("classeval")
def load() -> Suite:
    """Return the suite `classeval`. Raises EvalError if its file is absent or broken."""
    return GIVEN.load(_task)


def _task(row: Row) -> Task:
    name, skeleton = text(row, "class_name"), text(row, "skeleton")
    imports = row["import_statement"]
    if not isinstance(imports, list) or not all(isinstance(line, str) for line in imports):
        raise TypeError("import_statement is not a list of texts")
    asked = f"Complete the class {name} in the following code."
    return Task(
        task_id=text(row, "task_id"),
        prompt=commented(f"{asked}\n{skeleton}"),
        entry_point=name,
        base=CodeTests(text(row, "test"), "unittest"),
        canonical=text(row, "solution_code"),
        instruction=f"{asked} Answer with the whole class in one fenced block.\n\n```python\n{skeleton.strip()}\n```",
        preamble="\n".join(imports),
    )
