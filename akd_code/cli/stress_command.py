"""`akd stress`: where a code model writes code with a weakness, proven by exploit."""

from __future__ import annotations

import click

from akd_code.cli.listed import ListedGroup
from akd_code.cli.stress_check_command import check
from akd_code.cli.stress_pairs_command import pairs
from akd_code.cli.stress_prompts_command import prompts
from akd_code.cli.stress_report_command import report
from akd_code.cli.stress_run_command import run


@click.group("stress", cls=ListedGroup)
def command() -> None:
    """Find where a code model writes vulnerable code, and prove it by exploit.

    Example: akd stress check
    """


command.add_command(check)
command.add_command(prompts)
command.add_command(run)
command.add_command(report)
command.add_command(pairs)
