"""On what a verdict rests: the tier of each reason, and of what decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmreg.catalog.accounts import deciding
from llmreg.catalog.tiers import evidence_for, tier_of, weakest
from llmreg.licensing.verdict import EXIT_CODES
from llmreg.lineage import SAME_AS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog
    from llmreg.licensing.verdict import Answer, Reason
    from llmreg.schema import Entry

    Way = tuple[tuple[str, ...], tuple[str, ...]]
    """The ids of a path, and the relation of each of its steps."""


def with_evidence(catalog: Catalog, reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Add to each reason the tier of the weakest statement on its path, and on what that statement rests."""
    found = ((reason, _weakest(catalog, [_way(reason)])) for reason in reasons)
    return tuple(replace(one, tier=tier_of(entry), evidence=evidence_for(entry)) for one, entry in found)


def decisive(catalog: Catalog, verdict: Answer, reasons: tuple[Reason, ...], judged: Iterable[Way]) -> Entry:
    """Return the entry whose statement a verdict hangs on.

    What stands in the way needs only itself; a permission needs all that was judged to be true.
    """
    ways = [_way(reason) for reason in reasons[:1]]
    return _weakest(catalog, [*ways, *(judged if EXIT_CODES[verdict] == 0 else ())])


def _way(reason: Reason) -> Way:
    """Return the path that takes a statement at each step; what is unstated of a lineage is so at its end alone."""
    return (reason.path[-1:], ()) if reason.about == "lineage" else (reason.path, reason.relations)


def _weakest(catalog: Catalog, ways: Iterable[Way]) -> Entry:
    """Return the first entry with the weakest evidence of those that state a step of these ways, or their ends.

    A record in whose place another decides states nothing.
    """
    stating = [
        catalog[entry_id]
        for path, relations in ways
        for entry_id, relation in zip(path, (*relations, ""), strict=True)
        if relation != SAME_AS or not deciding(catalog, catalog[entry_id])
    ]
    tier = weakest(map(tier_of, stating))
    return next(entry for entry in stating if tier_of(entry) == tier)
