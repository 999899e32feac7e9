"""`llmreg policies`: how far terms travel under each policy, and what changes from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmreg.cli.options import CatalogOption, JsonOption, check_use, console, open_catalog, print_json
from llmreg.errors import UsageError

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.schema import Policy


def policies(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Policies; all without ids.")] = None,
    use: Annotated[
        str | None, typer.Option(metavar="USE", help="With two policies: list the entries whose verdict differs.")
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Show the switches of policies side by side; of two policies only what differs."""
    from llmreg.schema import Policy

    entries = open_catalog(catalog)
    chosen = [entries.get_as(Policy, policy_id) for policy_id in ids or entries.ids(Policy)]
    if use and len(ids or ()) != 2:
        raise UsageError("--use compares two policies: name both")
    rows = _switches(chosen, differing=len(ids or ()) == 2)
    moved = _moved(entries, chosen, check_use(use)) if use else []
    if json:
        changed = [dict(zip(("id", *(policy.id for policy in chosen)), row, strict=True)) for row in moved]
        print_json({"switches": rows, **({"verdicts": changed} if use else {})})
        return
    _print(["switch", *(policy.id for policy in chosen)], [[name, *row.values()] for name, row in rows.items()])
    if use:
        _print([f"{use} use of", *(policy.id for policy in chosen)], moved)


def _switches(chosen: list[Policy], *, differing: bool) -> dict[str, dict[str, str]]:
    from llmreg.schema import Switches

    rows = {name: {policy.id: getattr(policy.switches, name) for policy in chosen} for name in Switches.model_fields}
    return {name: row for name, row in rows.items() if not differing or len(set(row.values())) > 1}


def _moved(catalog: Catalog, chosen: list[Policy], use: Any) -> list[list[str]]:
    """Give each model and dataset whose verdict differs between the policies."""
    from llmreg.licensing import Checker
    from llmreg.schema import Dataset, Model

    checker = Checker(catalog)
    asked = [*catalog.ids(Model), *catalog.ids(Dataset)]
    rows = [[entry_id, *(checker.check(entry_id, use, policy.id).verdict for policy in chosen)] for entry_id in asked]
    return [row for row in rows if len(set(row[1:])) > 1]


def _print(head: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(*head, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for row in rows:
        table.add_row(*row)
    console().print(table if rows else "no difference")
