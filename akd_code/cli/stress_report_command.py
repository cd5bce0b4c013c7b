"""`akd stress report`: what a stress run came to."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from akd_code.cli.faults import reported


@click.command("report")
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained page.")
@click.option("--json", "as_json", is_flag=True, help="Print figures and failures as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def report(out: Path, html: Path | None, as_json: bool, debug: bool) -> None:
    """Show what the answers in DIR came to: correct, secure, both, by weakness and family, with and without a hint.

    The page and the JSON have every answer that does what was asked and was exploited, with the exploits that worked.

    Example: akd stress report stress/demo --html stress.html
    """
    with reported(debug):
        from akd_code.storage import write_whole
        from akd_code.stress import failures, figures_of, html_report, read_results, report_json, text_report

        results = read_results(out)
        figures = figures_of(results)
        if html is not None:
            write_whole(html, html_report(results, figures))
        if as_json:
            found = [asdict(one) for one in failures(results)]
            click.echo(json.dumps(report_json(figures) | {"failures": found}))
        else:
            click.echo(text_report(figures))
