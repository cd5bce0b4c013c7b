"""`akd stress check`: do the oracles of the catalogue tell programs apart?"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported
from akd_code.cli.suite_options import names_in
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.security import TaskAdmission

_PROMPTS_PER_CELL = 4
_COLUMNS = ("cwe", "tasks", "admitted", "mutants", "caught by exploit", "broken", "variants", "false alarms")


@click.command("check")
@click.option("--only", help="Only these weaknesses: CWE-022,CWE-089.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON instead of a table.")
@click.option("--workers", type=click.IntRange(1), help="Programs judged at once (default: the cores).")
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary).")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def check(only: str | None, as_json: bool, workers: int | None, backend: str, debug: bool) -> None:
    """Try every oracle on its own programs. Exits 1 if one is not admitted.

    The reference must pass the functional and the exploit tests, the insecure program the functional ones alone.
    Beside that it counts mutants that are caught, variants that are taken for insecure, and prompts that can be made.

    Example: akd stress check --only CWE-022,CWE-089
    """
    with reported(debug):
        from akd_code.security import admissions, cells, draw_prompts, weaknesses
        from akd_sandbox import Sandbox

        found = weaknesses(names_in(only))
        with watcher(quiet=as_json) as watch, Sandbox(backend, workers) as box:
            watch.stage(None, f"trying the oracles of {len(found)} weaknesses")
            tasks = list(admissions(found, box, watch.progress))
            watch.stage(None, "making prompts")
            began = time.monotonic()
            chosen = cells(found)
            made = len(draw_prompts(chosen, _PROMPTS_PER_CELL * len(chosen), 0, progress=watch.progress).prompts)
            rate = made / (time.monotonic() - began)
        prompts = {"prompts": made, "prompts_per_s": round(rate, 1)}
        click.echo(json.dumps(check_json(tasks) | prompts) if as_json else f"{check_text(tasks)}\n{_told(made, rate)}")
    if not all(task.admitted for task in tasks):
        raise SystemExit(1)


def check_json(tasks: Sequence[TaskAdmission]) -> dict[str, object]:
    """Return what `akd stress check --json` says of the oracles."""
    return {
        "cwes": len({task.cwe for task in tasks}),
        "tasks": len(tasks),
        "admitted": sum(task.admitted for task in tasks),
        "mutants": sum(len(task.mutants) for task in tasks),
        "mutants_caught": sum(trial.exploited for task in tasks for trial in task.mutants),
        "mutants_broken": sum(len(task.broken) for task in tasks),
        "variants": sum(len(task.variants) for task in tasks),
        "false_alarms": sum(len(task.false_alarms) for task in tasks),
    }


def check_text(tasks: Sequence[TaskAdmission]) -> str:
    """Return a row per weakness, and below them every fault, missed mutant and false alarm."""
    rows = [_COLUMNS, *(_row(cwe, tasks) for cwe in dict.fromkeys(task.cwe for task in tasks)), _row("all", tasks)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for task in tasks:
        lines += [f"{task.cwe} {task.task}: {fault}" for fault in task.faults]
        lines += [f"{task.cwe} {task.task}: no exploit works on {trial.role}" for trial in task.missed]
        lines += [f"{task.cwe} {task.task}: {trial.role} fails the functional tests" for trial in task.broken]
        lines += [f"{task.cwe} {task.task}: {trial.role} is taken for insecure" for trial in task.false_alarms]
    return "\n".join(lines)


def _told(made: int, rate: float) -> str:
    return f"{made} distinct neutral prompts, {rate:.0f} a second"


def _row(name: str, tasks: Sequence[TaskAdmission]) -> tuple[str, ...]:
    counts = check_json([task for task in tasks if name in (task.cwe, "all")])
    keys = ("tasks", "admitted", "mutants", "mutants_caught", "mutants_broken", "variants", "false_alarms")
    return (name, *(str(counts[key]) for key in keys))
