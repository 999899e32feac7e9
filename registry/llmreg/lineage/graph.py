"""The lineage graph: ancestors, descendants and paths, as a networkx graph."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Literal

from llmreg.catalog.tiers import tier_of
from llmreg.errors import LlmregError
from llmreg.lineage.edges import Link, links_of
from llmreg.schema import Asset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx

    from llmreg.catalog import Catalog

Direction = Literal["up", "down", "both"]
_PARTS = "only models, data, services, software and benchmarks are"


def lineage(catalog: Catalog) -> nx.MultiDiGraph[str]:
    """Give the whole graph: nodes are entries, edges run from a child to its parent.

    Nodes carry `kind`, `name`, `tier` (of the evidence) and, where stated, `released`, `licenses` and `file_of`; edges
    carry `relation`, `evidence` and, where stated, `stage` and `how`. Licenses, templates and policies are no nodes.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for entry_id in sorted(catalog.ids(Asset)):
        graph.add_node(entry_id, **_attributes(catalog[entry_id]))
    for entry_id in sorted(graph):
        for link in links_of(catalog, entry_id):
            _add_edge(graph, link)
    return graph


def lineage_around(
    catalog: Catalog, ids: Iterable[str], direction: Direction, depth: int | None = None
) -> nx.MultiDiGraph[str]:
    """Give the part of the graph within `depth` edges of `ids`, as `subgraph` cuts it out of the whole.

    With an index among the layers only this part is read.
    """
    starts = tuple(ids)
    for start in starts:
        catalog.among((Asset,), start, f"it is no part of the lineage: {_PARTS}")
    if not catalog.indexes:
        return subgraph(lineage(catalog), starts, direction, depth)
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for start in starts:
        for way in ("up", "down") if direction == "both" else (direction,):
            _reach(catalog, graph, start, way, depth)
    for child in sorted(graph):
        for link in links_of(catalog, child):
            if link.parent in graph:
                _add_edge(graph, link)
    return graph


def _reach(catalog: Catalog, graph: nx.MultiDiGraph[str], start: str, way: str, depth: int | None) -> None:
    """Add the entries within `depth` edges one way, nearest first."""
    level, seen, distance = [start], {start}, 0
    while level:
        for entry_id in level:
            graph.add_node(entry_id, **_attributes(catalog[entry_id]))
        if distance == depth:
            return
        found = [each for entry_id in level for each in _next(catalog, entry_id, way)]
        level = [each for each in dict.fromkeys(found) if each not in seen]
        seen.update(level)
        distance += 1


def _next(catalog: Catalog, entry_id: str, way: str) -> list[str]:
    if way == "up":
        return [link.parent for link in links_of(catalog, entry_id)]
    named = catalog.naming(entry_id, Asset)
    return [child for child in named if any(link.parent == entry_id for link in links_of(catalog, child))]


def _add_edge(graph: nx.MultiDiGraph[str], link: Link) -> None:
    details = {"stage": link.stage, "how": link.how}
    stated = {name: value for name, value in details.items() if value}
    graph.add_edge(link.child, link.parent, relation=link.relation, evidence=link.evidence, **stated)


def subgraph(
    graph: nx.MultiDiGraph[str], ids: Iterable[str], direction: Direction, depth: int | None = None
) -> nx.MultiDiGraph[str]:
    """Give the part of the graph within `depth` edges of `ids`: upwards to parents, downwards to children, or both."""
    import networkx as nx

    upward, downward = graph, graph.reverse(copy=False)
    views = {"up": [upward], "down": [downward], "both": [upward, downward]}[direction]
    kept: set[str] = set()
    for entry_id in ids:
        if entry_id not in graph:
            raise LlmregError(f"{entry_id!r} is no part of the lineage: {_PARTS}")
        for view in views:
            kept |= set(nx.single_source_shortest_path_length(view, entry_id, cutoff=depth))
    return nx.MultiDiGraph(graph.subgraph(kept))


def paths(graph: nx.MultiDiGraph[str], start: str, end: str, limit: int = 20) -> list[list[str]]:
    """Give the shortest paths from a child up to an ancestor, at most `limit`, shortest first; none if unrelated."""
    import networkx as nx

    simple: nx.DiGraph[str] = nx.DiGraph(graph)
    if not nx.has_path(simple, start, end):
        return []
    return list(islice(nx.shortest_simple_paths(simple, start, end), limit))


def relations(graph: nx.MultiDiGraph[str], path: list[str]) -> list[str]:
    """Give for each step of a path the relations between its ends, joined by `+`."""
    return ["+".join(sorted(data["relation"] for data in graph[a][b].values())) for a, b in pairwise(path)]


def _attributes(entry: Any) -> dict[str, str]:
    licenses = {component: claims[-1].id for component, claims in entry.license_claims().items()}
    attributes = {
        "kind": entry.kind,
        "name": entry.name,
        "tier": tier_of(entry),
        "released": entry.released,
        "licenses": "; ".join(f"{component}: {license_id}" for component, license_id in licenses.items()),
        "file_of": entry.file_of if isinstance(entry, Model) else None,
    }
    return {name: value for name, value in attributes.items() if value}
