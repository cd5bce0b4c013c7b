"""`akd init`: a recipe and a few seeds to start from."""

from __future__ import annotations

from pathlib import Path

import click

from akd_code.cli.faults import reported


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(directory: Path, debug: bool) -> None:
    """Write recipe.yaml, with every key and what it means, and seeds.jsonl into DIRECTORY. Overwrites nothing.

    Example: akd init my-student
    """
    with reported(debug):
        from akd_code.errors import AkdError
        from akd_code.recipe.reference import SEEDS, commented_recipe

        files = {directory / "recipe.yaml": commented_recipe(), directory / "seeds.jsonl": SEEDS}
        for path in files:
            if path.exists():
                raise AkdError(f"{path} exists; choose another directory, or move it away")
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for path, text in files.items():
                path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise AkdError(f"cannot write into {directory}: {error.strerror}; choose another directory") from None
    click.echo(f"wrote {' and '.join(str(path) for path in files)}")
    click.echo(f"next: set teacher.model and student.model, then `akd run {directory / 'recipe.yaml'} --dry-run`")
