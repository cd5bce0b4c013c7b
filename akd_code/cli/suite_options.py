"""What commands that open suites share: a part of a suite, packages, references that fail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from akd_code.cli.watch import Watch
    from akd_evals.settings import ScoreSettings
    from akd_evals.suites import Suite
    from akd_sandbox import Sandbox

REFERENCES = "references.json"
"""What became of the suite's references, kept beside the results so that they are run once."""


def task_ids(given: str | None) -> list[str]:
    """Return the ids in `--tasks`: a file with one id per line, or ids with commas between them. Raises EvalError."""
    from akd_evals.errors import EvalError

    if not given:
        return []
    path = Path(given).expanduser()
    if path.is_file():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise EvalError(f"cannot read {path} ({error}); give a text file with one task id per line") from error
    else:
        lines = given.split(",")
    ids = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not ids:
        raise EvalError(f"--tasks {given!r} names no task; give ids, or a file with one id per line")
    return ids


programs_option = click.option(
    "--programs", help="External programs that samples may start (busybox's, python), with commas between them."
)


def names_in(given: str | None) -> tuple[str, ...]:
    """Return the names in `--packages` or `--programs`, which have commas between them."""
    return tuple(dict.fromkeys(name.strip() for name in (given or "").split(",") if name.strip()))


def opened_suite(name: str, tasks: Sequence[str] = ()) -> Suite:
    """Return the suite called `name`, or these tasks of it. Raises EvalError."""
    from akd_code.evaluate import open_suite

    suite = open_suite(name)
    return suite.only(tasks) if tasks else suite


def suite_again(folder: Path, tasks: Sequence[str] = ()) -> Suite:
    """Return the suite, or the part of one, whose answers lie in a directory of `akd eval` or `akd score`.

    Raises EvalError where the directory does not tell, or where the suite was a file.
    """
    from akd_evals.errors import EvalError
    from akd_evals.sample_files import suite_of, tasks_in

    name = suite_of(folder)
    if name is None:
        raise EvalError(f"{folder} does not tell its suite; name it with --suite")
    whole, part, rest = name.partition("[")
    if tasks or not part:
        return opened_suite(whole, tasks)
    first = rest.removeprefix(":").removesuffix("]")
    if rest.startswith(":") and first.isdecimal():
        return opened_suite(whole).first(int(first))
    return opened_suite(whole, tasks_in(folder))


def failing_references(suite: Suite, box: Sandbox, settings: ScoreSettings, out: Path, watch: Watch) -> dict[str, str]:
    """Return the tasks whose references fail here, and why: as `out` has it, or by running them.

    Raises EvalError if not a single reference passes.
    """
    from akd_evals.errors import EvalError
    from akd_evals.files import write_atomically
    from akd_evals.references import check_references
    from akd_evals.score import fingerprint

    key = fingerprint(suite, settings, box.isolation)
    known = _known(out / REFERENCES, key)
    if known is None:
        watch.stage(None, f"checking the references of {suite.name}")
        found = check_references(
            suite, box, settings=settings, workers=box.workers, progress=watch.progress, warn=watch.note
        )
        known = {one.task_id: one.why for one in found if not one.passed}
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / REFERENCES, json.dumps({"settings": key, "failing": known}, indent=1) + "\n")
    if len(known) == len(suite.tasks):
        raise EvalError(f"not a single reference of {suite.name} passes here; run akd suite check {suite.name}")
    return known


def _known(file: Path, key: dict[str, Any]) -> dict[str, str] | None:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        failing = stored["failing"] if stored["settings"] == json.loads(json.dumps(key)) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {str(task_id): str(why) for task_id, why in failing.items()} if isinstance(failing, dict) else None
