"""`akd data`: the steps that prepare data, each on its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported
from akd_code.cli.hygiene_commands import decontaminate, dedupe
from akd_code.cli.import_command import import_rows
from akd_code.cli.listed import ListedGroup
from akd_code.cli.mask_command import mask
from akd_code.cli.suite_tests_commands import strengthen_tests, validate_tests
from akd_code.cli.tree_command import tree

if TYPE_CHECKING:
    from akd_evals.suites.mbpp import Problem


@click.group("data", cls=ListedGroup)
def command() -> None:
    """Prepare, check and export data sets."""


command.add_command(validate_tests)
command.add_command(strengthen_tests)
command.add_command(tree)


def _id_range(ctx: click.Context, param: click.Parameter, value: str) -> range:
    """Return the range that `601-974` or `601` means; raises BadParameter for what is no range."""
    match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", value)
    if match is None:
        raise click.BadParameter(f"{value!r} is no range of ids; write it as 601-974", ctx, param)
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    if last < first:
        raise click.BadParameter(f"{value!r} ends before it begins", ctx, param)
    return range(first, last + 1)


_MBPP = click.option(
    "--mbpp", required=True, type=click.Path(path_type=Path), help="The authors' mbpp.jsonl, or mbpp.jsonl.gz."
)
_IDS = click.option(
    "--ids", callback=_id_range, default="601-974", show_default=True, metavar="FROM-TO", help="Problems to take."
)
_OUT = click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSONL file to write."
)


@command.command("mbpp-seeds")
@_MBPP
@_IDS
@_OUT
def mbpp_seeds(mbpp: Path, ids: range, out: Path) -> None:
    """Write MBPP problems as seeds of a recipe: id, prompt, entry_point, tests (MBPP's asserts), setup.

    The prompt is the problem's text with the function's name and the first assert, which MBPP needs to be solvable;
    the ids 601-974 are its training split, which no MBPP score is measured on.

    Example: akd data mbpp-seeds --mbpp mbpp.jsonl --out seeds.jsonl
    """
    with reported():
        from akd_evals.files import write_atomically
        from akd_evals.suites.mbpp import seed_rows, to_jsonl

        problems = _problems(mbpp, ids)
        write_atomically(out, to_jsonl(seed_rows(problems)))
        click.echo(f"{len(problems)} seeds in {out}")


@command.command("mbpp-recorded")
@_MBPP
@_IDS
@_OUT
def mbpp_recorded(mbpp: Path, ids: range, out: Path) -> None:
    """Write MBPP's reference solutions as recorded answers to the prompts of mbpp-seeds: prompt, response.

    A model `recorded:FILE` answers from them, so that a recipe runs without an endpoint.

    Example: akd data mbpp-recorded --mbpp mbpp.jsonl --out recorded.jsonl
    """
    with reported():
        from akd_evals.files import write_atomically
        from akd_evals.suites.mbpp import recorded_rows, to_jsonl

        problems = _problems(mbpp, ids)
        write_atomically(out, to_jsonl(recorded_rows(problems)))
        click.echo(f"{len(problems)} recorded answers in {out}")


def _problems(path: Path, ids: range) -> list[Problem]:
    from akd_evals.errors import EvalError
    from akd_evals.suites.mbpp import read_problems

    problems = [problem for problem in read_problems(path)[0] if problem.number in ids]
    if not problems:
        raise EvalError(f"{path} has no problem with an id from {ids.start} to {ids.stop - 1}; give other --ids")
    return problems


command.add_command(dedupe)
command.add_command(decontaminate)
command.add_command(import_rows)
command.add_command(mask)
