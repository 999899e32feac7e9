"""Whose text stands in a catalog: the sources that state a license of their own or ask to be credited."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmreg.catalog.load import Catalog
    from llmreg.schema import Source


def credited(catalog: Catalog) -> dict[str, dict[Source, list[str]]]:
    """Give for each repository or page its sources, each with the ids of the entries that use it."""
    origins: defaultdict[str, defaultdict[Source, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entry_id in catalog:
        for source in catalog[entry_id].sources.values():
            if source.license or source.attribution:
                origins[source.repository or source.url or "llmreg"][source].append(entry_id)
    return {origin: dict(uses) for origin, uses in origins.items()}
