"""`akd lab`: the offline teacher as a server, and a look at its tasks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from typing import Any

import click

from akd_code.cli.faults import reported
from akd_code.cli.listed import ListedGroup
from akd_code.recipe import LabSection


@click.group("lab", cls=ListedGroup)
def command() -> None:
    """The offline closed world: its teacher and its tasks."""


def _rate_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one option for each rate of the recipe's section `lab`, with its default and meaning."""
    for name, field in reversed(LabSection.model_fields.items()):
        if name in LabSection.tasks:
            continue
        flag, meaning = f"--{name.replace('_', '-')}", field.description
        function = click.option(flag, type=float, default=field.default, show_default=True, help=meaning)(function)
    return click.option("--seed", type=int, default=0, show_default=True, help="Seed of all its draws.")(function)


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; 0 takes a free one.")
@_rate_options
def serve(port: int, seed: int, **rates: Any) -> None:
    """Serve the lab's teacher as an OpenAI-compatible endpoint on loopback until Ctrl-C.

    Example: akd lab serve --port 8080, then use openai:lab@http://127.0.0.1:8080/v1 as the teacher of a recipe.
    """
    from akd_code.lab.server import TeacherServer
    from akd_code.recipe import recipe_from

    async def until_interrupted() -> None:
        server = TeacherServer(recipe_from({"lab": rates}, "akd lab serve").lab, seed)
        url = await server.start(port)
        click.echo(f"the lab's teacher listens: use openai:lab@{url} as a model; Ctrl-C ends it")
        try:
            await asyncio.Event().wait()
        finally:
            await server.stop()

    with reported(), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(until_interrupted())


@command.command()
@click.option("--depth", type=click.IntRange(1, 4), default=2, show_default=True, help="Steps a task is made of.")
@click.option("-n", "count", type=click.IntRange(1), default=3, show_default=True, help="How many tasks.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draw.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def tasks(depth: int, count: int, seed: int, as_json: bool) -> None:
    """Show tasks of the lab with their solutions and tests.

    Example: akd lab tasks --depth 3 -n 2
    """
    from akd_code.lab import grammar

    rng = random.Random(seed)
    for _ in range(count):
        task = grammar.sample_task(rng, depth, split="train")
        tests = grammar.assert_lines(task, 3, rng)
        if as_json:
            row = {
                "instruction": task.instruction,
                "entry_point": task.entry_point,
                "depth": task.depth,
                "families": list(task.families),
                "solution": task.solution,
                "tests": tests,
            }
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo(f"{task.instruction}\n\n{task.solution.rstrip()}\n\n" + "\n".join(tests) + "\n")
