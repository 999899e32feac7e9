"""The lineage of an entry: a picture of what is near, and every edge with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from llmreg.drawing.cut import cut
from llmreg.drawing.svg import picture
from llmreg.lineage import subgraph
from llmreg.schema import Asset, Dataset
from llmreg.site.catalogue import COLORED

if TYPE_CHECKING:
    from llmreg.schema import Entry
    from llmreg.site.catalogue import Catalogue, Edge

DRAWN = 24
"""Entries that a picture shows."""
NEAR = 300
"""Edges to the nearest that a page lists; the explorer has the others."""
FURTHER = 200


@dataclass(frozen=True)
class Edges:
    """Some edges, and how many more there are."""

    rows: tuple[Edge, ...]
    more: int


@dataclass(frozen=True)
class Trained:
    """A model that was trained on a dataset, or on one that was made from it."""

    edge: Edge
    stage: str
    through: str
    """The dataset in between; empty where there is none."""


@dataclass(frozen=True)
class Drawn:
    """A picture of what is near to an entry."""

    svg: str
    drawn: int
    left_out: int
    use: str
    """The use whose verdict is marked."""


@dataclass(frozen=True)
class Lineage:
    """What an entry was made from, and what was made from it."""

    picture: Drawn | None
    """None for an entry that nothing is linked to."""
    explorer: str
    """The explorer's view of the entry, from a page in a folder."""
    ancestors: int
    descendants: int
    lists: tuple[tuple[str, str, Edges, bool], ...]
    """Title, anchor and edges to the parents and from the children; whether they lead up."""
    further: tuple[tuple[str, str, Edges], ...]
    """The same for the edges between ancestors, and between descendants."""


def lineage_of(site: Catalogue, entry: Entry) -> Lineage | None:
    """Give the lineage of an entry; None for a kind that is no part of it."""
    if not isinstance(entry, Asset):
        return None
    ancestors, above = _reach(site.up, entry.id, up=True)
    descendants, below = _reach(site.down, entry.id, up=False)
    up, down = site.up.get(entry.id, ()), site.down.get(entry.id, ())
    lists = (("Made from", "made-from", up, True), ("Made from it", "made-into", down, False))
    further = (("between its ancestors", "above", above), ("between its descendants", "below", below))
    return Lineage(
        picture=_drawn(site, entry.id) if up or down else None,
        explorer=f"../explorer.html#focus={quote(entry.id)}&direction=both",
        ancestors=len(ancestors),
        descendants=len(descendants),
        lists=tuple((title, anchor, _edges(found, NEAR), way) for title, anchor, found, way in lists if found),
        further=tuple(
            (f"{len(found):,} more {'edge' if len(found) == 1 else 'edges'} {where}", anchor, _edges(found, FURTHER))
            for where, anchor, found in further
            if found
        ),
    )


def _drawn(site: Catalogue, entry_id: str) -> Drawn:
    """Draw the nearest ancestors and descendants, colored by the verdict for one use."""
    around = subgraph(site.graph, [entry_id], "both")
    near = cut(around, [entry_id], DRAWN)
    answers = {each: site.answers[each] for each in near if each in site.answers}
    svg = picture(near, focus=[entry_id], verdicts=answers, links=lambda each: site.link(each).href, fast=True)
    return Drawn(svg, len(near), len(around) - len(near), COLORED)


def _edges(found: tuple[Edge, ...], limit: int) -> Edges:
    return Edges(found[:limit], max(0, len(found) - limit))


def _reach(edges: dict[str, tuple[Edge, ...]], start: str, *, up: bool) -> tuple[list[str], tuple[Edge, ...]]:
    """Give everything that edges lead to one way, nearest first, and the edges beyond those of `start` itself."""
    seen: dict[str, None] = {start: None}
    beyond: list[Edge] = []
    level = [start]
    while level:
        found = [edge for entry_id in level for edge in edges.get(entry_id, ())]
        if level != [start]:
            beyond += found
        ends = dict.fromkeys((edge.parent if up else edge.child).text for edge in found)
        level = [end for end in ends if end not in seen]
        seen.update(dict.fromkeys(level))
    return list(seen)[1:], tuple(beyond)


def trained_on(site: Catalogue, entry: Entry) -> tuple[Trained, ...]:
    """Give the models trained on a dataset or on one that was made from it, nearest first."""
    if not isinstance(entry, Dataset):
        return ()
    level, seen, found = [entry.id], {entry.id}, []
    while level:
        edges = [edge for dataset in level for edge in site.down.get(dataset, ())]
        for edge in edges:
            if edge.relation == "trained-on":
                stage, _, _ = edge.detail.partition(", ")
                through = edge.parent.text if edge.parent.text != entry.id else ""
                found.append(Trained(edge, stage, through))
        made = (edge.child.text for edge in edges if edge.relation in ("derived-from", "mixture-of"))
        level = [each for each in dict.fromkeys(made) if each not in seen]
        seen.update(level)
    return tuple(found)
