"""`akd data mask`: a training row's tokens by loss mask."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from akd_code.cli.faults import reported

if TYPE_CHECKING:
    from akd_code.student.mask import MaskedRow


@click.command("mask")
@click.argument("rows", type=click.Path(path_type=Path))
@click.option("--model", required=True, help="The student: a hub id, a folder or a GGUF file.")
@click.option("--row", default=1, show_default=True, type=click.IntRange(min=1), help="Which row, counted from 1.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def mask(rows: Path, model: str, row: int, as_json: bool, debug: bool) -> None:
    """Show which tokens of a row in ROWS, a JSONL file with `messages`, the student is trained on.

    Trained tokens are green, the stop token is reversed, the rest is dim; where the output is not a terminal, trained
    text stands between [[ and ]]. A row whose stop token would not be trained is refused with exit code 2.

    Example: akd data mask runs/demo/rounds/1/train.jsonl --model SmolLM2-135M-Instruct.Q4_1.gguf --row 3
    """
    with reported(debug):
        from akd_code.student import load_student
        from akd_code.student.mask import masked_row

        messages = _messages(rows, row)
        found = masked_row(load_student(_named(model), device="cpu"), messages)
        if as_json:
            told = {"row": row, "tokens": len(found.tokens), "trained": found.trained, "stop_trained": True}
            click.echo(json.dumps(told | {"mask": [asdict(token) for token in found.tokens]}))
            return
        if sys.stdout.isatty():
            _show_rich(found)
        else:
            click.echo(_plain(found))
        click.echo(f"row {row}: {len(found.tokens)} tokens, {found.trained} of them trained, the stop token among them")


def _named(model: str) -> str:
    if model != "lab":
        return model
    from akd_code.lab.student import base_student_path

    return str(base_student_path())


def _messages(path: Path, row: int) -> Any:
    """Return the messages of a row. Raises StudentError for a file or row that has none."""
    from akd_code.student import StudentError

    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise StudentError(f"cannot read {path}: {error}; give a JSONL file with messages") from None
    if row > len(lines):
        raise StudentError(f"{path} has {len(lines)} rows, so there is no row {row}; give another --row")
    try:
        messages = json.loads(lines[row - 1])["messages"]
        if not messages or not all({"role", "content"} <= message.keys() for message in messages):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StudentError(
            f"row {row} of {path} has no messages; a row is "
            '{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}'
        ) from None
    return messages


def _plain(found: MaskedRow) -> str:
    text, inside = "", False
    for token in found.tokens:
        if token.trained != inside:
            text += "[[" if token.trained else "]]"
            inside = token.trained
        text += token.text
    return text + ("]]" if inside else "")


def _show_rich(found: MaskedRow) -> None:
    from rich.console import Console
    from rich.text import Text

    shown = Text()
    for token in found.tokens:
        style = "dim" if not token.trained else "reverse green" if token.stops else "green"
        shown.append(token.text, style=style)
    Console().print(shown)
