"""`llmreg methods`: the installed methods with their settings, where they come from, and what is wrong with others."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from llmreg.cli.options import JsonOption, console, echo, print_json
from llmreg.offers import describe, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmreg.plugins import Fault


def methods(json: JsonOption = False) -> None:
    """List the installed methods with their settings, and the plugins that cannot be used."""
    from llmreg.plugins import load

    plugins = load()
    rows = describe(plugins)
    if json:
        print_json({"methods": rows, "faults": [asdict(fault) for fault in plugins.faults]})
    else:
        print_methods(rows, plugins.faults)


def print_methods(rows: Sequence[dict[str, Any]], faults: Iterable[Fault]) -> None:
    """Print methods with their settings, then on standard error what is wrong with others."""
    for row in rows:
        _print(row)
    if not rows:
        echo("no method is installed; llmreg's own come with installing it, as by `pip install`", err=True)
    for fault in faults:
        echo(f"warning: {fault}", err=True)


def _print(row: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    out.print(f"[bold]{escape(row['name'])}[/]  {escape(row['summary'])}")
    origin = f"{row['distribution']} {row['version']}, {row['module']}"
    out.print(escape("  ".join(filter(None, [f"from {origin}", row["paper"]]))), style="dim")
    table = Table("setting", "type", "default", "", box=None, header_style="dim", padding=(0, 2, 0, 2))
    for setting in row["settings"]:
        default = "(needed)" if setting["required"] else plain(setting["default"])
        texts = (setting["name"], setting["type"], default, " ".join((setting["description"] or "").split()))
        table.add_row(*map(escape, texts))
    if row["settings"]:
        out.print(table)
    out.print()
