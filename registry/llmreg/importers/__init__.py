"""Take other people's trackers in: rows become records, records entries, entries files of a catalog folder.

A tracker is one module here with an `IMPORTER`. What they share: `record` (what a module gives), `checkout` (reading
files), `words` (reading cells), `names` and `edges` (what names mean), `licenses`, `entries`, `write` and `report`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from llmreg.catalog.index import SUFFIX
from llmreg.errors import LlmregError, UnknownIdError, UsageError
from llmreg.importers.checkout import Checkout, checked_commit
from llmreg.importers.record import Fault, Importer, Record, Skipped
from llmreg.importers.report import Report, count

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from llmreg.catalog import Catalog

NAMES = (
    "awesome-datasets",
    "croissant",
    "cyclonedx",
    "data-provenance",
    "ecosystem-graphs",
    "edges",
    "epoch",
    "llama-cult",
    "mot",
    "open-llms",
    "opening-up-chatgpt",
    "osai",
    "peatmoss",
)  # fmt: skip
"""The importers; each is the module of that name."""
HUB = "hub"
"""The one that writes an index in place of a folder, by `hub_index.import_hub`."""
_MODULES = {"edges": "edge_table"}
"""Those whose name is another module's."""

__all__ = ["HUB", "NAMES", "Report", "import_tracker", "importer_named"]


def importer_named(name: str) -> Importer:
    """Give the importer; raise `UnknownIdError` with the nearest name for one that does not exist."""
    if name not in NAMES:
        raise UnknownIdError(name, (*NAMES, HUB), "importer")
    importer = import_module(f"llmreg.importers.{_MODULES.get(name, name.replace('-', '_'))}").IMPORTER
    assert isinstance(importer, Importer)  # noqa: S101
    return importer


def import_tracker(
    name: str,
    path: Path,
    into: Path,
    catalog: Catalog,
    *,
    seen: date,
    commit: str | None = None,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Report:
    """Import a checkout of a tracker into a catalog folder, and report what came of it.

    Names are looked up in `catalog`. `commit` goes before the one that the checkout tells. `columns` says what the
    columns of a table are called, for importers that read tables of any names. With `dry_run` nothing is written.
    Raises `UsageError` where the commit of a tracker that is a repository is not known, or `into` can be no folder, and
    `LlmregError` where nothing comes in because of files that cannot be read.
    """
    from llmreg.importers.entries import Entries
    from llmreg.importers.standing import standing
    from llmreg.importers.write import Diff

    importer, checkout = importer_named(name), Checkout(path)
    if into.suffix == SUFFIX or into.is_file():
        what = f"names an index, which {HUB} alone writes" if into.suffix == SUFFIX else "is a file"
        raise UsageError(f"{into} {what}; {name} writes many files, so give a folder, such as --into my-catalog")
    if columns:
        if not importer.with_columns:
            raise UsageError(f"{name} reads files whose columns have fixed names; leave --column out")
        importer = importer.with_columns(columns)
    commit = checked_commit(commit) or checkout.commit()
    if importer.repository and not commit:
        raise UsageError(
            f"{path}: its commit is not known; give the root of a git checkout of {importer.repository}, or --commit"
        )
    items = list(importer.read(checkout))
    records = [item for item in items if isinstance(item, Record)]
    entries = Entries(catalog, importer, name, commit, seen)
    entries.skipped += [item for item in items if isinstance(item, Skipped)]
    broken = [item.place for item in items if isinstance(item, Skipped) and item.may_be_an_entry]
    edges = entries.add(records, standing(into, name, broken, records))
    unread = [skip for skip in entries.skipped if skip.unread]
    if unread and not entries.rows_in:
        raise LlmregError(unread[0].detail)
    diff = Diff(into, name, entries.files, whole=not any(skip.may_be_an_entry for skip in entries.skipped))
    if not dry_run:
        diff.write()
    faults = [*(item for item in items if isinstance(item, Fault)), *entries.faults, *edges.names.faults, *edges.faults]
    return Report(
        importer=name,
        repository=importer.repository,
        commit=commit,
        rows=len({place for item in records for place in item.places} | {skip.place for skip in entries.skipped}),
        rows_in=entries.rows_in,
        skipped=tuple(entries.skipped),
        **count(entries.files, edges),
        faults=tuple(faults),
        changes=tuple(diff.changes),
        unchanged=diff.unchanged,
        written=not dry_run,
    )
