"""`akd run`: the loop of a recipe."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.recipe import Recipe
    from akd_code.report import RoundFigures


@click.command("run")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--set", "overrides", multiple=True, metavar="A.B=V", help="Override a key of the recipe; may be repeated."
)
@click.option("--run-dir", type=click.Path(path_type=Path), help="Where the run lives (default: runs/NAME).")
@click.option("--dry-run", is_flag=True, help="Print what the run would ask for, cost and take, then stop.")
@click.option(
    "--measure/--no-measure",
    default=True,
    help="Time a student at hand for the dry run (a minute or so), or go by its size. [measure]",
)
@click.option("--json", "as_json", is_flag=True, help="Print summary.json, or the dry run, as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    recipe: Path,
    overrides: tuple[str, ...],
    run_dir: Path | None,
    dry_run: bool,
    measure: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Run the distillation loop of RECIPE. The same command again continues where it stopped.

    Example: akd run recipes/demo.yaml --set seed=1 --run-dir runs/demo-1
    """
    with reported(debug, resume="run the same command again to continue"):
        from akd_code.recipe import load_recipe

        loaded = load_recipe(recipe, overrides)
        folder = run_dir or Path("runs") / loaded.name
        if dry_run:
            _show_forecast(loaded, measure, as_json)
            return
        from akd_code.distil import run_recipe

        with watcher() as watch:
            rounds = run_recipe(loaded, folder, watch)
        if as_json:
            click.echo(json.dumps(json.loads((folder / "summary.json").read_text(encoding="utf-8"))))
            return
        _show(loaded, folder, rounds)


def _show_forecast(recipe: Recipe, measure: bool, as_json: bool) -> None:
    from akd_code.curriculum.seeds import load_seeds
    from akd_code.loop import forecast
    from akd_code.stages.forecast import forecast_json, forecast_lines
    from akd_code.stages.pace import can_be_measured, measured_pace

    seeds, pace = load_seeds(recipe), None
    if measure and can_be_measured(recipe):
        click.echo("timing a few answers and training steps of the student (--no-measure leaves it out)", err=True)
        pace = measured_pace(recipe, seeds)
    estimate = forecast(recipe, pace)
    if as_json:
        click.echo(json.dumps(forecast_json(recipe, estimate)))
        return
    for line in forecast_lines(recipe, len(seeds), estimate):
        click.echo(line)


def _show(recipe: Recipe, folder: Path, rounds: list[RoundFigures]) -> None:
    from rich.console import Console

    from akd_code.report import depth_table, hardening_table, rounds_table

    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print()
    console.print(rounds_table(rounds))
    for more in (depth_table(rounds), hardening_table(rounds)):
        if more is not None:
            console.print()
            console.print(more)
    if "lab" in (recipe.teacher.model, *recipe.eval.suites):
        lab = recipe.lab
        console.print(
            f"\nLab figures, not a benchmark's: a closed world whose teacher errs on {100 * lab.error_base:.0f} % of "
            f"tasks at depth 1 and {100 * lab.error_per_depth:.0f} points more per depth.",
            highlight=False,
        )
    wall_s = sum(one.wall_s for one in rounds)
    console.print(f"{wall_s:.0f} s of work in {folder}", highlight=False, soft_wrap=True)
