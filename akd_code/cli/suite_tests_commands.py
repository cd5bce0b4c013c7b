"""`akd data validate-tests` and `akd data strengthen-tests`: suites to trust, from a file to a file."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.referee.suite_work import Outcome, Work

_IN = click.argument("suites", type=click.Path(path_type=Path), metavar="IN.jsonl")
_OUT = click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSONL file to write."
)
_SOLUTIONS = click.option(
    "--solutions", type=click.Path(path_type=Path), help="JSONL of further programs: id, and solution or solutions."
)
_MAJORITY = click.option(
    "--majority",
    type=click.FloatRange(0, 1),
    default=0.6,
    show_default=True,
    help="Share of the solutions that must agree, where no program is trusted.",
)
_BACKEND = click.option(
    "--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary)."
)
_WORKERS = click.option("--workers", type=click.IntRange(1), help="Programs at once (default: the cores).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the figures and every suite as JSON.")
_SHOWN = 20
_DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


@click.command("validate-tests")
@_IN
@_OUT
@_SOLUTIONS
@click.option("--min-tests", type=click.IntRange(1), default=5, show_default=True, help="A suite needs that many.")
@_MAJORITY
@_BACKEND
@_WORKERS
@_JSON
@_DEBUG
def validate_tests(
    suites: Path,
    out: Path,
    solutions: Path | None,
    min_tests: int,
    majority: float,
    backend: str,
    workers: int | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Keep only the tests that can be trusted: those that a trusted program passes, or that many solutions agree on.

    A line of IN has `prompt`, `entry_point`, `tests`, and what they are held to: `canonical_solution` (or `answer`), or
    `solutions`, three or more programs that nobody vouches for. Tests that pass one time and fail the next are dropped;
    a suite with too few left, or one that cannot fail, is written without tests, and `referee` says why.

    Example: akd data validate-tests seeds.jsonl --out checked.jsonl --solutions samples.jsonl
    """
    with reported(debug, resume="the same command continues"):
        from akd_code.referee.suite_work import ValidateSuites

        outcomes = _worked(suites, solutions, out, ValidateSuites(min_tests, majority), backend, workers, as_json)
        kept, tests = (sum(one.facts[name] for one in outcomes) for name in ("kept", "tests"))
        valid = sum(one.ok for one in outcomes)
        figures = {
            "suites": len(outcomes),
            "valid": valid,
            "tests": tests,
            "kept": kept,
            "flaky": sum(one.facts["flaky"] for one in outcomes),
        }
        said = f"{valid} of {len(outcomes)} suites can be trusted, with {kept} of {tests} tests; {out}"
        _tell(outcomes, figures, said, as_json)


@click.command("strengthen-tests")
@_IN
@_OUT
@click.option(
    "--by",
    "sources",
    default="reference",
    show_default=True,
    metavar="SOURCES",
    help="Where expectations come from, comma-separated: reference, differential, properties.",
)
@click.option(
    "--second-reference",
    "--solutions",
    "solutions",
    type=click.Path(path_type=Path),
    help="JSONL of other programs for each task (id, and solution or solutions).",
)
@_MAJORITY
@click.option("--inputs", type=click.IntRange(1), default=150, show_default=True, help="New inputs that are tried.")
@click.option("--most", type=click.IntRange(1), default=12, show_default=True, help="New tests of a suite at most.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the inputs and the mutants.")
@_BACKEND
@_WORKERS
@_JSON
@_DEBUG
def strengthen_tests(
    suites: Path,
    out: Path,
    sources: str,
    solutions: Path | None,
    majority: float,
    inputs: int,
    most: int,
    seed: int,
    backend: str,
    workers: int | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Add tests that catch faults which a suite lets pass.

    A line of IN has `prompt`, `entry_point`, `tests`, and `canonical_solution` (or `answer`), a program that is right,
    or `solutions`, programs that nobody vouches for. New inputs are made from those in the tests; a test is kept only
    if it fails a faulty program that passes all others.

    What is expected comes from the program that is right (reference); where a second program (the first of `solutions`,
    or --second-reference) answers otherwise there is no test, and the input is listed. Or from what most of three or
    more solutions answer (differential); who said what is listed where they differ. Or from properties that the
    program, or most of the solutions, were seen to have (properties).

    Example: akd data strengthen-tests seeds.jsonl --out stronger.jsonl --by differential --solutions samples.jsonl
    """
    with reported(debug, resume="the same command continues"):
        from dataclasses import asdict

        from akd_code.referee.suite_work import StrengthenSuites, sources_named, total_score

        work = StrengthenSuites(seed, inputs, most, sources_named(sources), majority)
        outcomes = _worked(suites, solutions, out, work, backend, workers, as_json)
        score = total_score(outcomes)
        added, differ = (sum(one.facts[name] for one in outcomes) for name in ("added", "differ"))
        stronger = sum(one.facts["added"] > 0 for one in outcomes)
        disagreeing = sum(one.facts["differ"] > 0 for one in outcomes)
        figures = {
            "suites": len(outcomes),
            "strengthened": stronger,
            "added": added,
            "score": asdict(score),
            "differ": differ,
            "disagreeing": disagreeing,
            "divided": sum("divided" in one.facts for one in outcomes),
            "properties": dict(Counter(name for one in outcomes for name in one.facts.get("properties", ()))),
        }
        said = (
            f"{stronger} of {len(outcomes)} suites have {added} new tests; mutants killed: "
            f"{_share(score.before, score.mutants)} -> {_share(score.after, score.mutants)}, of those that no other "
            f"implies {_share(score.subsuming_before, score.subsuming)} -> "
            f"{_share(score.subsuming_after, score.subsuming)}; two programs differ on {disagreeing} tasks, "
            f"solutions on {figures['divided']}; {out}"
        )
        _tell(outcomes, figures, said, as_json)


def _worked(
    suites: Path, solutions: Path | None, out: Path, work: Work, backend: str, workers: int | None, quiet: bool
) -> list[Outcome]:
    """Do the work on every suite and write the lines; what an interrupted command did lies beside the output."""
    from akd_code.errors import AkdError
    from akd_code.referee.suite_rows import read_suites, write_suites
    from akd_code.referee.suite_work import work_through
    from akd_sandbox import Sandbox

    if solutions is not None and out.resolve() == solutions.resolve():
        raise AkdError(f"--out would overwrite the solutions in {solutions}; choose another place")
    rows = read_suites(suites, solutions)
    part = out.with_name(f".{out.name}.part")
    with _writing(out):
        part.touch()
    with watcher(quiet) as watch, Sandbox(backend, workers) as box:
        watch.stage(None, f"{len(rows)} suites")
        outcomes = work_through(rows, work, box, part, watch.progress)
    write_suites(out, [one.line for one in outcomes])
    with contextlib.suppress(OSError):
        part.unlink()
    return outcomes


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    from akd_code.errors import AkdError

    try:
        yield
    except OSError as error:
        raise AkdError(f"cannot write {out} ({error.strerror}); choose another place") from None


def _tell(outcomes: list[Outcome], figures: dict[str, Any], said: str, as_json: bool) -> None:
    if as_json:
        suites = [{"id": one.name, "ok": one.ok, **one.facts} for one in outcomes]
        click.echo(json.dumps({**figures, "suites_by_id": suites}))
        return
    reasons: dict[str, list[str]] = {}
    for one in outcomes:
        if one.reason:
            reasons.setdefault(one.reason, []).append(one.name)
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
        click.echo(f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}")
    click.echo(said)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
