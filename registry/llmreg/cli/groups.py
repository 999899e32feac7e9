"""Groups of commands whose help says of each what it does, to the end of the sentence."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Group(TyperGroup):
    """Lists its commands with the whole first sentence of each, over several lines where it is long."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list; click itself would cut sentences off at the end of a line."""
        listed = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _sentence(command)) for name, command in listed if not command.hidden])


def _sentence(command: Any) -> str:
    return str(command.get_short_help_str(len(command.help or "") + 1))
