"""The catalog as the checks of an audit see it: what several of them need is worked out once."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from llmreg.catalog.methods import method_names
from llmreg.licensing import Checker, Licensee
from llmreg.lineage import edges_of
from llmreg.schema import WEIGHT_RELATIONS, Asset, Benchmark, Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llmreg.catalog import Catalog
    from llmreg.schema import Edge


class Survey:
    """A catalog on a day; edges may lead nowhere, as they do in a catalog that was never validated."""

    def __init__(self, catalog: Catalog, today: date, stale_after: int) -> None:
        """Look at this catalog on this day; a source is old after `stale_after` days."""
        self.catalog, self.today, self.stale_after = catalog, today, stale_after

    @cached_property
    def assets(self) -> list[Asset]:
        """Give the entries that somebody made, in order of their ids."""
        return [self.catalog.get_as(Asset, entry_id) for entry_id in self.catalog.ids(Asset)]

    @cached_property
    def checker(self) -> Checker:
        """Give the checker for this day; ancestors that no entry describes are left out of its walks."""
        missing = {edge.of: None for asset in self.assets for edge in asset.edges() if edge.of not in self.catalog}
        return Checker(self.catalog, Licensee(as_of=self.today), instead=missing)

    @cached_property
    def methods(self) -> frozenset[str]:
        """Give the folded names of methods."""
        return method_names(self.catalog)

    def edges(self, entry_id: str) -> tuple[Edge, ...]:
        """Give the edges to an entry's parents that exist."""
        entry = self.catalog[entry_id]
        if isinstance(entry, Model) and entry.file_of and entry.file_of not in self.catalog:
            return ()
        return tuple(edge for edge in edges_of(self.catalog, entry_id) if edge.of in self.catalog)

    @cached_property
    def named_by(self) -> dict[str, list[str]]:
        """Give for each entry those that name it, as `named_in` says."""
        naming: defaultdict[str, list[str]] = defaultdict(list)
        for asset in self.assets:
            for other in dict.fromkeys(named_in(asset)):
                naming[other].append(asset.id)
        return naming

    def bases(self, entry_id: str) -> set[str]:
        """Give every model whose weights an entry has, through however many steps, itself not counted."""
        found: set[str] = set()
        left = [entry_id]
        while left:
            parents = {edge.of for edge in self.edges(left.pop()) if edge.relation in WEIGHT_RELATIONS}
            left += parents - found
            found |= parents
        return found - {entry_id}


def named_in(asset: Asset) -> Iterator[str]:
    """Give the assets that an entry names: its parents, what it is about or a file of, and what it is judged on."""
    yield from (edge.of for edge in asset.edges())
    yield from asset.same_as
    if isinstance(asset, Benchmark) and asset.dataset:
        yield asset.dataset
    if isinstance(asset, Model):
        yield from filter(None, [asset.file_of, asset.recipe.evaluation if asset.recipe else None])
        yield from (result.benchmark for result in asset.results)
