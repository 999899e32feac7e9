"""Accounts of one thing: the entries that are about it, whose evidence decides, and where the others say otherwise.

Curated wins over card, card over tracker. What loses is not read in the place of what wins, nor mixed into it: it is
shown next to it where it differs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named, normal
from llmreg.catalog.roots import built_in
from llmreg.catalog.tiers import TIERS, Tier, evidence_for, tier_of
from llmreg.errors import UnknownIdError
from llmreg.escaping import one_line
from llmreg.schema import WEIGHT_RELATIONS, Asset, Model
from llmreg.schema.ids import hub_entry_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from llmreg.catalog.load import Catalog
    from llmreg.schema import Entry, LicenseClaim, Source

    Side = tuple[str, Source | None]
    """What one account says of a question, and where that was read."""

SAME_AS = "same-as"
"""From an imported record to the catalog's own entry of the same thing."""
BASES = (*WEIGHT_RELATIONS, "distilled")
DATA = ("trained-on", "derived-from", "mixture-of", "generated-by")
LINEAGE = (*BASES, "trained-on")
"""Relations by which a model names a base or data."""
_BESIDE = ("code", "documentation")
"""Components whose license is not that of the thing itself."""


@dataclass(frozen=True)
class Said:
    """What one account says."""

    entry: str
    tier: Tier
    evidence: str
    value: str
    source: str | None
    seen: date | None


@dataclass(frozen=True)
class Difference:
    """A question on which accounts of one thing differ; the first of them decides."""

    about: str
    says: tuple[Said, ...]


def foremost(catalog: Catalog, ids: Iterable[str]) -> list[str]:
    """Return, of entries about one thing, those whose evidence is the best among them."""
    ranks = {each: _rank(catalog[each]) for each in ids}
    return [each for each, rank in ranks.items() if rank == min(ranks.values())]


def _rank(entry: Entry) -> tuple[bool, int]:
    """Order accounts from best to worst by their tiers; last come those that say nothing but a name."""
    return getattr(entry, "stub", False), TIERS.index(tier_of(entry))


def deciding(catalog: Catalog, entry: Entry) -> list[str]:
    """Return the entries about the same thing that decide in the place of this one; none where it decides itself.

    The Hub id of a card is the thing itself. That of a tracker's row is one more claim, which an importer weighed
    against the name before it wrote `same_as`.
    """
    if not isinstance(entry, Asset) or not (entry.imported or entry.stub):
        return []
    better = [each for each in entry.same_as if each in catalog and _rank(catalog[each]) < _rank(entry)]
    if not better and tier_of(entry) == "card":
        better = [each for each in _on_hub(catalog, entry) if not catalog[each].imported]
    return foremost(catalog, dict.fromkeys(better))


def accounts(catalog: Catalog, entry: Entry) -> list[Asset]:
    """Return the other entries about the same thing, best evidence first."""
    if not isinstance(entry, Asset):
        return []
    about = (entry.id, *entry.same_as)
    rows = [hub_entry_id(name, entry.kind) for name in hub_ids(entry) if catalog.indexes]
    rows += [each for index in catalog.indexes for of in about for each in index.children(of, SAME_AS)]
    records = _records(catalog)
    found = [*entry.same_as, *rows, *(each for of in about for each in records.get((SAME_AS, of), ()))]
    found += [each for name in hub_ids(entry) for each in records.get((entry.kind, normal(name)), ())]
    found += _on_hub(catalog, entry) if entry.imported else []
    others = [catalog.get_as(Asset, each) for each in dict.fromkeys(found) if each in catalog and each != entry.id]
    others = [other for other in others if getattr(other, "file_of", None) != entry.id]
    return sorted(others, key=_rank)


def differences(catalog: Catalog, entry: Entry) -> tuple[Difference, ...]:
    """Return where the accounts of one thing differ in license, base and data; the one that decides speaks first.

    An account that says nothing differs from none, and a parent that the first has further up its lineage is no other.
    """
    decides = deciding(catalog, entry)
    first = catalog[decides[0]] if decides else entry
    first = catalog[first.file_of] if isinstance(first, Model) and first.file_of else first
    others = accounts(catalog, first)
    if not isinstance(first, Asset) or not others:
        return ()
    found = (_licenses(catalog, first, others), *(_parents(catalog, first, others, about) for about in _PARENTS))
    return tuple(each for each in found if each)


def lineage_unstated(entry: Entry) -> bool:
    """Tell whether a card or a tracker's row names neither a base nor data of a model.

    A curated entry says itself what is unknown.
    """
    if not isinstance(entry, Model) or not entry.imported or entry.same_as or entry.file_of:
        return False
    return not any(edge.relation in LINEAGE for edge in entry.edges())


def hub_ids(entry: Asset) -> tuple[str, ...]:
    """Return the repositories of the Hub that an entry stands for; a file's is that of the model it makes."""
    if isinstance(entry, Model) and entry.file_of:
        return ()
    return entry.hub


