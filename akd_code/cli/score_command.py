"""`akd score`: samples that exist, scored on a suite."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from akd_code.cli.faults import reported
from akd_code.cli.suite_options import (
    failing_references,
    names_in,
    opened_suite,
    programs_option,
    suite_again,
    task_ids,
)
from akd_code.cli.watch import Watch, watcher

if TYPE_CHECKING:
    from akd_evals.results import Result, SecurityFigures, Summary
    from akd_evals.samples import Samples
    from akd_evals.settings import ScoreSettings
    from akd_evals.suites import Suite

_SHOWN = 8


@click.command("score")
@click.argument("samples", required=False, type=click.Path(path_type=Path))
@click.option("--rescore", type=click.Path(path_type=Path, file_okay=False), help="Judge a directory's answers anew.")
@click.option("--suite", "suite_name", help="A name that `akd suite list` shows, or a JSONL file of your own.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where results are written."
)
@click.option("--tasks", help="Only these tasks: ids with commas between them, or a file with one id per line.")
@click.option("--exclude-failing", is_flag=True, help="Leave out the tasks whose references fail here, and say so.")
@click.option(
    "--context",
    type=click.Choice(["none", "prompt"]),
    default="none",
    show_default=True,
    help="prompt: judge answers with the prompt's own imports and helpers before them.",
)
@click.option("--packages", help="Packages that samples may import too, with commas between them.")
@programs_option
@click.option("--k", "ks", multiple=True, type=click.IntRange(1), help="The k of pass@k; may be repeated. [1, 10, 100]")
@click.option("--workers", type=click.IntRange(1), help="Samples judged at once (default: the cores).")
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary).")
@click.option("--min-isolation", help="Refuse to run with a weaker backend than this.")
@click.option("--min-time", default=4.0, show_default=True, help="Seconds that every test may take at least.")
@click.option("--time-factor", default=8.0, show_default=True, help="How often the reference's time a test may take.")
@click.option(
    "--sample-time", default=60.0, show_default=True, help="Seconds that all of a sample's tests may take at least."
)
@click.option(
    "--memory-mb", default=4096, show_default=True, type=click.IntRange(1), help="Memory of one program, in MiB."
)
@click.option("--details", is_flag=True, help="Judge every test instead of stopping at a sample's first failure.")
@click.option("--sticky-atol", is_flag=True, help="Reproduce evalplus 0.3.1's tolerance that stays (docs/parity.md).")
@click.option(
    "--judging",
    type=click.Choice(["auto", "values"]),
    default="auto",
    show_default=True,
    help="values: refuse test code that must run beside the program (docs/threat-model.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Print summary.json instead of the table.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    samples: Path | None, rescore: Path | None, suite_name: str | None, as_json: bool, debug: bool, **options: Any
) -> None:
    """Score SAMPLES on a suite: a JSONL file of {"task_id", "completion" or "solution"}, or evalplus's directory form.

    bigcode's generations.json and lm-evaluation-harness's samples_*.jsonl are read too. Instead of SAMPLES, --rescore
    DIR takes the answers that akd eval keeps in DIR and finds their programs anew.

    Writes results.jsonl and summary.json into OUT. The same command again judges only what is missing there.

    Example: akd score samples.jsonl --suite humaneval+ --out runs/score
    """
    with reported(debug, resume="the same command again judges only what is left"):
        from akd_evals.errors import EvalError

        if (samples is None) == (rescore is None):
            raise EvalError("give either SAMPLES or --rescore DIR")
        with watcher(quiet=as_json) as watch:
            summary, results = _scored(samples, rescore, suite_name, watch, options)
        click.echo(json.dumps(summary.as_json()) if as_json else table(summary, results))
    if summary.infra:
        click.echo(f"akd: error: {infra_line(summary, results)}", err=True)
        raise SystemExit(3)


def _scored(
    samples: Path | None, rescored: Path | None, suite_name: str | None, watch: Watch, options: dict[str, Any]
) -> tuple[Summary, list[Result]]:
    from concurrent.futures import ThreadPoolExecutor

    from akd_evals.errors import EvalError
    from akd_evals.sample_files import answers_file, read_answers, read_samples
    from akd_evals.score import score
    from akd_evals.source import claim
    from akd_sandbox import Sandbox

    settings, out = score_settings(options), options["out"]
    with ThreadPoolExecutor(1) as pool:  # the sandbox starts while the files are read
        starting = pool.submit(
            Sandbox,
            options["backend"],
            options["workers"],
            min_isolation=options["min_isolation"],
            packages=settings.packages,
            programs=settings.programs,
        )
        tasks = task_ids(options["tasks"])
        if suite_name is not None:
            suite = opened_suite(suite_name, tasks)
        elif rescored is not None:
            suite = suite_again(rescored, tasks)
        else:
            raise EvalError("no --suite; name one that akd suite list shows, or a JSONL file")
        given = read_samples(samples, suite) if samples is not None else read_answers(cast(Path, rescored), suite)
        claim(out, samples if samples is not None else answers_file(cast(Path, rescored)))
    with starting.result() as box:
        excluded: dict[str, str] = {}
        if options["exclude_failing"]:
            excluded = failing_references(suite, box, settings, out, watch)
            suite = suite.without(excluded)
            given = given.without(excluded)
        gc.freeze()  # they stay to the end: the collector need not look at them again
        for line in notes(suite, given):
            watch.note(line)
        watch.stage(None, f"judging on {suite.name}")
        return score(
            suite,
            given,
            box,
            out,
            settings=settings,
            workers=box.workers,
            ks=options["ks"] or (1, 10, 100),
            progress=watch.progress,
            warn=watch.note,
            excluded=excluded,
        )


def score_settings(options: dict[str, Any]) -> ScoreSettings:
    """Return the limits and rules given on the command line. Raises EvalError."""
    from akd_evals.settings import ScoreSettings

    return ScoreSettings(
        options["min_time"],
        options["time_factor"],
        options["sample_time"],
        options["memory_mb"] << 20,
        details=options["details"],
        sticky_atol=options["sticky_atol"],
        judging=options["judging"],
        context=options["context"],
        packages=names_in(options["packages"]),
        programs=names_in(options["programs"]),
    )


def notes(suite: Suite, samples: Samples) -> list[str]:
    """Return what the user must know of the samples before they are scored: tasks without any, and skipped ones."""
    lines = []
    if samples.missing:
        ids = _listed(samples.missing)
        lines.append(f"{len(samples.missing)} of {len(suite.tasks)} tasks have no sample and count as failed: {ids}")
    if samples.retired:
        ids = _listed(samples.retired)
        lines.append(f"samples of {len(samples.retired)} tasks that {suite.name} does not have are skipped: {ids}")
    return lines


def _listed(ids: tuple[str, ...]) -> str:
    shown = ", ".join(ids[:_SHOWN])
    return f"{shown} and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else shown


def table(summary: Summary, results: list[Result]) -> str:
    """Return the figures as short text: pass@k by kind of tests, its interval over tasks, and the verdicts."""
    from akd_evals.score import interval

    lines = [f"{summary.suite}: {summary.tasks} tasks, {summary.samples} samples, {summary.missing} tasks missing"]
    for kind, estimates in summary.pass_at_k.items():
        verdicts = [(one.task_id, one.judged.base if kind == "base" else one.judged.verdict) for one in results]
        for k, estimate in estimates.items():
            line = f"  {kind:4}  pass@{k:<3}  {100 * estimate:5.1f} %"
            bounds = interval(verdicts, int(k), summary.missing)
            if bounds is not None:
                line += f"   95 % [{100 * bounds[0]:.1f}, {100 * bounds[1]:.1f}]"
            lines.append(line)
        if not estimates:
            lines.append(f"  {kind:4}  no pass@k: no task has enough samples")
    lines.append("  " + ", ".join(f"{verdict} {count}" for verdict, count in summary.verdicts.items()))
    lines += [f"  {line}" for line in security_lines(summary.security)]
    lines += [f"  {line}" for line in answer_lines(summary)]
    rate = f"{summary.wall_s:.1f} s, {summary.samples_per_s:.1f} samples/s"
    lines.append(f"  {rate}; isolation {summary.isolation}")
    return "\n".join(lines)


def security_lines(figures: SecurityFigures | None) -> list[str]:
    """Return what samples came to on the tasks with security tests: func, secure and func-sec, with their intervals."""
    if figures is None:
        return []
    lines = [f"security: {figures.tasks} tasks, {figures.missing} missing"]
    for measure, estimates in figures.at_k.items():
        for k, estimate in estimates.items():
            low, high = figures.ci95[measure][k]
            name = f"{measure}@{k}"
            lines.append(f"  {name:13} {100 * estimate:5.1f} %   95 % [{100 * low:.1f}, {100 * high:.1f}]")
    verdicts = ", ".join(f"{one} {count}" for one, count in figures.verdicts.items())
    lines.append(f"  security tests: {verdicts}; right but exploited: {figures.vulnerable} samples")
    return lines


def answer_lines(summary: Summary) -> list[str]:
    """Return what there is to say of how answers were read, of what is not here and of tasks left out."""
    lines = []
    counts = [f"{rule} {count}" for rule, count in summary.extraction.items()]
    if summary.cut:
        counts.append(f"cut by length {summary.cut}")
    if list(summary.extraction) != ["solution"] and counts:
        lines.append("answers: " + ", ".join(counts))
    if summary.missing_imports:
        named = ", ".join(f"{name} {count}" for name, count in summary.missing_imports.items())
        lines.append(f"imports that are not here: {named}; --packages brings installed ones")
    if summary.missing_programs:
        named = ", ".join(f"{name} {count}" for name, count in summary.missing_programs.items())
        lines.append(f"programs that are not here: {named}; --programs brings busybox's and python")
    if summary.excluded:
        causes: dict[str, int] = {}
        for why in summary.excluded.values():
            causes[why] = causes.get(why, 0) + 1
        named = ", ".join(f"{count} {why}" for why, count in causes.items())
        lines.append(f"{len(summary.excluded)} tasks whose references fail here are excluded ({named})")
    return lines


def infra_line(summary: Summary, results: list[Result]) -> str:
    """Return one line on samples that could not be judged, with the first reason."""
    first = next(one for one in results if one.judged.infra)
    return (
        f"{summary.infra} of {summary.samples} samples could not be judged and count neither way "
        f"({first.task_id}: {first.judged.detail}); the same command again tries them anew"
    )
