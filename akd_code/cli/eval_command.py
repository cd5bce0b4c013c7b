"""`akd eval`: sample a model on suites and score its answers, in one pipeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported
from akd_code.cli.model_options import loaded_model, sampling_of
from akd_code.cli.score_command import infra_line, table
from akd_code.cli.suite_options import failing_references, names_in, programs_option, task_ids
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.evaluate import EvalSpec, Evaluation, ExamSettings, Target
    from akd_code.models import ChatModel
    from akd_code.student import Student
    from akd_evals.settings import ScoreSettings
    from akd_evals.suites import Suite

_AT_LEAST_1 = click.IntRange(1)


@click.command("eval")
@click.argument("model")
@click.option("--suite", "suites", multiple=True, help="As for akd score; may be repeated. [a run's own]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where samples and results are written.")
@click.option("-n", "n", default=1, show_default=True, type=_AT_LEAST_1, help="Samples per task.")
@click.option("--temperature", type=float, help="0 is greedy. [0 for one sample, 0.2 for several]")
@click.option("--top-p", type=float, help="Mass of the nucleus. [1 for one sample, 0.95 for several]")
@click.option("--max-tokens", type=_AT_LEAST_1, help="Tokens of an answer at most. [512, or the run's]")
@click.option("--seed", default=0, show_default=True, help="Equal seeds and settings give equal samples.")
@click.option("--batch-size", type=_AT_LEAST_1, help="Answers written at once. [16, or the run's]")
@click.option("--style", type=click.Choice(["auto", "chat", "completion"]), help="How to ask. [auto, or the run's]")
@click.option("--stop", multiple=True, help="A string that ends an answer, instead of the suite's own; repeatable.")
@click.option("--limit", type=click.IntRange(0), help="Only the first tasks of each suite; 0: all. [0, or the run's]")
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
@click.option(
    "--judging",
    type=click.Choice(["auto", "values"]),
    default="auto",
    show_default=True,
    help="values: refuse test code that must run beside the program (docs/threat-model.md).",
)
@click.option("--device", help="auto, cpu, cuda, cuda:1, mps. [auto, or the run's]")
@click.option("--dtype", type=click.Choice(["auto", "float32", "bfloat16", "float16"]), help="[auto, or the run's]")
@click.option("--concurrency", default=16, show_default=True, type=_AT_LEAST_1, help="Requests to a server at once.")
@click.option("--extra-body", metavar="JSON", help="Fields added to every request to a server, as a JSON object.")
@click.option(
    "--header", "headers", multiple=True, metavar="K=V", help="A header of every request; ${NAME}: a variable."
)
@click.option("--query", "queries", multiple=True, metavar="K=V", help="Query of every request, such as api-version=1.")
@click.option(
    "--omit", multiple=True, metavar="FIELD", help="A setting not to send to a server, such as seed; repeatable."
)
@click.option("--retry-refused", is_flag=True, help="Ask a server again what it refused before.")
@click.option("--k", "ks", multiple=True, type=_AT_LEAST_1, help="The k of pass@k; may be repeated. [1, 10, 100]")
@click.option("--workers", type=_AT_LEAST_1, help="Samples judged at once. [the cores, or the run's]")
@click.option("--backend", help="auto, docker, namespace, or process (no boundary). [auto, or the run's]")
@click.option("--min-isolation", help="Refuse to run with a weaker backend than this. [none, or the run's]")
@click.option("--min-time", type=float, help="Seconds that every test may take at least. [4, or the run's]")
@click.option("--memory-mb", type=_AT_LEAST_1, help="Memory of one program, in MiB. [4096, or the run's]")
@click.option("--show-prompt", is_flag=True, help="Print the first task's prompt of each suite and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the summaries instead of tables.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(model: str, out: Path | None, as_json: bool, debug: bool, show_prompt: bool, **options: Any) -> None:
    """Sample MODEL on suites and score its answers while others are being generated.

    MODEL is a hub id, a path, BASE+ADAPTER, a run directory (its newest round, or RUN@N), lab, or openai:NAME@URL.
    For a run, what is not given is as in its recipe. The same command again continues: no sample is drawn twice.

    In the values of --header and --query ${NAME} stands for an environment variable: no key need be written down.

    Example: akd eval runs/demo --suite lab --out evals/demo
    """
    with reported(debug, resume="the same command again draws only what is left"):
        from akd_code.evaluate import EvaluateError, find_target

        target = find_target(model)
        settings = _settings(target, options)
        opened = _opened(settings, task_ids(options["tasks"]))
        if not opened:
            raise EvaluateError("no --suite; name what to evaluate on, such as --suite humaneval+")
        if out is None and not show_prompt:
            raise EvaluateError("no --out; name a directory for samples and results")
        loaded = loaded_model(target, settings, options)
        specs = _specs(target, settings, loaded, opened, options["stop"])
        if show_prompt or out is None:
            _show(specs, loaded)
            return
        evaluations = _evaluated(loaded, specs, settings, out, as_json, options)
        if not as_json:
            _tell_splits(target, evaluations)
        else:
            data = [one.summary.as_json() | _split(target, one) for one in evaluations]
            click.echo(json.dumps(data[0] if len(data) == 1 else data))
    faulty = [one for one in evaluations if one.summary.infra]
    for one in faulty:
        click.echo(f"akd: error: {infra_line(one.summary, list(one.results))}", err=True)
    if faulty:
        raise SystemExit(3)


def _split(target: Target, one: Evaluation) -> dict[str, Any]:
    """Return the figures of seen and unseen tasks, where the model is a run's that reports what it was trained on."""
    from akd_code.decontamination import seen_tasks
    from akd_code.evaluate import split

    if target.recipe is None or target.adapter is None or target.recipe.decontaminate != "report":
        return {}
    seen = seen_tasks(target.adapter.parent, one.summary.suite)
    return split(((row.task_id, row.judged.verdict) for row in one.results), seen) if seen else {}


