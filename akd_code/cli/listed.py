"""A group of commands whose help says what each does in a whole sentence."""

from __future__ import annotations

import click

_WHOLE = 1000
"""Characters of a sentence that are shown: more than any has. Click itself cuts after 45 or so."""


class ListedGroup(click.Group):
    """Lists each command with the first sentence of its help, wrapped instead of cut."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_WHOLE)) for name, one in commands if one is not None])
