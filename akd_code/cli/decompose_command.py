"""`akd decompose`: what a program consists of."""

from __future__ import annotations

import json
from pathlib import Path

import click

from akd_code.cli.faults import reported


@click.command("decompose")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--language", help="python or javascript (default: by the file's name).")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead of the tree.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(file: Path, language: str | None, as_json: bool, debug: bool) -> None:
    """Show the modules of FILE: functions, methods, classes, top-level blocks, calls, and steps worth extracting.

    Broken and half-written code is welcome. Example: akd decompose solution.py
    """
    with reported(debug):
        from akd_code.decompose import decompose, language_of, tree_text
        from akd_code.errors import AkdError

        if file.is_dir():
            raise AkdError(f"{file} is a directory; give one file, such as {file / 'solution.py'}")
        chosen = language or language_of(file)
        try:
            source = file.read_bytes()
        except OSError as error:
            raise AkdError(f"cannot read {file}: {error.strerror}; give an existing file") from None
        found = decompose(source, chosen)
        click.echo(json.dumps(found.as_json(), ensure_ascii=True) if as_json else tree_text(found))
