"""`akd lab`: the offline teacher as a server, and a look at its tasks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from typing import Any

import click


@click.group("lab")
def command() -> None:
    """The offline closed world: its teacher and its tasks."""


def _settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one option for each field of TeacherSettings, with its default."""
    rates = {
        "error_base": (0.02, "Share of wrong answers to tasks of depth 1."),
        "error_per_depth": (0.04, "What every further step of a task adds to it."),
        "judge_noise": (0.05, "How often the judge takes one answer for the other."),
        "test_error": (0.05, "Share of wrong or malformed tests."),
        "garbled": (0.02, "Share of answers without the form that was asked for."),
        "stub_error": (0.7, "Factor on the error of a step whose stub is shown."),
        "module_error": (0.4, "Factor on the error of a step whose verified module is shown."),
        "cot_error": (0.9, "Factor on the error of an answer after thinking aloud."),
        "repair_error": (0.6, "Share of wrong answers that a repair leaves wrong."),
        "misled": (0.3, "Share of right answers that a wrong test makes wrong."),
        "stubborn": (0.3, "Share of draws that are the same however a task is asked."),
    }
    for name, (default, text) in reversed(rates.items()):
        option = click.option(f"--{name.replace('_', '-')}", type=float, default=default, show_default=True, help=text)
        function = option(function)
    return click.option("--seed", type=int, default=0, show_default=True, help="Seed of all its draws.")(function)


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; 0 takes a free one.")
@_settings_options
def serve(port: int, **settings: Any) -> None:
    """Serve the lab's teacher as an OpenAI-compatible endpoint on loopback until Ctrl-C.

    Example: akd lab serve --port 8080, then use openai:lab@http://127.0.0.1:8080/v1 as the teacher of a recipe.
    """
    from akd_code.lab.server import TeacherServer
    from akd_code.lab.teacher import LabError, TeacherSettings

    async def until_interrupted() -> None:
        server = TeacherServer(TeacherSettings(**settings))
        url = await server.start(port)
        click.echo(f"the lab's teacher listens: use openai:lab@{url} as a model; Ctrl-C ends it")
        try:
            await asyncio.Event().wait()
        finally:
            await server.stop()

    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(until_interrupted())
    except LabError as error:
        click.echo(f"akd: error: {error}", err=True)
        raise SystemExit(2) from None


@command.command()
@click.option("--depth", type=click.IntRange(1, 4), default=2, show_default=True, help="Steps a task is made of.")
@click.option("-n", "count", type=click.IntRange(1), default=3, show_default=True, help="How many tasks.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draw.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
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