def _tell_splits(target: Target, evaluations: Sequence[Evaluation]) -> None:
    from akd_code.evaluate import told_of

    for one in evaluations:
        for line in told_of(_split(target, one)):
            click.echo(f"  {one.summary.suite}: {line}")


def _settings(target: Target, options: dict[str, Any]) -> ExamSettings:
    """Return what was given on the command line, over the recipe of the run that the model belongs to."""
    from akd_code.evaluate import ExamSettings, run_settings

    base = ExamSettings() if target.recipe is None else run_settings(target.recipe)
    given = {name: value for name, value in options.items() if value is not None}
    sandbox: dict[str, Any] = {name: given[name] for name in ("backend", "workers", "min_isolation") if name in given}
    asked = {name: given[name] for name in ("style", "device", "dtype") if name in given}
    return replace(
        base,
        suites=options["suites"] or base.suites,
        limit=(options["limit"] or None) if "limit" in given else base.limit,
        sampling=sampling_of(base.sampling, options),
        scoring=_scoring(base.scoring, options),
        sandbox=base.sandbox.model_copy(update=sandbox),
        **asked,
    )


def _opened(settings: ExamSettings, tasks: Sequence[str]) -> list[Suite]:
    """Return the suites, or these tasks of the only one."""
    from akd_code.evaluate import EvaluateError

    opened = settings.open_suites()
    if tasks and len(opened) > 1:
        raise EvaluateError("--tasks names tasks of one suite; give one --suite")
    return [suite.only(tasks) for suite in opened] if tasks else opened


def _scoring(base: ScoreSettings, options: dict[str, Any]) -> ScoreSettings:
    min_time, memory_mb = options["min_time"], options["memory_mb"]
    return replace(
        base,
        min_time_s=base.min_time_s if min_time is None else min_time,
        memory_bytes=base.memory_bytes if memory_mb is None else memory_mb << 20,
        context=options["context"],
        packages=names_in(options["packages"]),
        programs=names_in(options["programs"]),
        judging=options["judging"],
    )


def _specs(
    target: Target, settings: ExamSettings, loaded: Student | ChatModel, suites: Sequence[Suite], stop: tuple[str, ...]
) -> list[EvalSpec]:
    from akd_code.evaluate import EvalSpec, TaskPrompts, decide_style
    from akd_code.student import Student

    style = decide_style(settings.style, loaded if isinstance(loaded, Student) else None)
    prompts = [TaskPrompts(suite, style, stop) for suite in suites]
    return [EvalSpec(target.name, one, settings.sampling, settings.scoring) for one in prompts]


def _evaluated(
    loaded: Student | ChatModel,
    specs: Sequence[EvalSpec],
    settings: ExamSettings,
    out: Path,
    as_json: bool,
    options: dict[str, Any],
) -> list[Evaluation]:
    from akd_code.evaluate import evaluate
    from akd_sandbox import Sandbox

    evaluations = []
    sandbox, scoring = settings.sandbox, settings.scoring
    with (
        watcher(quiet=as_json) as watch,
        Sandbox(
            sandbox.backend,
            sandbox.workers,
            settings.limits,
            sandbox.min_isolation,
            packages=scoring.packages,
            programs=scoring.programs,
        ) as box,
    ):
        for spec in specs:
            folder = out if len(specs) == 1 else out / spec.prompts.suite.name.replace("/", "_")
            ks, concurrency = options["ks"] or (1, 10, 100), options["concurrency"]
            excluded: dict[str, str] = {}
            if options["exclude_failing"]:
                excluded = failing_references(spec.prompts.suite, box, spec.scoring, folder, watch)
            part = spec.without(excluded)
            evaluations.append(
                evaluate(
                    loaded,
                    part,
                    folder,
                    box,
                    watch,
                    ks=ks,
                    concurrency=concurrency,
                    excluded=excluded,
                    retry_refused=options["retry_refused"],
                )
            )
            if not as_json:
                click.echo(_told(evaluations[-1]))
    return evaluations


def _show(specs: Sequence[EvalSpec], loaded: Student | ChatModel) -> None:
    from akd_code.student import Student

    for prompts in (spec.prompts for spec in specs):
        first = prompts.suite.tasks[0]
        click.echo(f"--- {prompts.suite.name}, {prompts.style}, first task ---")
        click.echo(prompts.shown(loaded if isinstance(loaded, Student) else None, first))
        if stops := prompts.stops(first):
            click.echo(f"--- stops: {', '.join(map(repr, stops))}")


def _told(one: Evaluation) -> str:
    lines = [table(one.summary, list(one.results))]
    if one.tokens_per_s is not None:
        lines.append(f"  {one.generated} answers generated, {one.tokens_per_s:.0f} tokens/s")
    if one.cut:
        lines.append(f"  {one.cut} answers were cut at the token limit; raise --max-tokens if they count")
    if one.refused:
        lines.append(
            f"  {one.refused} prompts were refused by the server and count as failed; --retry-refused asks again"
        )
    return "\n".join(lines)
