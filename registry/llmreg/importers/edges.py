"""Turn links into edges: self-loops and circles of weights become notes, other circles and odd dates are reported."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.catalog.methods import folded
from llmreg.importers.record import Fault
from llmreg.importers.words import earlier
from llmreg.schema import WEIGHT_RELATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmreg.importers.names import Names
    from llmreg.importers.record import FaultKind, Link
    from llmreg.schema import Source


@dataclass(frozen=True)
class Resolved:
    """A link of one record with what it leads to."""

    child: int
    link: Link
    of: str
    parent: int | None
    """The record of the same import that it leads to, or that is about the catalog's entry it leads to."""

    @property
    def words(self) -> str:
        """Say the edge as the tracker wrote it."""
        return f"{self.link.relation} of {self.link.words!r}"


class Edges:
    """The edges of each record, the notes that stand in place of those that cannot be, and the faults met."""

    def __init__(self, names: Names) -> None:
        """Resolve every link, in the order of the records."""
        self.names = names
        self.notes: defaultdict[int, list[str]] = defaultdict(list)
        self.faults: list[Fault] = []
        self.of: defaultdict[int, list[Resolved]] = defaultdict(list)
        resolved = [
            Resolved(child, link, *names.parent(child, link))
            for child, record in enumerate(names.records)
            for link in map(names.reading, record.links)
        ]
        closing = self._closing([edge for edge in resolved if not self._loops(edge)])
        for edge in resolved:
            if self._loops(edge):
                self._demote(edge, "self-loop", "the tracker says that it is made from itself")
            elif edge in closing:
                self._demote(edge, "weight-cycle", "the tracker lets weights flow in a circle")
            elif all(_key(edge) != _key(other) for other in self.of[edge.child]):
                self.of[edge.child].append(edge)
                self._check_dates(edge)
                if edge.link.relation != "uses-code" and folded(edge.link.words) in names.methods:
                    self._fault(edge, "method-as-asset", edge.words)
        self._report_cycles()

    def written(self, child: int, source: str) -> list[dict[str, Any]]:
        """Give a record's edges as an entry writes them, resting on `source` where the tracker names none itself."""
        return [
            {
                "relation": edge.link.relation,
                "of": edge.of,
                "source": evidence_key(edge.link.evidence) if edge.link.evidence else source,
                **({"stage": edge.link.stage} if edge.link.stage else {}),
                **({"how": edge.link.how} if edge.link.how else {}),
            }
            for edge in self.of[child]
        ]

    def evidence(self, child: int) -> dict[str, Source]:
        """Give the sources that the tracker itself names for a record's edges, by their keys."""
        named = (edge.link.evidence for edge in self.of[child])
        return {evidence_key(source): source for source in named if source}

    def leads_to(self, edge: Resolved) -> str:
        """Say whether an edge leads to the catalog, to a record of the tracker or to a stub."""
        if not edge.of.startswith(self.names.prefix):
            return "catalog"
        return "stub" if edge.of in self.names.stubs else "record"

    def _loops(self, edge: Resolved) -> bool:
        return edge.parent == edge.child or edge.of in self.names.same_as[edge.child]

    def _demote(self, edge: Resolved, kind: FaultKind, why: str) -> None:
        self.notes[edge.child].append(f"{edge.words}: no edge, because {why}")
        self._fault(edge, kind, edge.words)

    def _check_dates(self, edge: Resolved) -> None:
        child = self.names.records[edge.child]
        parent = self.names.records[edge.parent] if edge.parent is not None else None
        if parent and earlier(child.released, parent.released):
            self._fault(edge, "anachronism", f"{edge.words}: {child.released} is before {parent.released}")

    def _closing(self, edges: Iterable[Resolved]) -> set[Resolved]:
        """Find the weight edges that close a circle, taking the edges in order."""
        import networkx as nx

        ids, own = self.names.ids, set(self.names.ids)
        weights = [edge for edge in edges if edge.link.relation in WEIGHT_RELATIONS and edge.of in own]
        graph: nx.DiGraph[str] = nx.DiGraph((ids[edge.child], edge.of) for edge in weights)
        circle = _circles(graph)
        sofar: nx.DiGraph[str] = nx.DiGraph()
        closing = set()
        for edge in weights:
            child = ids[edge.child]
            if child not in circle or circle[child] != circle.get(edge.of):
                continue
            if sofar.has_node(edge.of) and sofar.has_node(child) and nx.has_path(sofar, edge.of, child):
                closing.add(edge)
            else:
                sofar.add_edge(child, edge.of)
        return closing

    def _report_cycles(self) -> None:
        """Report things that are made from each other, along any relation."""
        import networkx as nx

        pairs = [(edge.child, edge.parent) for edges in self.of.values() for edge in edges if edge.parent is not None]
        members = defaultdict(list)
        for number, circle in _circles(nx.DiGraph(pairs)).items():
            members[circle].append(number)
        for numbers in sorted(map(sorted, members.values())):
            records = [self.names.records[number] for number in numbers]
            detail = "made from each other: " + ", ".join(record.name for record in records)
            self.faults.append(Fault(records[0].place, "cycle", detail))

    def _fault(self, edge: Resolved, kind: FaultKind, detail: str) -> None:
        record = self.names.records[edge.child]
        self.faults.append(Fault(record.place, kind, f"{record.name}: {detail}"))


def evidence_key(source: Source) -> str:
    """Name a source in an entry by what it says."""
    return f"evidence-{hashlib.sha256(source.model_dump_json().encode()).hexdigest()[:8]}"


def _key(edge: Resolved) -> tuple[str, str, str | None]:
    return edge.link.relation, edge.of, edge.link.stage


def _circles(graph: Any) -> dict[Any, int]:
    """Give for each node of a strongly connected part of more than one node the number of that part."""
    import networkx as nx

    parts: Sequence[set[Any]] = [part for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return {node: number for number, part in enumerate(parts) for node in part}
