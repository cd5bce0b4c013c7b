"""`akd export`: a student as a plain model folder, its adapter merged in."""

from __future__ import annotations

from pathlib import Path

import click

from akd_code.cli.faults import reported


@click.command("export")
@click.argument("model")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write; it must not exist.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    default="float32",
    show_default=True,
    help="What the merged weights are cast to, once.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(model: str, out: Path, dtype: str, debug: bool) -> None:
    """Write MODEL with its adapter merged into the weights: a folder that transformers, vLLM and others load.

    MODEL is a run directory (its newest round, or RUN@N) or BASE+ADAPTER. The merge is made in float32 and compared
    with the adapter beside the weights before anything is written.

    Example: akd export runs/demo@3 --out models/demo
    """
    with reported(debug):
        from akd_code.evaluate import EvaluateError, find_target
        from akd_code.student import load_student, merge_difference, save_merged

        target = find_target(model)
        if target.server:
            raise EvaluateError(f"{model!r} is served elsewhere; give a run or BASE+ADAPTER")
        if out.exists():
            raise EvaluateError(f"{out} exists; choose another --out, or remove it")
        student = load_student(target.model, adapter=target.adapter, device="cpu", dtype="float32")
        difference = merge_difference(student)
        save_merged(student, out, dtype)
        click.echo(f"{out}: {dtype}; merged and unmerged logits differ by {difference:.1e} at most")
