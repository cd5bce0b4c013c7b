"""`akd sandbox`: what this host can isolate."""

from __future__ import annotations

import json

import click

from akd_code.cli.faults import reported


@click.group("sandbox")
def command() -> None:
    """What this host can isolate."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def doctor(as_json: bool, debug: bool) -> None:
    """Try each backend and print the layers that work here, and why not the rest.

    Example: akd sandbox doctor
    """
    with reported(debug):
        from akd_sandbox.doctor import examine

        findings = examine()
    if as_json:
        click.echo(json.dumps([{"layer": f.layer, "works": f.works, "detail": f.detail} for f in findings]))
        return
    for finding in findings:
        mark = "yes" if finding.works else "NO "
        click.echo(f"{mark}  {finding.layer:14} {finding.detail}".rstrip())
