"""`llmreg list` and `llmreg show`: what the catalog holds, and one entry whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    console,
    open_catalog,
    parse_pairs,
    print_json,
)
from llmreg.escaping import one_line

if TYPE_CHECKING:
    from rich.table import Table

    from llmreg.catalog import Catalog


def list_(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="models, datasets, licenses, methods, ... (default: models)")
    ] = "models",
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="KEY=VALUE", help="Keep entries with this value; may be repeated."),
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """List the entries of one kind."""
    from llmreg.errors import UsageError, did_you_mean
    from llmreg.schema import FOLDERS

    if kind == "methods":
        from llmreg.cli.methods import methods
        from llmreg.offers import describe
        from llmreg.plugins import load

        if json:
            print_json(describe(load()))
        else:
            methods()
        return
    if kind not in FOLDERS:
        raise UsageError(
            f"no kind {kind!r}{did_you_mean(kind, [*FOLDERS, 'methods'])}; there are {', '.join(FOLDERS)} and methods"
        )
    entries = open_catalog(catalog)
    wanted = parse_pairs(where or (), "--where")
    rows = [
        row for row in (_row(entries, entry_id) for entry_id in entries.ids(FOLDERS[kind])) if _matches(row, wanted)
    ]
    if json:
        print_json(rows)
        return
    console().print(_table(rows) if rows else f"no {kind} match")


def _table(rows: list[dict[str, Any]]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    columns = [
        name
        for name in ("id", "name", "category", "method", "licenses", "released")
        if any(row.get(name) for row in rows)
    ]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:  # an id is there to be copied, so it is never cut
        widest = max((len(str(row.get(name) or "")) for row in rows), default=0) if name == "id" else None
        table.add_column(name, min_width=widest)
    for row in rows:
        table.add_row(*(escape(one_line(str(row.get(name) or ""))) for name in columns))
    return table


def _row(catalog: Catalog, entry_id: str) -> dict[str, Any]:
    entry = catalog[entry_id]
    row: dict[str, Any] = {"id": entry_id, "kind": entry.kind, "name": entry.name}
    for name in ("category", "released", "hub", "parameters", "rows", "tokens", "file_of"):
        if getattr(entry, name, None) is not None:
            row[name] = getattr(entry, name)
    recipe = getattr(entry, "recipe", None)
    if recipe:
        row["method"] = recipe.method
    claims = entry.license_claims()
    if claims:
        row["licenses"] = ", ".join(f"{component} {claim[-1].id}" for component, claim in claims.items())
    parents = sorted({edge.of for edge in entry.edges()})
    return {**row, "made_from": parents} if parents else row


def _matches(row: dict[str, Any], wanted: dict[str, str]) -> bool:
    for key, value in wanted.items():
        have = row.get(key)
        words = have if isinstance(have, list) else str(have).split(", ") + str(have).split()
        if value != str(have) and value not in words:
            return False
    return True


def show(entry_id: Id, json: JsonOption = False, catalog: CatalogOption = None) -> None:
    """Show one entry: what is known of it, on what evidence, and what is unknown."""
    if json:
        entries = open_catalog(catalog)
        entry = entries[entry_id]
        data = entry.model_dump(mode="json", exclude_defaults=True)
        children = [child for child in entries if any(edge.of == entry.id for edge in entries[child].edges())]
        print_json({"kind": entry.kind, **data, "children": children})
        return
    from llmreg.cli.quick import known_entry, print_entry

    known = known_entry(entry_id, catalog)
    if known is None:
        from llmreg.catalog.load import shown

        known = shown(open_catalog(catalog)[entry_id])
    print_entry(known)