def _on_hub(catalog: Catalog, entry: Asset) -> list[str]:
    """Return the entries in files of the same kind that have a Hub id of this one."""
    names = [name for name in hub_ids(entry) for name in catalog.bearers(name, type(entry))]
    return [each for each in names if each != entry.id and hub_ids(catalog.get_as(Asset, each))]


def _records(catalog: Catalog) -> dict[tuple[str, str], list[str]]:
    """Map what importers wrote into files by what it is about: by `same_as` and an id, by kind and a Hub id."""
    if "records" not in catalog.memo:
        known: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        own = f"{built_in()}/"
        for entry_id in catalog.file_ids(Asset):
            if str(catalog.path_of(entry_id)).startswith(own):  # written by hand; no importer writes there
                continue
            entry = catalog.get_as(Asset, entry_id)
            keys = [*((SAME_AS, of) for of in entry.same_as), *((entry.kind, normal(name)) for name in hub_ids(entry))]
            for key in keys if entry.imported else ():
                known[key].append(entry_id)
        catalog.memo["records"] = dict(known)
    found: dict[tuple[str, str], list[str]] = catalog.memo["records"]
    return found


def _licenses(catalog: Catalog, first: Asset, others: list[Asset]) -> Difference | None:
    stated = {part: claims for part, claims in first.license_claims().items() if part not in _BESIDE}
    known = {part: {_names(catalog, claim) for claim in claims} for part, claims in stated.items()}
    whole = set().union(*known.values())
    differing = []
    for other in others:
        for part, claims in other.license_claims().items():
            said = [claim for claim in claims if claim.id != "unknown" or claim.words]
            if part not in _BESIDE and any(_names(catalog, claim) not in known.get(part, whole) for claim in said):
                differing.append(_said(other, *_claimed(other, part, said)))
    parts = [_claimed(first, part, claims) for part, claims in stated.items()]
    mine = (", ".join(value for value, _ in parts) or "none stated", parts[0][1] if parts else None)
    return Difference("license", (_said(first, *mine), *differing)) if differing else None


def _names(catalog: Catalog, claim: LicenseClaim) -> frozenset[str]:
    """Return the licenses of a claim by their ids in the catalog; words that no entry holds count as they are."""
    found = [_license_id(catalog, name) for name in license_ids(claim.id)]
    return frozenset([*found, *([normal(claim.words)] if claim.words and "custom" in found else [])])


def _license_id(catalog: Catalog, name: str) -> str:
    try:
        return license_named(catalog, name).id
    except UnknownIdError:
        return name


def _claimed(entry: Asset, part: str, claims: Iterable[LicenseClaim]) -> Side:
    claims = list(claims)
    texts = [f"{claim.id} ({claim.words})" if claim.words else claim.id for claim in claims]
    return one_line(f"{part} {' and '.join(texts)}"), entry.sources[claims[0].source]


_PARENTS: dict[str, tuple[str, ...]] = {"base": BASES, "data": DATA}


def _parents(catalog: Catalog, first: Asset, others: list[Asset], about: str) -> Difference | None:
    lineage = _lineage(catalog, first)
    differing = [
        _said(other, *_named(other, about))
        for other in others
        if any(
            not lineage.intersection(_meant(catalog, edge.of))
            for edge in other.edges()
            if edge.relation in _PARENTS[about]
        )
    ]
    return Difference(about, (_said(first, *_named(first, about)), *differing)) if differing else None


def _named(entry: Asset, about: str) -> Side:
    edges = [edge for edge in entry.edges() if edge.relation in _PARENTS[about]]
    named = ", ".join(dict.fromkeys(edge.of for edge in edges))
    return named or "none stated", entry.sources[edges[0].source] if edges else None


def _meant(catalog: Catalog, entry_id: str) -> set[str]:
    """Return the ids under which the end of an edge is known: its own, and those that decide in its place."""
    return {entry_id, *(deciding(catalog, catalog[entry_id]) if entry_id in catalog else ())}


def _lineage(catalog: Catalog, entry: Asset) -> set[str]:
    """Return the ids of an entry, of the accounts of it, and of all that it was made from."""
    found, ahead = {entry.id}, [entry.id]
    while ahead:
        further = set(_further(catalog, ahead.pop())) - found
        found |= further
        ahead += further
    return found


def _further(catalog: Catalog, entry_id: str) -> Iterator[str]:
    if entry_id in catalog:
        yield from (name for edge in catalog[entry_id].edges() for name in _meant(catalog, edge.of))


def _said(entry: Asset, value: str, source: Source | None) -> Said:
    source = source or (entry.sources[entry.source] if entry.source else None)
    place, seen = (str(source), source.seen) if source else (None, None)
    return Said(entry.id, tier_of(entry), evidence_for(entry), value, place, seen)
