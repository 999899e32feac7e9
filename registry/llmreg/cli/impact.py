"""`llmreg impact`: what hangs on a dataset, model, service or license, and what changes without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from llmreg.cli.groups import excludes
from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    USES,
    CatalogOption,
    Id,
    JsonOption,
    PolicyOption,
    check_use,
    console,
    open_catalog,
    print_json,
    several,
)
from llmreg.errors import counted
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from llmreg.audit import Changed, Impact, Rests
    from llmreg.catalog import Catalog
    from llmreg.licensing import Answer


@excludes("withdrawn", "relicensed")
@looks_up
def impact(
    entry_id: Id,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Suppose that it is left out of all that was made from it.")
    ] = False,
    relicensed: Annotated[
        str | None,
        typer.Option(
            metavar="LICENSE", help="Suppose that it stands under LICENSE; of a license, that LICENSE replaces it."
        ),
    ] = None,
    use: Annotated[
        list[str] | None,
        typer.Option(metavar="USE,...", help=f"One of {', '.join(USES)}; may be repeated. All without it."),
    ] = None,
    policy: PolicyOption = "standard",
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Show everything that is made from an entry, or every verdict that rests on a license.

    With --withdrawn or --relicensed, show also which verdicts would fall otherwise.
    """
    from llmreg.audit import impact as ask

    chosen = [check_use(each) for each in several(use, "--use")]
    uses: tuple[Use, ...] = tuple(each for each in get_args(Use) if each in chosen or not chosen)
    entries = open_catalog(catalog)
    license_id = _license(entries, relicensed) if relicensed else None
    found = ask(entries, entry_id, withdrawn=withdrawn, license_id=license_id, uses=uses, policy=policy)
    print_json(found.to_json()) if json else _print(found, uses)


def _license(catalog: Catalog, name: str) -> str:
    from llmreg.catalog.names import license_named

    return license_named(catalog, name).id


def _print(found: Impact, uses: Sequence[Use]) -> None:
    """Print what hangs on the entry or license, then what changes, with the basis of the verdicts."""
    from rich.markup import escape

    from llmreg.licensing import DISCLAIMER

    out = console()
    _print_rests(found, uses) if found.kind == "license" else _print_downstream(found)
    if found.supposed:
        _print_changes(found)
    basis = f"evidence: {_basis(found)}; policy {found.policy}, as of {found.as_of}"
    out.print(f"[dim]{escape(basis)}; {DISCLAIMER}[/]")


def _basis(found: Impact) -> str:
    """Say on what the entries rest, naming with its tier each that is not curated."""
    from llmreg.catalog.tiers import CURATED, named_tiers

    unchecked = [(name, tier) for name, tier in found.tiers.items() if tier != "curated"]
    if len(unchecked) > _NAMED:
        return f"{len(unchecked):,} of {len(found.tiers):,} entries are not curated; --json has the tier of each"
    others = ", all others curated" if 0 < len(unchecked) < len(found.tiers) else ""
    return f"{named_tiers(unchecked)}{others}" if unchecked else CURATED


_NAMED = 20
"""Entries that the last line names at most."""


def _table(*head: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in head:
        table.add_column(name, no_wrap=name == "entry")
    return table


def _print_downstream(found: Impact) -> None:
    from rich.markup import escape

    out = console()
    if not found.downstream:
        out.print(f"[bold]{escape(found.id)}[/]: the catalog knows of nothing that was made from it")
        return
    reading = sum(each.needs_it for each in found.downstream)
    out.print(
        f"[bold]{escape(found.id)}[/]: {counted(len(found.downstream), 'entry')} downstream, "
        f"of which {counted(reading, 'recipe')} {'reads' if reading == 1 else 'read'} it"
    )
    table = _table("entry", "kind", "its terms come as", "recipe", "path")
    for each in found.downstream:
        steps = zip(each.relations, each.path[1:], strict=True)
        path = " ".join(f"-({relation})-> {parent}" for relation, parent in steps)
        needs_it = "reads it" if each.needs_it else ""
        table.add_row(escape(each.id), each.kind, _WAYS.get(each.way or "none", each.way), needs_it, escape(path))
    out.print(table, "")


_WAYS = {
    **dict.fromkeys(("itself", "weights", "converted", "quantized"), "in full"),
    "none": "[dim]nothing[/]",
}
"""Ways in words; the others are called what they are."""


def _print_rests(found: Impact, uses: Sequence[Use]) -> None:
    from rich.markup import escape

    from llmreg.licensing.render import colored

    rows: dict[str, list[Rests]] = {}
    for each in found.rests:
        rows.setdefault(each.id, []).append(each)
    decided = sum(each.decides for each in found.rests)
    out = console()
    resting = f"{counted(len(found.rests), 'verdict')} on {counted(len(rows), 'entry')} rest on it"
    out.print(f"[bold]{escape(found.id)}[/]: {resting}, and it decides {decided:,} of them")
    if not rows:
        return
    table = _table("entry", "stated for", *uses)
    for entry_id, rests in rows.items():
        cells = {each.use: colored(each.verdict, short=True) + "*" * each.decides for each in rests}
        path = min((each.reason.path for each in rests), key=len)
        stated_for = "itself" if len(path) == 1 else escape(path[-1])
        table.add_row(escape(entry_id), stated_for, *(cells.get(use, "") for use in uses))
    out.print(table, "* decided by it; empty: it does not bear on this use\n")


def _print_changes(found: Impact) -> None:
    """Print the verdicts that differ, those of one entry that differ alike in one row."""
    from rich.markup import escape

    from llmreg.licensing.render import colored
    from llmreg.licensing.words import sentence

    supposed = "is withdrawn" if found.supposed == "withdrawn" else f"stands under {found.supposed}"
    out = console()
    title = f"[bold]If {escape(found.id)} {escape(supposed)}[/]"
    if found.kind == "license":
        title = f"[bold]If {escape(found.supposed or '')} takes its place[/]"
    out.print(f"{title}: {len(found.changes):,} of {counted(found.compared, 'verdict')} change")
    if not found.changes:
        return
    rows: dict[tuple[str, Answer, Answer], list[Changed]] = {}
    for change in found.changes:
        rows.setdefault((change.id, change.before, change.after), []).append(change)
    table = _table("entry", "now", "then", "for", "because then")
    for (entry_id, before, after), changes in rows.items():
        because = changes[0].because
        table.add_row(
            escape(entry_id),
            colored(before, short=True),
            colored(after, short=True),
            ", ".join(change.use for change in changes),
            escape(sentence(because)) if because else "nothing is in the way",
        )
    out.print(table, "")
