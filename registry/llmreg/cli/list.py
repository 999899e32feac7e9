"""`llmreg list` and `llmreg show`: what the catalog holds, and one entry whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    console,
    echo,
    open_catalog,
    print_json,
)
from llmreg.cli.where import KEYS
from llmreg.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.schema import Entry


def list_(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="models, datasets, licenses, methods, ... (default: models)")
    ] = "models",
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", metavar="KEY=VALUE", help=f"Keep entries with this value of {', '.join(KEYS)}; may be repeated."
        ),
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """List the entries of one kind.

    With --where, `license` is that of a model's weights, of a dataset's data, of software's code; those of other parts
    are `code-license`, `adapter-license` and so on. A year or a month of `released` means all of its days.
    """
    from llmreg.errors import UsageError, did_you_mean
    from llmreg.schema import FOLDERS

    if kind == "methods":
        _list_methods(where or [], json=json, catalog=catalog)
        return
    if kind not in FOLDERS:
        raise UsageError(
            f"no kind {kind!r}{did_you_mean(kind, [*FOLDERS, 'methods'])}; there are {', '.join(FOLDERS)} and methods"
        )
    from llmreg.cli.where import Where

    entries = open_catalog(catalog)
    asked = Where(entries, FOLDERS[kind], where or ())
    listed = [entries[entry_id] for entry_id in entries.ids(FOLDERS[kind])]
    rows = [_row(entry) for entry in listed if asked.has(entry)]
    for hint in asked.hints(listed) if not rows else ():
        echo(hint, err=True)
    print_json(rows) if json else _print(kind, rows)


def _list_methods(where: list[str], *, json: bool, catalog: list[Path] | None) -> None:
    from llmreg.cli.methods import print_methods
    from llmreg.cli.where import rows_where
    from llmreg.errors import UsageError
    from llmreg.offers import describe
    from llmreg.plugins import load

    if catalog:
        raise UsageError("--catalog: methods come from installed plugins, and no catalog holds any; leave it out")
    plugins = load()
    rows = rows_where(describe(plugins), where, ("name", "plugin", "distribution"))
    if json:
        print_json(rows)
    elif rows or not where:
        print_methods(rows, plugins.faults)
    else:
        console().print("no methods match")


def _print(kind: str, rows: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    columns = [
        name
        for name in ("id", "tier", "name", "category", "method", "licenses", "released")
        if any(row.get(name) for row in rows) and (name != "tier" or any(row[name] != "curated" for row in rows))
    ]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:  # an id is there to be copied, so it is never cut
        whole = name in ("id", "tier")
        widest = max((len(str(row.get(name) or "")) for row in rows), default=0) if whole else None
        table.add_column(name, min_width=widest)
    for row in rows:
        table.add_row(*(escape(one_line(str(row.get(name) or ""))) for name in columns))
    console().print(table if rows else f"no {kind} match")


def _row(entry: Entry) -> dict[str, Any]:
    from llmreg.catalog.tiers import tier_of
    from llmreg.cli.where import methods_of

    row: dict[str, Any] = {"id": entry.id, "kind": entry.kind, "name": entry.name, "tier": tier_of(entry)}
    held = {"hub": "hub_id"}
    for name in ("category", "released", "hub", "parameters", "rows", "tokens", "file_of"):
        if (value := getattr(entry, held.get(name, name), None)) is not None:
            row[name] = value
    if methods := methods_of(entry):
        row["method"] = ", ".join(methods)
    claims = entry.license_claims()
    if claims:
        row["licenses"] = ", ".join(f"{component} {claim[-1].id}" for component, claim in claims.items())
    parents = sorted({edge.of for edge in entry.edges()})
    return {**row, "made_from": parents} if parents else row


@looks_up
def show(entry_id: Id, json: JsonOption = False, catalog: CatalogOption = None) -> None:
    """Show one entry: what is known of it, on what evidence, and what is unknown."""
    if json:
        entries = open_catalog(catalog)
        entry = entries[entry_id]
        children = [child for child in entries if any(edge.of == entry.id for edge in entries[child].edges())]
        data = {**entry.model_dump(mode="json", exclude_defaults=True), "children": children}
        print_json({"kind": entry.kind, **data, **_accounts_as_json(entries, entry)})
        return
    from llmreg.cli.quick import known_entry, print_entry

    known = known_entry(entry_id, catalog)
    if known is None:
        from llmreg.catalog.load import shown

        entries = open_catalog(catalog)
        entry = entries[entry_id]
        known = {**shown(entry), "accounts": [*_accounts(entries, entry)]}
    print_entry(known)


def _accounts(catalog: Catalog, entry: Entry) -> Iterator[str]:
    """Say who else gives an account of the entry, and where the accounts differ."""
    from llmreg.catalog.accounts import accounts, differences
    from llmreg.catalog.tiers import evidence_for
    from llmreg.licensing.words import said

    yield from (f"{other.id}: {evidence_for(other)}" for other in accounts(catalog, entry))
    for each in differences(catalog, entry):
        yield f"they differ in {each.about}, and the first decides:"
        yield from (f"  {one}" for one in said(each))


def _accounts_as_json(catalog: Catalog, entry: Entry) -> dict[str, Any]:
    from dataclasses import asdict

    from llmreg.catalog.accounts import accounts, differences
    from llmreg.catalog.tiers import evidence_for, tier_of

    differing = [asdict(each) for each in differences(catalog, entry)]
    for said in (said for each in differing for said in each["says"]):
        said["seen"] = said["seen"].isoformat() if said["seen"] else None
    others = [
        {"id": other.id, "tier": tier_of(other), "evidence": evidence_for(other)} for other in accounts(catalog, entry)
    ]
    return {"tier": tier_of(entry), "rests_on": evidence_for(entry), "accounts": others, "differences": differing}
