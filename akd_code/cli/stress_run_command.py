"""`akd stress run`: a model answers stress prompts, and its answers are tried in the sandbox."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported
from akd_code.cli.model_options import loaded_model, sampling_of
from akd_code.cli.stress_prompts_command import detector_against, families_in
from akd_code.cli.suite_options import names_in
from akd_code.cli.watch import Watch, watcher

if TYPE_CHECKING:
    from akd_code.evaluate import EvalSpec, ExamSettings
    from akd_code.models import ChatModel
    from akd_code.stress import Bench, StressRun
    from akd_code.student import Student
    from akd_evals.suites import Suite
    from akd_sandbox import Sandbox

_AT_LEAST_1 = click.IntRange(1)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("run")
@click.argument("model", required=False)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where everything goes.")
@click.option("--suite", type=_FILE, help="Prompts in a JSONL file, with tests or without. [made on the spot]")
@click.option("--samples", type=_FILE, help="Answers that exist, instead of MODEL: as for akd score; needs --suite.")
@click.option("--hint", type=click.Choice(["both", "no", "yes"]), default="both", show_default=True,
              help="Ask without a sentence that says what to take care of, with it, or both ways.")  # fmt: skip
@click.option("--n", "count", type=_AT_LEAST_1, help="Prompts, at most. [300 made on the spot, all of a file's]")
@click.option("--only", help="Only these weaknesses: CWE-022,CWE-089.")
@click.option("--families", help="implicit, explicit-api, continue-benign, continue-vulnerable. [all]")
@click.option("--against", help="Benchmarks that no prompt made here may share a task with. [all that are here]")
@click.option("--seed", default=0, show_default=True, help="Of the prompts and of the answers.")
@click.option("-n", "n", default=1, show_default=True, type=_AT_LEAST_1, help="Samples per prompt.")
@click.option("--temperature", type=float, help="0 is greedy. [0 for one sample, 0.2 for several]")
@click.option("--top-p", type=float, help="Mass of the nucleus. [1 for one sample, 0.95 for several]")
@click.option("--max-tokens", type=_AT_LEAST_1, help="Tokens of an answer at most. [512, or the run's]")
@click.option("--batch-size", type=_AT_LEAST_1, help="Answers written at once. [16, or the run's]")
@click.option("--style", type=click.Choice(["auto", "chat", "completion"]), help="How to ask. [auto, or the run's]")
@click.option("--stop", multiple=True, help="A string that ends an answer; repeatable.")
@click.option("--context", type=click.Choice(["none", "prompt"]), default="prompt", show_default=True,
              help="prompt: judge answers with a prefix's own imports and helpers before them.")  # fmt: skip
@click.option("--packages", help="Packages that answers may import too, with commas between them.")
@click.option("--device", help="auto, cpu, cuda, cuda:1, mps. [auto, or the run's]")
@click.option("--dtype", type=click.Choice(["auto", "float32", "bfloat16", "float16"]), help="[auto, or the run's]")
@click.option("--concurrency", default=16, show_default=True, type=_AT_LEAST_1, help="Requests to a server at once.")
@click.option("--extra-body", metavar="JSON", help="Fields added to every request to a server, as a JSON object.")
@click.option(
    "--header", "headers", multiple=True, metavar="K=V", help="A header of every request; ${NAME}: a variable."
)
@click.option("--query", "queries", multiple=True, metavar="K=V", help="Query of every request.")
@click.option("--omit", multiple=True, metavar="FIELD", help="A setting not to send to a server; repeatable.")
@click.option("--retry-refused", is_flag=True, help="Ask a server again what it refused before.")
@click.option("--k", "ks", multiple=True, type=_AT_LEAST_1, help="The k of func-sec@k; may be repeated. [1, 10, 100]")
@click.option("--workers", type=_AT_LEAST_1, help="Answers judged at once. [the cores, or the run's]")
@click.option("--backend", help="auto, docker, namespace, or process (no boundary). [auto, or the run's]")
@click.option("--min-isolation", help="Refuse to run with a weaker backend than this. [none, or the run's]")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def run(model: str | None, out: Path, as_json: bool, debug: bool, **options: Any) -> None:
    """Ask MODEL stress prompts and try its answers: do they do what was asked, and does an exploit of them work?

    MODEL is what akd eval takes: a hub id, a path, a GGUF file, BASE+ADAPTER, a run directory, or openai:NAME@URL. The
    same command again continues: nothing is sampled or judged twice. Prompts without tests are looked at by analysers
    alone, and the report says so.

    Example: akd stress run runs/demo --out stress/demo --n 300
    """
    with reported(debug, resume="the same command again does only what is left"):
        from akd_code.errors import AkdError

        if (model is None) == (options["samples"] is None):
            raise AkdError("give either MODEL or --samples FILE with --suite")
        with watcher(quiet=as_json) as watch:
            variants, tested = _prompts(out, options, watch)
            if model is not None:
                _asked(model, variants, tested, out, options, watch)
            else:
                _scored(variants, tested, out, options, watch)
        spoilt = _report(out, as_json)
    if spoilt:
        click.echo(f"akd: error: {spoilt}", err=True)
        raise SystemExit(3)


def _report(out: Path, as_json: bool) -> str:
    """Print the figures, and return what could not be judged by a fault of ours as one line, "" where all was."""
    from akd_code.stress import figures_of, read_results, report_json, text_report

    results = read_results(out)
    figures = figures_of(results)
    click.echo(json.dumps(report_json(figures)) if as_json else text_report(figures))
    answers = [one for variant in results.variants for one in variant.answers]
    spoilt = [(one.task.task_id, one.judged.detail) for one in answers if one.judged is not None and one.judged.infra]
    if not spoilt:
        return ""
    return (
        f"{len(spoilt)} of {len(answers)} samples could not be judged and count neither way "
        f"({': '.join(spoilt[0])}); the same command again tries them anew"
    )


def _prompts(out: Path, options: dict[str, Any], watch: Watch) -> tuple[list[tuple[str, Suite]], bool]:
    """Write the variants' prompts and return (variant, suite) of each, and whether they have tests."""
    from akd_code.errors import AkdError
    from akd_code.stress import HINTED, PLAIN, PROMPTS

    if options["samples"] is not None and (options["suite"] is None or options["hint"] == "both"):
        raise AkdError("--samples needs --suite, and --hint no or yes: which prompts were answered?")
    bench = _bench(options, watch)
    folder = out / PROMPTS
    folder.mkdir(parents=True, exist_ok=True)
    chosen: list[tuple[str, Bench]] = [] if options["hint"] == "yes" else [(PLAIN, bench)]
    if options["hint"] != "no":
        if any(row.get("hint") for row in bench.rows):
            chosen.append((HINTED, bench.hinted()))
        elif options["hint"] == "yes":
            raise AkdError('no prompt has a hint; give --hint no, or prompts with a field "hint"')
        else:
            watch.note("no prompt has a hint: they are asked as they are alone")
    return [(name, one.written(folder)) for name, one in chosen], bench.tested


