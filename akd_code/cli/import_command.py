"""`akd data import`: any data set as seeds and recorded answers."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from akd_code.cli.faults import reported
from akd_code.cli.hygiene_commands import compared_suites
from akd_code.cli.suite_options import names_in
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.intake.forms import Form
    from akd_code.intake.work import Given

Command = TypeVar("Command", bound=Callable[..., Any])


def _column(name: str, what: str) -> Callable[[Command], Command]:
    return click.option(f"--{name}", metavar="COLUMN", help=what)


@click.command("import")
@click.argument("rows", required=False, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--preset", help="mbpp, leetcode, puzzles, codeio, alpaca, messages, or one of another package.")
@_column("prompt", "What is asked: text or messages. a.b is the field b of the object in a.")
@_column("answer", "What is answered: a program, prose with one, or messages.")
@_column("tests", "A list of asserts, or code: asserts, check(candidate), pytest's functions, doctest's examples.")
@_column("entry", "The function's name. [the first one that a test calls]")
@_column("setup", "Code that the tests need.")
@_column("id", "The row's name. [id, task_id or name]")
@click.option("--doctests", type=click.Path(path_type=Path), metavar="FOLDER", help="Python code, instead of rows.")
@click.option(
    "--form",
    type=click.Choice(["own", "docstring", "signature"]),
    default="own",
    show_default=True,
    help="How rows are asked: as the data set does, as MBPP+ does, as HumanEval does.",
)
@click.option("--against", help="Suites not to share a task with, commas between. [HumanEval(+), MBPP(+), if here]")
@click.option("--no-decontaminate", is_flag=True, help="Keep rows that share a benchmark's task.")
@click.option(
    "--lost", "lost_file", type=click.Path(path_type=Path, dir_okay=False), help="Lost rows. [DIR/lost.jsonl]"
)
@click.option("--test-s", type=click.FloatRange(min=0.01), default=4.0, show_default=True, help="Seconds of a test.")
@click.option("--memory-mb", type=click.IntRange(16), default=1024, show_default=True, help="Memory of a program, MiB.")
@click.option("--packages", default="", help="Packages that answers may import too, commas between them.")
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, process (no boundary).")
@click.option("--workers", type=click.IntRange(1), help="Answers tested at once. [the cores]")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def import_rows(
    rows: Path | None,
    out: Path,
    preset: str | None,
    doctests: Path | None,
    form: Form,
    against: str | None,
    no_decontaminate: bool,
    lost_file: Path | None,
    test_s: float,
    memory_mb: int,
    packages: str,
    backend: str,
    workers: int | None,
    as_json: bool,
    debug: bool,
    **columns: str | None,
) -> None:
    """Make seeds and recorded answers of ROWS: JSON lines, a JSON array (.gz too) or Parquet.

    Each answer runs against its tests in the sandbox, and what passes is held against HumanEval(+) and MBPP(+). DIR
    gets seeds.jsonl, answers.jsonl, lost.jsonl (a line for each row that is not used, and why), evidence.jsonl and .md
    (what is shared with which benchmark's task) and summary.json. A recipe trains on it with
    seeds.source: DIR/seeds.jsonl, teacher.model: recorded:DIR/answers.jsonl and generator.model: none. The same command
    continues after an interruption.

    Example: akd data import rows.jsonl --prompt instruction --answer output --tests test_list --out data
    """
    with reported(debug, resume="the same command continues"):
        from akd_code.decontamination import detector_of
        from akd_code.intake import Trial, counts, work_through, write_import
        from akd_sandbox import Limits, Sandbox

        given = _given(rows, doctests, preset, columns)
        part = _part(out)
        limits = Limits(test_s=test_s, memory_bytes=memory_mb << 20)
        shown = names_in(packages)
        began = time.monotonic()
        with watcher(as_json) as watch:
            suites = [] if no_decontaminate else compared_suites(against, watch)
            with Sandbox(backend, workers, limits, packages=shown) as box:
                watch.stage(None, f"importing {len(given)} rows")
                trial = Trial(box, limits, detector_of(suites, box) if suites else None, form)
                told = json.dumps([sorted(shown), [(one.name, one.dataset_md5) for one in suites], form])
                outcomes = work_through(given, trial, part, told, watch.progress)
                isolation = box.isolation
        facts = {
            "compared_with": [one.name for one in suites],
            "isolation": isolation,
            "form": form,
            "wall_s": round(time.monotonic() - began, 1),
        }
        write_import(out, outcomes, facts, lost_file)
        if all(one.settled for one in outcomes):
            with contextlib.suppress(OSError):
                part.unlink()
        _tell({**counts(outcomes), **facts}, out, lost_file or out / "lost.jsonl", as_json)


def _given(rows: Path | None, doctests: Path | None, preset: str | None, columns: dict[str, str | None]) -> list[Given]:
    """Return the rows that are asked for. Raises IntakeError."""
    from akd_code.intake import PRESETS, Columns, IntakeError, exercises_in, exercises_of_folder, read_table

    named = {name: column for name, column in columns.items() if column}
    if (rows is None) == (doctests is None):
        raise IntakeError("give a file of rows, or --doctests FOLDER, not both")
    if doctests is not None:
        if preset or named:
            raise IntakeError("--doctests takes neither --preset nor columns; leave them out")
        return exercises_of_folder(doctests)
    assert rows is not None
    if preset:
        if named:
            raise IntakeError(f"--preset knows its columns; leave --{next(iter(named))} out")
        make = PRESETS.get(preset)
        return exercises_in(read_table(rows), make)
    if "prompt" not in named or "answer" not in named:
        raise IntakeError("say what the columns are: --prompt and --answer (--tests ...), or --preset NAME")
    named["name"] = named.pop("id", "")
    chosen = Columns(**named)
    table = read_table(rows)
    chosen.check(table)
    return exercises_in(table, chosen)


def _part(out: Path) -> Path:
    """Return where finished rows are kept meanwhile. Raises DiskError, and IntakeError for another's folder."""
    from akd_code.intake import PART, IntakeError, foreign
    from akd_code.storage import write_failure

    if name := foreign(out):
        raise IntakeError(f"{out} has a {name} that no import wrote; give another --out, or move the file away")
    part = out / PART
    try:
        out.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as error:
        raise write_failure(out, error) from None
    return part


def _tell(figures: dict[str, Any], out: Path, lost_file: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures))
        return
    for reason, count in figures["lost"].items():
        click.echo(f"  {count} lost: {reason}")
    untested = f" ({figures['untested']} without tests)" if figures["untested"] else ""
    lost = f"; the others, with reasons: {lost_file}" if figures["lost"] else ""
    click.echo(f"{figures['kept']} of {figures['rows']} rows kept{untested} in {out}{lost}")
