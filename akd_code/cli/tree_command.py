"""`akd data tree`: what each prompt of a run was made from, and what was made of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported

if TYPE_CHECKING:
    from akd_code.curriculum.family import Branch

_SHOWN = 90


@click.command("tree")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("prompt", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per prompt, with parents and children.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def tree(run: Path, prompt: str | None, as_json: bool, debug: bool) -> None:
    """Show the family tree of the prompts of the run directory RUN, from the seeds and topics down.

    With PROMPT, an id or its first letters: what that prompt descends from, and what descends from it.

    Example: akd data tree runs/demo 1f3a9c2e
    """
    with reported(debug):
        from akd_code.curriculum.family import read_family

        family = read_family(run)
        only = None if prompt is None else family.around(family.find(prompt))
        if as_json:
            for member in family.members.values():
                if only is None or member.id in only:
                    click.echo(json.dumps(family.as_json(member)))
        elif sys.stdout.isatty():
            _show_rich(family.branches(only))
        else:
            for branch in family.branches(only):
                click.echo("  " * branch.depth + _line(branch))


def _line(branch: Branch) -> str:
    member = branch.member
    when = "" if member.round is None else f"round {member.round}"
    text = "".join(char if char.isprintable() else "?" for char in " ".join(member.text.split()))
    said = ("(above)" if branch.again else "", text[:_SHOWN])
    return "  ".join(part for part in (member.id, when, member.made, member.standing, *said) if part)


def _show_rich(branches: Iterable[Branch]) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    root = Tree("", hide_root=True)
    trail = [root]
    for branch in branches:
        del trail[branch.depth + 1 :]
        trail.append(trail[-1].add(Text(_line(branch), no_wrap=True, overflow="ellipsis")))
    Console().print(root)
