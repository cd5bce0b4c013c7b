"""`akd modules`: look into a module store, and carry it from one run to another."""

from __future__ import annotations

import json
from pathlib import Path

import click

from akd_code.cli.faults import reported
from akd_code.cli.listed import ListedGroup

_EMBEDDER = click.option("--embedder", default="hashed", show_default=True, help="The embedder that the store has.")


@click.group("modules", cls=ListedGroup)
def command() -> None:
    """Verified modules of AMR-Evol: search, export, import. A run keeps its store in RUN/modules.db."""


@command.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@_EMBEDDER
def export(store: Path, out: Path, embedder: str) -> None:
    """Write the modules of STORE to OUT as JSON lines; `evolve.store: OUT` starts another run from them.

    Example: akd modules export runs/demo/modules.db modules.jsonl
    """
    with reported():
        from akd_code.modules import ModuleStore, open_embedder

        opened = ModuleStore(_existing(store), open_embedder(embedder))
        click.echo(f"{opened.export(out)} modules written to {out}")
        opened.close()


@command.command("import")
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@_EMBEDDER
def import_(store: Path, file: Path, embedder: str) -> None:
    """Add the modules of an exported FILE to STORE, which is made if it is not there. Import only what you trust.

    Example: akd modules import shared.db modules.jsonl
    """
    with reported():
        from akd_code.modules import ModuleStore, open_embedder, read_modules

        modules = read_modules(file)
        opened = ModuleStore(store, open_embedder(embedder))
        click.echo(f"{opened.import_modules(modules)} of {len(modules)} modules added to {store}")
        opened.close()


@command.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("text")
@click.option("-k", "count", type=click.IntRange(1), default=5, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_EMBEDDER
def search(store: Path, text: str, count: int, as_json: bool, embedder: str) -> None:
    """Show the modules of STORE that are nearest to TEXT.

    Example: akd modules search runs/demo/modules.db "keep the even numbers"
    """
    with reported():
        from akd_code.modules import ModuleStore, open_embedder

        opened = ModuleStore(_existing(store), open_embedder(embedder))
        (found,) = opened.search([text], count)
        uses = opened.uses()
        for one in found:
            row = {"cosine": round(one.cosine, 3), "signature": one.module.signature, "uses": uses[one.module.id]}
            if as_json:
                click.echo(json.dumps({**row, "docstring": one.module.docstring, "code": one.module.code}))
            else:
                shown = "".join(char if char.isprintable() else "?" for char in one.module.signature)
                click.echo(f"{row['cosine']:.3f}  {shown}  (shown {row['uses']} times)")
        opened.close()


def _existing(store: Path) -> Path:
    from akd_code.modules import StoreError

    if not store.is_file():
        raise StoreError(f"there is no module store {store}; a run with label.method amr makes RUN/modules.db")
    return store
