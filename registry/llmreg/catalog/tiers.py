"""Tiers of evidence: whether an entry rests on sources that were read, on its author's card, or on a tracker's row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from llmreg.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.schema import Entry, Source

Tier = Literal["curated", "card", "tracker"]
TIERS: tuple[Tier, ...] = ("curated", "card", "tracker")
"""From best to worst. Of two entries about one thing the better decides; see `accounts`."""
CURATED = "curated (sources read)"
_CARDS = {"hub"}
"""Importers that read what the author says; all others read what a third party says."""


def tier_of(entry: Entry) -> Tier:
    """Return the tier of the evidence behind an entry."""
    importers = {source.importer for source in _imported(entry)}
    if not importers:
        return "curated"
    return "card" if importers <= _CARDS else "tracker"


def weakest(tiers: Iterable[Tier]) -> Tier:
    """Return the worst of several tiers: a chain of statements is as good as its weakest; `curated` for none."""
    return max(tiers, key=TIERS.index, default="curated")


def named_tiers(tiers: Iterable[tuple[str, Tier]]) -> str:
    """Say on what several entries rest: one word where all are curated, else each with its tier."""
    each = [*tiers]
    return CURATED if all(tier == "curated" for _, tier in each) else ", ".join(f"{name} {tier}" for name, tier in each)


def evidence_for(entry: Entry) -> str:
    """Say in plain words on what an entry rests, with the day on which it was read."""
    tier = tier_of(entry)
    if tier == "curated":
        return CURATED
    source = next(each for each in _imported(entry) if each.importer not in _CARDS or tier == "card")
    held = getattr(entry, "hub", None) or one_line(entry.name)
    name = held if isinstance(held, str) else held[0]
    if tier == "tracker":
        return f"from a row of {source.importer} on {name}, read {source.seen}"
    if getattr(entry, "stub", False):
        return f"from cards that name {name}, read {source.seen}; its own was not read"
    return f"from the author's card of {name}, read {source.seen}"


def remark(entry: Entry) -> str:
    """Say on what an entry rests, where nobody of llmreg checked it; nothing of a curated one."""
    return "" if tier_of(entry) == "curated" else evidence_for(entry)


def _imported(entry: Entry) -> list[Source]:
    return [source for source in entry.sources.values() if source.importer]