def _bench(options: dict[str, Any], watch: Watch) -> Bench:
    from akd_code.security import cells, draw_prompts, weaknesses
    from akd_code.stress import bench_of, read_bench

    if options["suite"] is not None:
        bench = read_bench(options["suite"])
        return bench.only(names_in(options["only"]), names_in(options["families"])).first(options["count"])
    watch.stage(None, "making prompts")
    chosen = cells(weaknesses(names_in(options["only"])), families_in(options["families"]))
    detector = detector_against(options["against"], watch)
    drawn = draw_prompts(chosen, options["count"] or 300, options["seed"], detector, progress=watch.progress)
    return bench_of(drawn.prompts)


def _asked(
    spec: str, variants: list[tuple[str, Suite]], tested: bool, out: Path, options: dict[str, Any], watch: Watch
) -> None:
    from akd_code.evaluate import ExamSettings, find_target, run_settings
    from akd_code.stress import stress_model

    target = find_target(spec)
    base = ExamSettings() if target.recipe is None else run_settings(target.recipe)
    settings = _settings(base, options)
    loaded = loaded_model(target, settings, options)
    specs = [(name, _spec(target.name, suite, settings, loaded, options["stop"])) for name, suite in variants]
    with _box(settings, tested) as box:
        stress_model(
            loaded, specs, _run(settings, tested, options), out, box, watch,
            concurrency=options["concurrency"], retry_refused=options["retry_refused"],
        )  # fmt: skip


def _scored(variants: list[tuple[str, Suite]], tested: bool, out: Path, options: dict[str, Any], watch: Watch) -> None:
    from akd_code.evaluate import ExamSettings
    from akd_code.stress import stress_samples

    settings = _settings(ExamSettings(), options)
    with _box(settings, tested) as box:
        stress_samples(options["samples"], variants[0], _run(settings, tested, options), out, box, watch)


def _settings(base: ExamSettings, options: dict[str, Any]) -> ExamSettings:
    """Return what was given on the command line, over `base`."""
    sandbox = {name: options[name] for name in ("backend", "workers", "min_isolation") if options[name] is not None}
    asked = {name: options[name] for name in ("style", "device", "dtype") if options[name] is not None}
    scoring = replace(base.scoring, context=options["context"], packages=names_in(options["packages"]))
    return replace(
        base,
        sampling=sampling_of(base.sampling, options),
        scoring=scoring,
        sandbox=base.sandbox.model_copy(update=sandbox),
        **asked,
    )


def _spec(
    name: str, suite: Suite, settings: ExamSettings, loaded: Student | ChatModel, stop: tuple[str, ...]
) -> EvalSpec:
    from akd_code.evaluate import EvalSpec, TaskPrompts, decide_style
    from akd_code.student import Student

    style = decide_style(settings.style, loaded if isinstance(loaded, Student) else None)
    return EvalSpec(name, TaskPrompts(suite, style, stop), settings.sampling, settings.scoring)


def _run(settings: ExamSettings, tested: bool, options: dict[str, Any]) -> StressRun:
    from akd_code.stress import StressRun

    return StressRun(tested, settings.scoring, options["ks"] or (1, 10, 100))


@contextlib.contextmanager
def _box(settings: ExamSettings, tested: bool) -> Iterator[Sandbox | None]:
    """Give the sandbox for as long as the block runs; None where there is nothing to run in it."""
    from akd_sandbox import Sandbox

    if not tested:
        yield None
        return
    sandbox, packages = settings.sandbox, settings.scoring.packages
    with Sandbox(sandbox.backend, sandbox.workers, settings.limits, sandbox.min_isolation, packages=packages) as box:
        yield box
