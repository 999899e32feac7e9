"""Tiers of evidence: whether an entry rests on sources that were read, on its author's card, or on a tracker's row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from llmreg.schema import Entry

Tier = Literal["curated", "card", "tracker"]
"""From best to worst."""


def tier_of(entry: Entry) -> Tier:
    """Return the tier of the evidence behind an entry."""
    importers = {source.importer for source in entry.sources.values() if source.importer}
    if not importers:
        return "curated"
    return "card" if importers <= {"hub"} else "tracker"
