"""`akd stress pairs`: preference pairs out of a stress run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported
from akd_code.cli.watch import watcher

if TYPE_CHECKING:
    from akd_code.stress import Paired


@click.command("pairs")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSONL file to write.")
@click.option("--per-prompt", default=3, show_default=True, type=click.IntRange(1), help="Pairs per prompt, at most.")
@click.option(
    "--max-change",
    default=0.6,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="The share of tokens that may differ between the two programs, as harden.max_change.",
)
@click.option("--workers", type=click.IntRange(1), help="Processes of the sandbox (default: the cores).")
@click.option("--backend", default="auto", show_default=True, help="auto, docker, namespace, or process (no boundary).")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def pairs(
    folder: Path,
    out: Path,
    per_prompt: int,
    max_change: float,
    workers: int | None,
    backend: str,
    as_json: bool,
    debug: bool,
) -> None:
    """Write preference pairs from the answers in DIR: prompt, chosen and rejected, as TRL's trainers read them.

    Rejected is an answer of the model's that does what was asked and was exploited; chosen one that does it and
    withstands: another sample of the model, else the exercise's reference in the rejected program. Beside them stand
    pairs of benign controls, so that the model does not learn to refuse.

    Example: akd stress pairs stress/demo --out pairs.jsonl
    """
    with reported(debug):
        from akd_code.errors import AkdError
        from akd_code.storage import write_whole
        from akd_code.stress import read_results, stress_pairs
        from akd_sandbox import Sandbox

        results = read_results(folder)
        if not results.tested:
            raise AkdError(f"the prompts of {folder} have no tests: nothing is known to be exploited; use prompts with")
        with watcher(quiet=as_json) as watch, Sandbox(backend, workers) as box:
            watch.stage(None, "pairing answers")
            made = stress_pairs(
                results, box, per_prompt=per_prompt, max_change=max_change, workers=box.workers, progress=watch.progress
            )
        write_whole(out, "".join(json.dumps(one.as_json(), ensure_ascii=False) + "\n" for one in made.pairs))
        click.echo(json.dumps(_counts(made, out)) if as_json else _told(made, out))


def _counts(made: Paired, out: Path) -> dict[str, object]:
    from akd_code.stress import by_source

    return {
        "pairs": len(made.pairs),
        "by_source": dict(by_source(made.pairs)),
        "dropped": made.dropped,
        "out": str(out),
    }


def _told(made: Paired, out: Path) -> str:
    from akd_code.stress import by_source

    return "\n".join(
        [
            f"{len(made.pairs)} pairs in {out}",
            *(f"  {name}: {count}" for name, count in by_source(made.pairs)),
            *(f"  left out, {reason}: {count}" for reason, count in sorted(made.dropped.items())),
        ]
    )
