"""`akd data dedupe` and `akd data decontaminate`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported
from akd_code.cli.suite_options import names_in
from akd_code.cli.watch import Watch, watcher

if TYPE_CHECKING:
    from akd_code.decontamination import Evidence, Row
    from akd_code.filters.rows import Fields
    from akd_evals.suites import Suite

_ROWS = click.argument("rows", type=click.Path(path_type=Path))
_OUT = click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Rows that are kept, as they are."
)
_FIELD = click.option("--field", help="The field with the prompt. [prompt, instruction, text, ... or messages]")
_REPORT = click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="What is removed and why, a JSON line each."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
_DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


@click.command("dedupe")
@_ROWS
@_OUT
@click.option("--tiers", default="exact,minhash,rouge,embedding", show_default=True, help="In this order.")
@click.option("--against", type=click.Path(path_type=Path), help="JSONL rows that new ones must not be like either.")
@_FIELD
@click.option("--embedder", default="hashed", show_default=True, help="hashed, hf:ID, st:ID, openai:NAME@URL.")
@_REPORT
@_JSON
@_DEBUG
def dedupe(
    rows: Path,
    out: Path,
    tiers: str,
    against: Path | None,
    field: str | None,
    embedder: str,
    report: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Leave out of ROWS, a JSONL file, every row whose prompt is too like one before it.

    exact: but for case and white space. minhash: word 5-grams, Jaccard 0.7 or more. rouge: ROUGE-L F1 above 0.7.
    embedding: cosine 0.95 or more. code: programs that are equal but for names and spelling; name their field.

    Example: akd data dedupe rows.jsonl --out unique.jsonl --against pool.jsonl
    """
    with reported(debug):
        from akd_code.filters.dedupe import Deduplicator, Removal
        from akd_code.filters.rows import Fields, copy_rows, reports_apart
        from akd_code.storage import write_whole

        reports_apart(report, out, rows, against)
        fields = Fields(prompt=field)
        chain = Deduplicator(names_in(tiers), embedder)
        removed: list[Removal] = []
        with watcher(quiet=as_json) as watch:
            if against is not None:
                total = _lines(against)
                watch.stage(None, f"reading {against}")
                for known in chain.know(_prompts(against, fields)):
                    watch.progress(known, total)
            total = _lines(rows)
            watch.stage(None, f"deduplicating {rows}")
            for some in chain.removals(_counted(_prompts(rows, fields), watch, total)):
                removed += some
        kept = copy_rows(rows, out, {one.row for one in removed})
        if report is not None:
            write_whole(report, "".join(json.dumps(one.as_json()) + "\n" for one in removed))
        counts = Counter(one.tier for one in removed)
        _say_kept(kept, out, {tier: counts[tier] for tier in names_in(tiers)}, as_json)


@click.command("decontaminate")
@_ROWS
@_OUT
@click.option("--against", help="Suites or their files, commas between them. [all whose data is here]")
@_FIELD
@click.option("--answer-field", help="The field with the answer. [completion, output, answer, response, code, ...]")
@click.option("--no-execution", is_flag=True, help="Do not run answers against the tests of the nearest tasks.")
@click.option("--backend", default="auto", show_default=True, help="Where they run: auto, docker, namespace, process.")
@_REPORT
@_JSON
@_DEBUG
def decontaminate(
    rows: Path,
    out: Path,
    against: str | None,
    field: str | None,
    answer_field: str | None,
    no_execution: bool,
    backend: str,
    report: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Leave out of ROWS, a JSONL file, every row that shares a task with a benchmark, and say which and why.

    Looked for are, in this order: the task's id, its statement, eight of its words in a row, nearly its words, its
    solution, its tests; then the answer's functions are run against the tests of the nearest tasks. The report also
    comes as a table beside the JSON lines (.md).

    Example: akd data decontaminate rows.jsonl --out clean.jsonl --against humaneval+,mbpp+ --report removed.jsonl
    """
    with reported(debug):
        from akd_code.decontamination import report_lines, report_table, rows_by_tier, summary_line
        from akd_code.filters.rows import Fields, copy_rows, reports_apart
        from akd_code.storage import write_whole

        reports_apart(report, out, rows)
        with watcher(quiet=as_json) as watch:
            suites = compared_suites(against, watch)
            watch.stage(None, f"decontaminating {rows}")
            found, total = _found(rows, Fields(field, answer_field), suites, "" if no_execution else backend, watch)
        kept = copy_rows(rows, out, {one.row for one in found})
        if report is not None:
            write_whole(report, report_lines(found))
            write_whole(report.with_suffix(".md"), report_table(found, total))
        if not as_json:
            click.echo(summary_line(found, total))
        _say_kept(kept, out, rows_by_tier(found), as_json)


def compared_suites(against: str | None, watch: Watch) -> list[Suite]:
    """Return the suites that rows are held against: those named, else all whose data is here; say which."""
    from akd_code.decontamination import DecontaminationError, named_suites, suites_at_hand

    suites = named_suites(names_in(against)) if against else suites_at_hand((), watch.note)
    if not suites:
        raise DecontaminationError("no benchmark to compare with; name one with --against (`akd suite list`)")
    watch.note("compared with " + ", ".join(f"{suite.name} ({len(suite.tasks)} tasks)" for suite in suites))
    return suites


def _found(path: Path, fields: Fields, suites: list[Suite], backend: str, watch: Watch) -> tuple[list[Evidence], int]:
    from akd_code.decontamination import Detector, detector_of, tasks_of
    from akd_sandbox import Sandbox

    rows = list(_as_rows(path, fields))
    if not backend:
        return Detector(tasks_of(suites)).search(rows, progress=watch.progress), len(rows)
    with Sandbox(backend) as box:
        return detector_of(suites, box).search(rows, box.workers, watch.progress), len(rows)


def _as_rows(path: Path, fields: Fields) -> Iterator[Row]:
    from akd_code.decontamination import Row
    from akd_code.filters.rows import answer_of, id_of, prompt_of, rows_in, tests_of
    from akd_evals.extract import extract_code

    for number, _, row in rows_in(path):
        where = f"{path}:{number}"
        prompt, answer = prompt_of(row, fields, where), answer_of(row, fields, where)
        code = extract_code(answer, None, prompt).code or "" if answer else ""
        yield Row(number, prompt, id_of(row), answer, code, tests_of(row))


def _prompts(path: Path, fields: Fields) -> Iterator[tuple[int, str]]:
    from akd_code.filters.rows import prompt_of, rows_in

    for number, _, row in rows_in(path):
        yield number, prompt_of(row, fields, f"{path}:{number}")


def _counted(rows: Iterator[tuple[int, str]], watch: Watch, total: int) -> Iterator[tuple[int, str]]:
    for done, row in enumerate(rows, 1):
        yield row
        watch.progress(done, total)


def _lines(path: Path) -> int:
    from akd_code.filters.rows import rows_in

    return sum(1 for _ in rows_in(path))


def _say_kept(kept: int, out: Path, removed: dict[str, int], as_json: bool) -> None:
    total = kept + sum(removed.values())
    if as_json:
        click.echo(json.dumps({"rows": total, "kept": kept, "removed": removed}))
        return
    said = ", ".join(f"{count} {tier}" for tier, count in removed.items() if count) or "nothing"
    click.echo(f"{kept} of {total} rows kept in {out}; removed: {said}")
