"""`akd sandbox`: what this host can isolate, and the image for containers."""

from __future__ import annotations

import json
from pathlib import Path

import click

from akd_code.cli.faults import reported
from akd_code.cli.listed import ListedGroup


@click.group("sandbox", cls=ListedGroup)
def command() -> None:
    """What this host can isolate, and what it costs."""


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
        rows = [{"backend": f.backend, "layer": f.layer, "works": f.works, "detail": f.detail} for f in findings]
        click.echo(json.dumps(rows))
        return
    for finding in findings:
        mark = "yes" if finding.works else "NO "
        name = f"  {finding.layer}" if finding.layer else finding.backend
        click.echo(f"{mark}  {name:14} {finding.detail}".rstrip())


@command.command("build-image")
@click.option(
    "--from",
    "source",
    type=click.Choice(["host", "dockerfile", "folder"]),
    default="host",
    show_default=True,
    help="This host's interpreter (needs no registry), the Dockerfile, or a root file system such as debootstrap's.",
)
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The folder, for `folder`.")
@click.option("--python", default="/usr/bin/python3", show_default=True, help="The interpreter in it, for `folder`.")
@click.option("--image", "name", help="Name of the image. [default: akd-sandbox:latest, or AKD_SANDBOX_IMAGE]")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def build_image(source: str, root: Path | None, python: str, name: str | None, debug: bool) -> None:
    """Make the image that the `docker` backend starts. Afterwards `--backend auto` takes docker.

    Example: akd sandbox build-image
    """
    with reported(debug):
        from akd_sandbox import image
        from akd_sandbox.container import connect

        if (source == "folder") != (root is not None):
            raise click.UsageError("--root goes with --from folder, and the other way round")
        name = name or image.image_name()
        client = connect()
        try:
            if root is not None:
                image.build_from_folder(client, name, root, python)
            elif source == "dockerfile":
                image.build_from_dockerfile(client, name)
            else:
                image.build_from_host(client, name)
            size = client.images.get(name).attrs["Size"]
        finally:
            client.close()
    click.echo(f"{name}: {size >> 20} MiB; `--backend auto` now takes docker")


@command.command()
@click.option("--samples", type=click.IntRange(1), default=400, show_default=True, help="Programs for each way.")
@click.option("--workers", type=click.IntRange(1), help="Programs at once. [default: the cores]")
@click.option(
    "--backend",
    "backends",
    type=click.Choice(["docker", "namespace", "process"]),
    multiple=True,
    help="May be repeated. [default: all]",
)
@click.option("--runtime", help="With docker: the container runtime, such as crun. [default: the engine's]")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def bench(
    samples: int, workers: int | None, backends: tuple[str, ...], runtime: str | None, as_json: bool, debug: bool
) -> None:
    """Measure what judging a trivial program costs on each backend, beside ways that isolate nothing.

    Example: akd sandbox bench --samples 400
    """
    with reported(debug):
        from akd_sandbox import LEVELS
        from akd_sandbox.bench import bench as measure
        from akd_sandbox.sandbox import cores

        at_once = workers or cores()
        speeds = []
        if not as_json:
            click.echo(f"{samples} programs of ten tests each, {at_once} at once")
            click.echo(f"{'':30} {'start s':>8} {'wall s':>8} {'a second':>9} {'processor ms each':>18}")
        for speed in measure(samples, at_once, backends or LEVELS, runtime=runtime):
            speeds.append(speed)
            if not as_json:
                cpu = "-" if speed.cpu_ms is None else f"{speed.cpu_ms:.2f}"
                row = f"{speed.start_s:8.2f} {speed.wall_s:8.2f} {speed.per_s:9.0f} {cpu:>18}"
                click.echo(f"{speed.way:30} {speed.problem or row}")
    if as_json:
        rows = [
            {
                "way": speed.way,
                "samples": speed.samples,
                "start_s": speed.start_s,
                "wall_s": speed.wall_s,
                "samples_per_s": speed.per_s,
                "cpu_ms_per_sample": speed.cpu_ms,
                "problem": speed.problem,
            }
            for speed in speeds
        ]
        click.echo(json.dumps(rows))
