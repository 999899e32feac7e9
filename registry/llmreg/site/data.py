"""Give the whole catalog as one script, columns of numbers and words, from which the table and the explorer draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named
from llmreg.catalog.tiers import TIERS, tier_of
from llmreg.drawing import palette
from llmreg.escaping import script
from llmreg.licensing import ANSWERS, DEFAULT_POLICY
from llmreg.licensing.bulk import bulk_check
from llmreg.licensing.check import stated_licenses
from llmreg.lineage import links_of
from llmreg.lineage.families import family_of
from llmreg.schema import FOLDERS, Asset, Dataset, Model, Policy
from llmreg.uses import Use

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

NO_VERDICT = "-"
"""Stands for the verdict of an entry that is not judged: a benchmark."""
NODE_SIZE = (168.0, 40.0)
"""Width and height in px that the explorer gives to an entry."""


def data_script(catalog: Catalog, policy: str = DEFAULT_POLICY) -> str:
    """Give `data.js`: it sets LLMREG, and runs from a page that was opened from disk, where no file can be fetched."""
    return script("LLMREG", data(catalog, policy))


def data(catalog: Catalog, policy: str = DEFAULT_POLICY) -> dict[str, Any]:
    """Give the entries as columns in the order of their ids, their edges, verdicts and positions, as plain JSON.

    A number in a column is the place of a word in the list named for it, -1 for none; a list of numbers, places of
    several. What nobody states is null. The pages open with the verdicts of `policy`. Raises `UnknownIdError` for an
    edge to an entry that does not exist.
    """
    ids = catalog.ids(Asset)
    words = {name: _Words() for name in ("families", "organizations", "licenses", "methods")}
    entries = [catalog[entry_id] for entry_id in ids]
    x, y = _positions(catalog)
    return {
        "catalog": {"name": catalog.manifest.name, "date": catalog.manifest.date.isoformat()},
        "uses": list(get_args(Use)),
        "policy": policy,
        "policies": catalog.ids(Policy),
        "answers": list(ANSWERS),
        "marks": [palette.VERDICTS[answer].mark for answer in ANSWERS],
        "kinds": list(palette.KINDS),
        "folders": {kind.kind: folder for folder, kind in FOLDERS.items()},
        "groups": [_group(group) for group in palette.RELATIONS],
        "id": ids,
        "name": [entry.name for entry in entries],
        "kind": [list(palette.KINDS).index(entry.kind) for entry in entries],
        "tiers": list(TIERS),
        "tier": [TIERS.index(tier_of(entry)) for entry in entries],
        "aliases": [" ".join((*entry.aliases, *getattr(entry, "hub", ()))) for entry in entries],
        "released": [getattr(entry, "released", None) for entry in entries],
        "size": [_size(entry) for entry in entries],
        "family": [words["families"].place(family_of(catalog, entry_id)) for entry_id in ids],
        "organization": [words["organizations"].places(getattr(entry, "developers", ())) for entry in entries],
        "license": [words["licenses"].places(_licenses(catalog, entry)) for entry in entries],
        "method": [words["methods"].place(_method(entry)) for entry in entries],
        "x": x,
        "y": y,
        "edges": _edges(catalog, ids),
        "verdicts": _verdicts(catalog, ids),
        **{name: list(found) for name, found in words.items()},
    }


class _Words(dict[str, int]):
    """Words in the order in which they first come, each with its place."""

    def place(self, word: str | None) -> int:
        return -1 if word is None else self.setdefault(word, len(self))

    def places(self, found: Iterable[str]) -> list[int]:
        return [self.place(word) for word in dict.fromkeys(found)]


def _group(group: palette.RelationGroup) -> dict[str, Any]:
    dashes = [float(length) for length in group.dashes.split()]
    return {
        "name": group.name,
        "meaning": group.meaning,
        "relations": list(group.relations),
        "width": group.width,
        "dashes": dashes,
    }


def _size(entry: Any) -> int | None:
    """Give the parameters of a model or the rows of a dataset, where they are published."""
    if isinstance(entry, Model):
        return entry.parameters
    return entry.rows if isinstance(entry, Dataset) else None


def _method(entry: Any) -> str | None:
    return entry.recipe.method if isinstance(entry, Model) and entry.recipe else None


def _licenses(catalog: Catalog, entry: Any) -> list[str]:
    """Give the ids of the licenses that decide for the entry, among them `unknown`; none where none is recorded."""
    claims = stated_licenses(catalog, entry, catalog.manifest.date.isoformat())
    return [license_named(catalog, name).id for _, claim, _ in claims for name in license_ids(claim.id)]


def _edges(catalog: Catalog, ids: list[str]) -> dict[str, Any]:
    number = {entry_id: place for place, entry_id in enumerate(ids)}
    links = sorted((link for entry_id in ids for link in links_of(catalog, entry_id)), key=_order)
    relations = [relation for group in palette.RELATIONS for relation in group.relations]
    stages = sorted({link.stage for link in links if link.stage})
    return {
        "relations": relations,
        "stages": stages,
        "child": [number[link.child] for link in links],
        "parent": [number[catalog[link.parent].id] for link in links],
        "relation": [relations.index(link.relation) for link in links],
        "stage": [stages.index(link.stage) if link.stage else -1 for link in links],
    }


def _order(link: Any) -> tuple[str, str, str, str]:
    return link.child, link.parent, link.relation, link.stage or ""


def _verdicts(catalog: Catalog, ids: list[str]) -> dict[str, dict[str, str]]:
    """Give for each use and policy one sign for each entry: the place of its verdict in `answers`."""
    found: dict[str, dict[str, str]] = {}
    for use in get_args(Use):
        found[use] = {}
        for policy in catalog.ids(Policy):
            bulk = bulk_check(catalog, use, policy=policy)
            signs = dict(zip(bulk.ids, map(str, bulk.answers.tolist()), strict=True))
            found[use][policy] = "".join(signs.get(entry_id, NO_VERDICT) for entry_id in ids)
    return found


def _positions(catalog: Catalog) -> tuple[list[int], list[int]]:
    """Give the centers of all entries in a picture of the whole graph, in whole px."""
    from llmreg.drawing.layout import layout
    from llmreg.lineage import lineage

    graph = lineage(catalog)
    drawn = layout(graph, dict.fromkeys(graph, NODE_SIZE), fast=True)
    centers = [drawn.positions[entry_id] for entry_id in sorted(graph)]
    return [round(x) for x, _ in centers], [round(y) for _, y in centers]
