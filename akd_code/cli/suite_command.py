"""`akd suite`: the benchmarks that can be scored, their tasks, and whether their references pass here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported
from akd_code.cli.listed import ListedGroup
from akd_code.cli.suite_options import names_in, opened_suite, programs_option, task_ids
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_evals.references import ReferenceCheck
    from akd_evals.suites import Suite, Task

_DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
_SHOWN = 12
_DETAIL = 160


@click.group("suite", cls=ListedGroup)
def command() -> None:
    """The benchmarks that can be scored.

    Example: akd suite check humaneval
    """


@command.command("list")
@_JSON
@_DEBUG
def list_suites(as_json: bool, debug: bool) -> None:
    """List the suites that are known here, with their tasks, or what is missing to read them.

    Example: akd suite list
    """
    with reported(debug):
        from akd_evals.errors import EvalError
        from akd_evals.suites import SUITES

        rows: list[dict[str, Any]] = []
        for name in SUITES.names():
            try:
                suite = opened_suite(name)
            except EvalError as error:
                rows.append({"suite": name, "missing": str(error)})
            else:
                rows.append({"suite": name, "tasks": len(suite.tasks), "dataset_md5": suite.dataset_md5})
        if as_json:
            click.echo(json.dumps(rows))
            return
        width = max(len(row["suite"]) for row in rows)
        for row in rows:
            said = f"{row['tasks']} tasks" if "tasks" in row else row["missing"]
            click.echo(f"{row['suite']:{width}}  {said}")


@command.command("show")
@click.argument("suite_name", metavar="SUITE")
@click.argument("task_id", metavar="TASK")
@_JSON
@_DEBUG
def show_task(suite_name: str, task_id: str, as_json: bool, debug: bool) -> None:
    """Show a task of a suite: what a model is asked, the tests, and the reference solution.

    Example: akd suite show humaneval HumanEval/0
    """
    with reported(debug):
        task = opened_suite(suite_name).only([task_id]).tasks[0]
        click.echo(json.dumps(_as_json(task)) if as_json else _shown(task))


@command.command("check")
@click.argument("suite_name", metavar="SUITE")
@click.option("--tasks", help="Only these tasks: ids with commas between them, or a file with one id per line.")
@click.option("--packages", help="Packages that programs may import too, with commas between them.")
@programs_option
@click.option("--workers", type=click.IntRange(1), help="Tasks checked at once (default: the cores).")
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary).")
@click.option("--min-time", default=4.0, show_default=True, help="Seconds that every test may take at least.")
@_JSON
@_DEBUG
def check_suite(
    suite_name: str,
    tasks: str | None,
    packages: str | None,
    programs: str | None,
    workers: int | None,
    backend: str,
    min_time: float,
    as_json: bool,
    debug: bool,
) -> None:
    """Run a suite's references on this host and name each that fails, and why. Exits 1 if one does.

    Example: akd suite check bigcodebench --packages pandas,numpy --programs sh,ls,tar
    """
    with reported(debug):
        from akd_evals.references import check_references
        from akd_evals.settings import ScoreSettings
        from akd_sandbox import Sandbox

        suite = opened_suite(suite_name, task_ids(tasks))
        settings = ScoreSettings(min_time_s=min_time)
        with (
            watcher(quiet=as_json) as watch,
            Sandbox(backend, workers, packages=names_in(packages), programs=names_in(programs)) as box,
        ):
            watch.stage(None, f"checking {suite.name}")
            found = check_references(
                suite, box, settings=settings, workers=box.workers, progress=watch.progress, warn=watch.note
            )
        click.echo(json.dumps(check_json(suite, found)) if as_json else check_text(suite, found))
    if not all(one.passed for one in found):
        raise SystemExit(1)


def check_json(suite: Suite, found: list[ReferenceCheck]) -> dict[str, Any]:
    """Return what `akd suite check --json` prints."""
    failing = [
        {"task_id": one.task_id, "cause": one.cause, "name": one.name, "verdict": one.verdict, "detail": one.detail}
        for one in found
        if not one.passed
    ]
    return {
        "suite": suite.name,
        "dataset_md5": suite.dataset_md5,
        "tasks": len(found),
        "passing": len(found) - len(failing),
        "failing": failing,
    }


def check_text(suite: Suite, found: list[ReferenceCheck]) -> str:
    """Return one line per failing reference, and one line per cause at the end."""
    failing = [one for one in found if not one.passed]
    lines = [
        f"{one.task_id}: {one.why}{f' ({one.verdict}: {one.detail[:160]})' if one.detail else ''}" for one in failing
    ]
    lines.append(f"{suite.name}: {len(found) - len(failing)} of {len(found)} references pass")
    causes: dict[str, int] = {}
    for one in failing:
        causes[one.why] = causes.get(one.why, 0) + 1
    ordered = sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    lines += [f"  {count} {why}" for why, count in ordered[:_SHOWN]]
    if len(ordered) > _SHOWN:
        lines.append(f"  {sum(count for _, count in ordered[_SHOWN:])} of {len(ordered) - _SHOWN} other causes")
    return "\n".join(lines)


def _as_json(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "entry_point": task.entry_point,
        "prompt": task.prompt,
        "lead": task.lead,
        "instruction": task.instruction,
        "preamble": task.preamble,
        "tests": {
            kind: _tests(tests) for kind, tests in (("base", task.base), ("plus", task.plus)) if tests is not None
        },
        "canonical": task.canonical,
    }


def _shown(task: Task) -> str:
    parts = [("prompt", task.lead + task.prompt), ("instruction", task.instruction), ("before it", task.preamble)]
    parts += [(f"{kind} tests", _tests(tests)) for kind, tests in (("base", task.base), ("plus", task.plus)) if tests]
    parts.append(("reference", task.canonical or ""))
    shown = [f"--- {name} ---\n{text.strip()}" for name, text in parts if text.strip()]
    return "\n".join([f"{task.task_id}, {task.entry_point or 'a whole program'}", *shown])


def _tests(tests: object) -> str:
    """Return tests as text: their code, or how many there are as data and the first few."""
    from akd_evals.suites import ReferenceTests
    from akd_sandbox import CodeTests, FunctionTests, ProgramTests, PytestTests

    if isinstance(tests, CodeTests):
        return "\n".join([tests.code, *tests.entries]).strip()
    if isinstance(tests, PytestTests):
        return "\n".join(tests.files.values())
    rows: list[str] = []
    if isinstance(tests, ReferenceTests):
        rows = [f"{args!r} -> as the reference" for args in tests.inputs[:_SHOWN]]
        count = len(tests.inputs)
    elif isinstance(tests, FunctionTests):
        rows = [f"{case.args!r} {dict(case.kwargs) or ''} -> {case.expected_value!r}" for case in tests.cases[:_SHOWN]]
        count = len(tests.cases)
    else:
        assert isinstance(tests, ProgramTests)
        rows = [f"{case.stdin!r} -> {case.expected!r}" for case in tests.cases[:_SHOWN]]
        count = len(tests.cases)
    more = [f"and {count - _SHOWN} more"] if count > _SHOWN else []
    return "\n".join([f"{count} tests", *(row[:300] for row in rows), *more])
