"""The edges of an entry as the whole system reads them: a file has the lineage of the model it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.catalog.accounts import SAME_AS, deciding
from llmreg.schema import Asset, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog
    from llmreg.schema import Edge


@dataclass(frozen=True, order=True)
class Link:
    """One typed edge from a child to a parent with the source on which it rests."""

    child: str
    parent: str
    relation: str
    stage: str | None
    how: str | None
    evidence: str


def same_as(catalog: Catalog, entry_id: str) -> tuple[str, ...]:
    """Give the entries of the same thing: those that an imported record names, and those that decide in its place."""
    entry = catalog[entry_id]
    named = entry.same_as if isinstance(entry, Asset) else ()
    return (*named, *(each for each in deciding(catalog, entry) if each not in named))


def edges_of(catalog: Catalog, entry_id: str) -> tuple[Edge, ...]:
    """Give the edges to an entry's parents; for a file those of the model it makes."""
    entry = catalog[entry_id]
    if isinstance(entry, Model) and entry.file_of:
        return catalog[entry.file_of].edges()
    return entry.edges()


def links_of(catalog: Catalog, entry_id: str) -> Iterator[Link]:
    """Give the edges to an entry's parents with their evidence written out."""
    entry = catalog[entry_id]
    stated_in = catalog[entry.file_of] if isinstance(entry, Model) and entry.file_of else entry
    for edge in stated_in.edges():
        evidence = str(stated_in.sources[edge.source])
        yield Link(entry_id, edge.of, edge.relation, edge.stage, edge.how, evidence)
    for other in same_as(catalog, entry_id):
        yield Link(entry_id, other, SAME_AS, None, None, str(entry.source_of("hub") or ""))
