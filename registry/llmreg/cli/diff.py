"""`llmreg diff`: two entries side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    PolicyOption,
    console,
    open_catalog,
    print_json,
)

if TYPE_CHECKING:
    from llmreg.audit import Comparison


@looks_up
def diff(
    a: Id, b: Id, policy: PolicyOption = "standard", json: JsonOption = False, catalog: CatalogOption = None
) -> None:
    """Show how two entries differ: fields, licenses, recipe, results, parents, and the verdicts for each use."""
    from llmreg.audit import compare

    entries = open_catalog(catalog)
    found = compare(entries, a, b, policy=policy)
    print_json(found.to_json()) if json else _print(found)


def _print(found: Comparison) -> None:
    from rich import box
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table

    from llmreg.catalog.tiers import named_tiers
    from llmreg.licensing import DISCLAIMER
    from llmreg.licensing.render import colored

    out = console()
    kinds = f"both {found.kinds[0]}" if len(set(found.kinds)) == 1 else " and ".join(found.kinds)
    out.print(f"[bold]{escape(found.a)}[/] and [bold]{escape(found.b)}[/]: {kinds}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in ("", found.a, found.b):
        table.add_column(escape(head), overflow="fold")
    for row in found.differences:
        table.add_row(escape(row.field), *(escape(_cell(value)) for value in (row.a, row.b)))
    if found.verdicts:
        table.add_section()
    for judged in found.verdicts:
        answers = (colored(each) if each else "-" for each in (judged.a, judged.b))
        table.add_row(f"{judged.use} use", *answers)
    out.print(table if table.row_count else "no field differs", "")
    for title, parents in (
        (f"made from, only {found.a}", found.parents_of_a),
        (f"made from, only {found.b}", found.parents_of_b),
        ("made from, both", found.parents_of_both),
    ):
        if parents:
            out.print(f"[bold]{escape(title)}[/]")
            out.print(Padding(escape("\n".join(parents)), (0, 0, 0, 2), expand=False))
    if found.same:
        out.print(f"[bold]alike[/] {escape(', '.join(found.same))}")
    evidence = named_tiers(zip((found.a, found.b), found.tiers, strict=True))
    judged_by = f"; policy {found.policy}; {DISCLAIMER}" if found.verdicts else ""
    out.print(f"[dim]evidence: {escape(evidence + judged_by)}[/]")


def _cell(value: str | tuple[str, ...] | None) -> str:
    """Write single words in a row and longer items each on a line of its own."""
    if not isinstance(value, tuple):
        return value or "-"
    return (", " if all(" " not in item for item in value) else "\n").join(value)
