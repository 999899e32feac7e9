"""The catalog as the pages see it: links between pages, edges both ways, verdicts, and who is under which license."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named
from llmreg.errors import LlmregError
from llmreg.exporters.dossier import dossier
from llmreg.licensing import DEFAULT_POLICY
from llmreg.lineage import SAME_AS, lineage
from llmreg.schema import FOLDERS, Asset, Dataset, Entry, Model, Policy, Service, Software
from llmreg.site.templating import Frame, frame_of
from llmreg.site.view import Words, href_of

if TYPE_CHECKING:
    import networkx as nx

    from llmreg.catalog import Catalog
    from llmreg.licensing import Answer, Checker
    from llmreg.plugins import Plugins
    from llmreg.ratings import Ratings
    from llmreg.reproduce.record import Run
    from llmreg.schema import Use

CHECKED = (Model, Dataset, Service, Software)
"""The kinds of which verdicts speak."""
COLORED: Use = "commercial"
"""The use whose verdict colors the pictures."""
FOLDER_OF = {kind.kind: folder for folder, kind in FOLDERS.items()}
_SYMBOL = re.compile(r"[^\s()]+|\s+|[()]")


@dataclass(frozen=True)
class Edge:
    """One typed edge with its evidence."""

    child: Words
    relation: str
    detail: str
    """What the relation leaves open: the stage, the share, the part."""
    parent: Words
    evidence: Words


@dataclass(frozen=True)
class Under:
    """An entry that states a license, and for what."""

    id: str
    component: str
    stated: str
    """The whole expression, where it is more than the license."""


@dataclass
class Catalogue:
    """A catalog with everything that several pages need, worked out once."""

    catalog: Catalog
    plugins: Plugins
    policy: str = DEFAULT_POLICY
    """The policy whose verdicts are explained; the others are shown beside it."""
    runs: dict[str, dict[str, Run]] = field(default_factory=dict)
    """The reader's own finished reproductions of each entry by name, oldest first."""
    ratings: Ratings | None = None
    """Ratings of systems' answers, for a page of their own."""
    reference: str | None = None
    """The system whose score is 100% there; found by itself where all were rated beside one."""

    def __post_init__(self) -> None:
        """Refuse a policy that the catalog does not have."""
        self.catalog.get_as(Policy, self.policy)

    @cached_property
    def frame(self) -> Frame:
        """Give what every page says of the site."""
        return frame_of(self.catalog, rated=self.ratings is not None)

    @cached_property
    def checker(self) -> Checker:
        """Give the checker for somebody of whom nothing is said."""
        return dossier(self.catalog, self.policy).checker

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """Give the verdicts that color the pictures."""
        ids = [entry_id for kind in CHECKED for entry_id in self.catalog.ids(kind)]
        return {entry_id: self.checker.answer(entry_id, COLORED, self.policy) for entry_id in ids}

    @cached_property
    def policies(self) -> list[str]:
        """Give the ids of the policies, from the strictest to the one that lets most through."""
        known = [name for name in ("strict", "standard", "permissive") if name in self.catalog]
        return [*known, *(name for name in self.catalog.ids(Policy) if name not in known)]

    @cached_property
    def graph(self) -> nx.MultiDiGraph[str]:
        """Give the whole lineage."""
        return lineage(self.catalog)

    def page(self, entry_id: str) -> str:
        """Give the path of an entry's page from the site's root."""
        return f"{FOLDER_OF[self.catalog.kind_of(entry_id).kind]}/{entry_id}.html"

    def link(self, entry_id: str, text: str | None = None) -> Words:
        """Lead from a page in a folder to an entry's page, where there is such an entry."""
        href = f"../{quote(self.page(entry_id))}" if entry_id in self.catalog else None
        return Words(text or entry_id, href)

    def licenses(self, expression: str) -> tuple[Words, ...]:
        """Lead from each license that an expression names to its page."""
        return tuple(self._symbol(part) for part in _SYMBOL.findall(expression))

    def _symbol(self, part: str) -> Words:
        if part.isspace() or part.upper() in ("AND", "OR", "WITH", "(", ")"):
            return Words(part)
        try:
            return self.link(license_named(self.catalog, part).id, part)
        except LlmregError:
            return Words(part)

    @cached_property
    def up(self) -> dict[str, tuple[Edge, ...]]:
        """Give for each entry the edges to what it was made from."""
        return {entry_id: tuple(self._edges(entry_id)) for entry_id in self.catalog.ids(Asset)}

    @cached_property
    def down(self) -> dict[str, tuple[Edge, ...]]:
        """Give for each entry the edges of what was made from it."""
        found: defaultdict[str, list[Edge]] = defaultdict(list)
        for edges in self.up.values():
            for edge in edges:
                found[edge.parent.text].append(edge)
        return {parent: tuple(edges) for parent, edges in found.items()}

    def _edges(self, entry_id: str) -> list[Edge]:
        entry = self.catalog[entry_id]
        assert isinstance(entry, Asset)  # noqa: S101
        stated_in = self.catalog[entry.file_of] if isinstance(entry, Model) and entry.file_of else entry
        found = []
        for edge in stated_in.edges():
            source = stated_in.sources[edge.source]
            detail = ", ".join(filter(None, [edge.stage, edge.how]))
            evidence = Words(str(source), href_of(source))
            found.append(Edge(self.link(entry_id), edge.relation, detail, self.link(edge.of), evidence))
        for other in entry.same_as:
            hub = entry.source_of("hub")
            evidence = Words(str(hub), href_of(hub)) if hub else Words("")
            found.append(Edge(self.link(entry_id), SAME_AS, "", self.link(other), evidence))
        return found

    @cached_property
    def under(self) -> dict[str, list[Under]]:
        """Give for each license the entries that state it."""
        found: defaultdict[str, list[Under]] = defaultdict(list)
        for entry in map(self.catalog.__getitem__, self.catalog.ids(Asset)):
            for component, claims in entry.license_claims().items():
                for claim in claims:
                    for name in license_ids(claim.id):
                        whole = claim.id if claim.id != name else ""
                        found[license_named(self.catalog, name).id].append(Under(entry.id, component, whole))
        return found

    @cached_property
    def made_with(self) -> dict[str, list[Model]]:
        """Give for each method the models whose recipe names it."""
        found: defaultdict[str, list[Model]] = defaultdict(list)
        for model_id in self.catalog.ids(Model):
            model = self.catalog.get_as(Model, model_id)
            for method in dict.fromkeys(step.method for step in model.recipe.steps.values()) if model.recipe else ():
                found[method].append(model)
        return found

    def entries(self, kind: type[Entry]) -> list[Entry]:
        """Give the entries of one kind in order of their ids."""
        return [self.catalog[entry_id] for entry_id in self.catalog.ids(kind)]
