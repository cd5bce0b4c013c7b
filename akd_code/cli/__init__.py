"""The `akd` command: one file a command, imported only when that command runs.

`akd --help` must answer in under 0.3 s, so this module knows the commands by name and one-line
help alone and imports a command's module when it is called.
"""

from __future__ import annotations

import importlib

import click

COMMANDS: dict[str, str] = {
    "exec": "Run one program against tests in the sandbox.",
    "score": "Score samples that already exist on a suite.",
    "eval": "Sample a model on suites and score its answers in one pipeline.",
    "compare": "Compare two scored runs, task by task, with a gate.",
    "suite": "The benchmarks that can be scored: list, show a task, check the references.",
    "run": "Run the distillation loop of a recipe; the same command again continues.",
    "status": "Show where a run stands and what it cost.",
    "export": "Write a student as a plain model folder, its adapter merged in.",
    "init": "Write a commented recipe and a few seeds.",
    "decompose": "Show what a program consists of: modules, calls, steps worth extracting.",
    "modules": "Verified modules of AMR-Evol: search, export, import.",
    "data": "Prepare, check and export data sets.",
    "lab": "The offline closed world: its teacher and its tasks.",
    "stress": "Security stress prompts: where a model writes vulnerable code, proven by exploit.",
    "sandbox": "What this host can isolate.",
}


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command called cmd_name, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"akd_code.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command list from COMMANDS without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="akd")
def main() -> None:
    """Distil small code models: teacher, sandboxed referee, adversary, honest figures."""
