"""`akd eval`: sample a model on suites and score its answers, in one pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported
from akd_code.cli.score_command import infra_line, open_suite, table
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.evaluate import Asker, Evaluation, Target
    from akd_evals.suites import Suite


@click.command("eval")
@click.argument("model")
@click.option("--suite", "suites", multiple=True, required=True, help="As for akd score; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where samples and results are written.")
@click.option("-n", "n", default=1, show_default=True, type=click.IntRange(1), help="Samples a task.")
@click.option("--temperature", type=float, help="0 is greedy. [0 for one sample, 0.2 for several]")
@click.option("--top-p", type=float, help="Mass of the nucleus. [1 for one sample, 0.95 for several]")
@click.option("--max-tokens", default=512, show_default=True, type=click.IntRange(1), help="Tokens of an answer.")
@click.option("--seed", default=0, show_default=True, help="Equal seeds and settings give equal samples.")
@click.option("--batch-size", default=16, show_default=True, type=click.IntRange(1), help="Answers written at once.")
@click.option(
    "--style", type=click.Choice(["auto", "chat", "completion"]), default="auto", show_default=True, help="How to ask."
)
@click.option("--stop", multiple=True, help="A string that ends an answer, instead of the suite's own; repeatable.")
@click.option("--limit", type=click.IntRange(1), help="Only the first tasks of each suite.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")
@click.option(
    "--dtype", type=click.Choice(["auto", "float32", "bfloat16", "float16"]), default="auto", show_default=True
)
@click.option(
    "--concurrency", default=16, show_default=True, type=click.IntRange(1), help="Requests to a server at once."
)
@click.option("--k", "ks", multiple=True, type=click.IntRange(1), help="The k of pass@k; may be repeated. [1, 10, 100]")
@click.option("--workers", type=click.IntRange(1), help="Samples judged at once (default: the cores).")
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary).")
@click.option("--min-isolation", help="Refuse to run with a weaker backend than this.")
@click.option("--show-prompt", is_flag=True, help="Print the first task's prompt of each suite and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the summaries instead of tables.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(model: str, suites: tuple[str, ...], out: Path | None, as_json: bool, debug: bool, **options: Any) -> None:
    """Sample MODEL on suites and score its answers while others are being generated.

    MODEL is a hub id, a path, BASE+ADAPTER, a run directory (its newest round, or RUN@N), lab, or openai:NAME@URL.
    The same command again continues: no sample is drawn twice.

    Example: akd eval runs/demo --suite lab --out evals/demo
    """
    with reported(debug, resume="the same command again draws only what is left"):
        from akd_code.evaluate import find_target

        target = find_target(model)
        opened = [open_suite(name).first(options["limit"]) for name in dict.fromkeys(suites)]
        evaluations = _run(target, opened, out, as_json, options)
        if as_json:
            data = [one.summary.as_json() for one in evaluations]
            click.echo(json.dumps(data[0] if len(data) == 1 else data))
    faulty = [one for one in evaluations if one.summary.infra]
    for one in faulty:
        click.echo(f"akd: error: {infra_line(one.summary, list(one.results))}", err=True)
    if faulty:
        raise SystemExit(3)


def _run(
    target: Target, suites: list[Suite], out: Path | None, as_json: bool, options: dict[str, Any]
) -> list[Evaluation]:
    from akd_code.evaluate import Asker, EvalSampling, EvaluateError, evaluate
    from akd_code.evaluate.prompting import decide
    from akd_sandbox import Sandbox

    if out is None:
        if not options["show_prompt"]:
            raise EvaluateError("no --out; name a directory for samples and results")
        out = Path()  # nothing is written
    several = options["n"] > 1
    temperature, top_p = options["temperature"], options["top_p"]
    sampling = EvalSampling(
        options["n"],
        (0.2 if several else 0.0) if temperature is None else temperature,
        (0.95 if several else 1.0) if top_p is None else top_p,
        options["max_tokens"],
        options["seed"],
        options["batch_size"],
    )
    opened: Any
    if target.server:
        from akd_code.models import open_model

        opened = open_model(target.server, concurrency=options["concurrency"], timeout_s=600.0)
        style = "completion" if options["style"] == "completion" else "chat"
    else:
        from akd_code.student import load_student

        opened = load_student(target.model, adapter=target.adapter, device=options["device"], dtype=options["dtype"])
        style = decide(options["style"], opened)
    askers = [Asker(suite, style, options["stop"]) for suite in suites]  # type: ignore[arg-type]
    if options["show_prompt"]:
        _show(askers, None if target.server else opened)
        return []
    evaluations = []
    with (
        watcher(quiet=as_json) as watch,
        Sandbox(options["backend"], options["workers"], min_isolation=options["min_isolation"]) as box,
    ):
        for asker in askers:
            folder = out if len(askers) == 1 else out / asker.suite.name.replace("/", "_")
            one = evaluate(
                opened,
                asker,
                sampling,
                folder,
                box,
                watch,
                name=target.name,
                ks=options["ks"] or (1, 10, 100),
                concurrency=options["concurrency"],
            )
            evaluations.append(one)
            if not as_json:
                click.echo(_told(one))
    return evaluations


def _show(askers: list[Asker], student: Any) -> None:
    for asker in askers:
        click.echo(f"--- {asker.suite.name}, {asker.style}, first task ---")
        click.echo(asker.shown(student, asker.suite.tasks[0]))
        if stops := asker.stops(asker.suite.tasks[0]):
            click.echo(f"--- stops: {', '.join(map(repr, stops))}")


def _told(one: Evaluation) -> str:
    lines = [table(one.summary, list(one.results))]
    if one.tokens_per_s is not None:
        lines.append(f"  {one.generated} answers generated, {one.tokens_per_s:.0f} tokens/s")
    if one.cut:
        lines.append(f"  {one.cut} answers were cut at the token limit; raise --max-tokens if they count")
    return "\n".join(lines)
