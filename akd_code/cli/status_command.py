"""`akd status`: where a run stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported

if TYPE_CHECKING:
    from akd_code.run import ItemRow


@click.command("status")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--prompts",
    "gap",
    type=click.Choice(["hard", "easy", "retired", "no signal", "between", "undecided"]),
    help="List the prompts that the referee found so, instead of the steps.",
)
@click.option("--labels", "outcome", metavar="OUTCOME", help="List the labels that ended so: verified, failed, ...")
@click.option("--round", "number", type=click.IntRange(0), help="With --prompts or --labels: of this round only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the steps, or one object per item.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(run: Path, gap: str | None, outcome: str | None, number: int | None, as_json: bool, debug: bool) -> None:
    """Show which steps of the run directory RUN are finished, how long they took and what they cost.

    Example: akd status runs/demo --prompts hard
    """
    with reported(debug):
        from akd_code.errors import AkdError
        from akd_code.records import LabelOutcome
        from akd_code.run import read_items

        if gap is not None:
            _show_items(run, read_items(run, "discrimination", gap, number), as_json)
        elif outcome is not None:
            if outcome not in (known := [one.value for one in LabelOutcome]):
                raise AkdError(f"no label ends {outcome!r}; name one of {', '.join(known)}")
            _show_items(run, read_items(run, "labels", outcome, number), as_json)
        else:
            _show_steps(run, as_json)


def _show_steps(run: Path, as_json: bool) -> None:
    from akd_code.run import read_calls, read_step_costs, read_steps

    steps, costs, calls = read_steps(run), read_step_costs(run), read_calls(run)
    if as_json:
        rows = [{**asdict(step), "cost_usd": costs.get((step.round, step.stage))} for step in steps]
        click.echo(json.dumps(rows))
        return
    for step in steps:
        cost = costs.get((step.round, step.stage))
        said = "" if cost is None else f"  US$ {cost:.4f}"
        items = f"  {step.items} items" if step.items else ""
        click.echo(f"round {step.round}  {step.stage:24} {step.wall_s:8.1f} s{said}{items}")
    click.echo(f"{len(steps)} steps finished, {sum(step.wall_s for step in steps):.0f} s of work")
    for role, totals in calls.items():
        worth = "unknown cost" if totals.cost_usd is None else f"US$ {totals.cost_usd:.4f}"
        if not totals.attempts:  # what an older release wrote down: no call, only what they cost
            click.echo(f"{role}: {worth}")
            continue
        trouble = ", ".join(
            f"{count} {what}"
            for what, count in (("retried", totals.retried), ("refused", totals.refused), ("cut", totals.cut))
            if count
        )
        click.echo(
            f"{role}: {totals.calls} paid calls, {totals.prompt_tokens} + {totals.completion_tokens} tokens, {worth}"
            + (f" ({trouble})" if trouble else "")
        )
    if (run / "summary.json").exists():
        from akd_code.labelling.figures import suite_lines
        from akd_code.referee.judge_figures import judge_lines
        from akd_code.report import read_rounds

        for one in read_rounds(run):
            figures = ", ".join(f"{suite} {100 * share:.1f} %" for suite, share in one.passed.items())
            click.echo(f"after round {one.round}: pass@1 {figures}")
            for line in (
                *suite_lines(one.stages.get("labels", {})),
                *judge_lines(one.stages.get("discrimination", {})),
            ):
                click.echo(f"  {line}")


def _show_items(run: Path, rows: list[ItemRow], as_json: bool) -> None:
    from akd_code.run import read_labelled_prompts

    if as_json:
        for row in rows:
            click.echo(json.dumps({"round": row.round, "id": row.id, "state": row.state, **row.record()}))
        return
    prompts = read_labelled_prompts(run)
    for row in rows:
        prompt = prompts.get(row.id, {})
        text = " ".join(prompt.get("text", "").split())
        shown = "".join(char if char.isprintable() else "?" for char in text)
        said = [one for one in (row.record().get("reason", ""), _suite_line(prompt)) if one]
        click.echo(
            f"round {row.round}  {row.id}  {row.state:10} {shown[:90]}" + (f"  ({'; '.join(said)})" if said else "")
        )
    click.echo(f"{len(rows)} prompts")


def _suite_line(prompt: Mapping[str, Any]) -> str:
    """Return what is known of a prompt's suite; "" where it was not strengthened."""
    score = (prompt.get("tests") or {}).get("score")
    if not score:
        return ""
    return f"its tests kill {score['after']} of {score['mutants']} mutants; before strengthening, {score['before']}"
