"""`llmreg search`: find entries by words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from llmreg.cli.options import USES, CatalogOption, JsonOption, PolicyOption, console, echo, open_catalog, print_json
from llmreg.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.catalog import Catalog
    from llmreg.schema import Entry
    from llmreg.uses import Use


def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="Parts of names, makers or licenses.")],
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="Only models, datasets, licenses, ...")] = None,
    license_: Annotated[
        str | None, typer.Option("--license", metavar="ID", help="Only what states this license.")
    ] = None,
    verdict: Annotated[
        str | None, typer.Option(metavar="USE=VERDICT", help="Only what has this verdict, as commercial=allowed.")
    ] = None,
    policy: PolicyOption = "standard",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="Show at most so many.")] = 20,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Find entries whose names, Hub ids, makers, licenses or notes have all these words; slips are forgiven.

    Exit code: 0, or 1 where nothing is found.
    """
    from llmreg.catalog.search import search as find
    from llmreg.schema import FOLDERS, Entry

    if kind and kind not in FOLDERS:
        raise UsageError(f"--kind: no kind {kind!r}{did_you_mean(kind, FOLDERS)}; there are {', '.join(FOLDERS)}")
    entries = open_catalog(catalog)
    fits = _filter(entries, license_, verdict, policy)
    kinds = (FOLDERS[kind],) if kind else (Entry,)
    rows: list[dict[str, Any]] = []
    for hit in find(entries, " ".join(words), kinds, limit=None):
        entry = entries[hit.id]
        if fits(entry):
            rows.append(_row(entry))
        if len(rows) == limit:
            break
    print_json(rows) if json else _print(rows, words)
    raise typer.Exit(0 if rows else 1)


def _filter(entries: Catalog, license_: str | None, verdict: str | None, policy: str) -> Callable[[Entry], bool]:
    """Return the test of an entry that the options ask for."""
    from llmreg.catalog.names import license_named, names_of
    from llmreg.catalog.search import has_license
    from llmreg.licensing import ANSWERS, Checker
    from llmreg.schema import Dataset, Model, Service, Software

    names = frozenset(names_of(license_named(entries, license_))) if license_ else frozenset()
    use, _, answer = (verdict or "").partition("=")
    if verdict and (use not in USES or answer not in ANSWERS):
        raise UsageError(
            f"--verdict takes USE=VERDICT, not {verdict!r}: one of {', '.join(USES)}; one of {', '.join(ANSWERS)}"
        )
    checker = Checker(entries)

    def fits(entry: Entry) -> bool:
        if license_ and not has_license(entry, names):
            return False
        if not verdict:
            return True
        judged = isinstance(entry, Model | Dataset | Service | Software)
        return judged and checker.answer(entry.id, cast("Use", use), policy) == answer

    return fits


def _row(entry: Entry) -> dict[str, Any]:
    from llmreg.catalog.tiers import tier_of

    licenses = {part: [claim.id for claim in claims] for part, claims in entry.license_claims().items()}
    row = {"id": entry.id, "kind": entry.kind, "name": entry.name, "hub": getattr(entry, "hub_id", None)}
    return {**row, "licenses": licenses, "tier": tier_of(entry)}


def _print(rows: list[dict[str, Any]], words: list[str]) -> None:
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        echo(f"nothing has all of {' '.join(words)!r}; try fewer words, or bring cards in with `llmreg import hub`")
        return
    table = Table("id", "kind", "name", "license", "evidence", box=None, header_style="bold", pad_edge=False)
    table.columns[0].min_width = max(len(row["id"]) for row in rows)
    for row in rows:
        stated = ", ".join(dict.fromkeys(each for several in row["licenses"].values() for each in several))
        table.add_row(*map(escape, (row["id"], row["kind"], row["name"], stated, row["tier"])))
    console().print(table)
