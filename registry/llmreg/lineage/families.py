"""Families of entries: those whose weights, or whose rows, go back to the same root."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.lineage.edges import edges_of
from llmreg.schema import WEIGHT_RELATIONS

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

_FROM_ROOT = (*WEIGHT_RELATIONS, "derived-from")
_SIZE = re.compile(r"[\s-]+v?\d+(\.\d+)?\s*(x\d+)?[BMKT]\b.*", re.IGNORECASE)


def root_of(catalog: Catalog, entry_id: str) -> str:
    """Give the entry where the first edge of weights, or of rows, ends when it is followed to its end."""
    seen = [entry_id]
    while True:
        parents = (edge.of for edge in edges_of(catalog, seen[-1]) if edge.relation in _FROM_ROOT)
        parent = next((each for each in parents if each in catalog and each not in seen), None)
        if parent is None:
            return seen[-1]
        seen.append(parent)


def family_of(catalog: Catalog, entry_id: str) -> str:
    """Give the name of the entry's root up to its size: guanaco-33b goes back to LLaMA 33B, so `LLaMA`."""
    name = catalog[root_of(catalog, entry_id)].name
    return _SIZE.sub("", name).strip() or name
