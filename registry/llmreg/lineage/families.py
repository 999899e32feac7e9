"""Families of entries: those whose weights, or whose rows, go back to the same root."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.lineage.edges import edges_of
from llmreg.schema import WEIGHT_RELATIONS, Entry

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

_FROM_ROOT = (*WEIGHT_RELATIONS, "derived-from")
_SIZE = re.compile(r"[\s-]+v?\d+(\.\d+)?\s*(x\d+)?[BMKT]\b.*|\s+(X*L|Large|Base|Small)$", re.IGNORECASE)


def base_of(catalog: Catalog, entry_id: str) -> str | None:
    """Give the entry that the first edge of weights, or of rows, leads to; nothing for a root."""
    parents = (edge.of for edge in edges_of(catalog, entry_id) if edge.relation in _FROM_ROOT)
    return next((each for each in parents if each in catalog), None)


def root_of(catalog: Catalog, entry_id: str) -> str:
    """Give the entry where the first edges of weights, or of rows, end; on a cycle the last one before it closes."""
    seen = [entry_id]
    while (base := base_of(catalog, seen[-1])) and base not in seen:
        seen.append(base)
    return seen[-1]


def family_of(catalog: Catalog, entry_id: str) -> str:
    """Give the name of the entry's root up to its size: guanaco-33b goes back to LLaMA 33B, so `LLaMA`."""
    name = catalog[root_of(catalog, entry_id)].name
    return _SIZE.sub("", name).strip() or name


def families(catalog: Catalog, kind: type[Entry]) -> dict[str, list[str]]:
    """Give the ids of one kind by family, both in order."""
    found: dict[str, list[str]] = {}
    for entry_id in catalog.ids(kind):
        found.setdefault(family_of(catalog, entry_id), []).append(entry_id)
    return dict(sorted(found.items()))
