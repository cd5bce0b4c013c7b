"""`akd status`: where a run stands."""

from __future__ import annotations

import json
from pathlib import Path

import click

from akd_code.cli.faults import reported


@click.command("status")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(run: Path, as_json: bool, debug: bool) -> None:
    """Show which steps of the run directory RUN are finished, how long they took and what they cost.

    Example: akd status runs/demo
    """
    with reported(debug):
        from dataclasses import asdict

        from akd_code.run.folder import read_steps

        steps = read_steps(run)
    if as_json:
        click.echo(json.dumps([asdict(step) for step in steps]))
        return
    for step in steps:
        cost = "" if step.worth_usd is None else f"  US$ {step.worth_usd:.4f}"
        click.echo(f"round {step.round}  {step.stage:24} {step.wall_s:8.1f} s{cost}")
    click.echo(f"{len(steps)} steps finished, {sum(step.wall_s for step in steps):.0f} s of work")
    summary = run / "summary.json"
    if summary.exists():
        for one in json.loads(summary.read_text(encoding="utf-8"))["rounds"]:
            figures = ", ".join(f"{suite} {100 * exam['pass@1']:.1f} %" for suite, exam in one["eval"].items())
            click.echo(f"after round {one['round']}: pass@1 {figures}")
