"""Cut a graph down to what is nearest to some entries, and count what was left out at each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.drawing.palette import GROUP_OF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.drawing.layers import Graph

_ORDER = ("weights", "data", "outputs", "design", "evaluation")


def cut(graph: Graph, focus: Iterable[str], limit: int) -> Graph:
    """Give the part of at most `limit` entries that is nearest to `focus`; the part of the graph is a copy.

    Of entries that are equally near come those first that hang on by weights, then data, outputs, design, evaluation.
    Nodes some of whose neighbors are left out carry `more_parents` or `more_children`, how many.
    """
    kept = _nearest(graph, [each for each in dict.fromkeys(focus) if each in graph], limit)
    part = graph.subgraph(kept).copy()
    for each in part:
        for name, neighbors in (("more_parents", graph.successors), ("more_children", graph.predecessors)):
            left_out = sum(other not in kept for other in neighbors(each))
            if left_out:
                part.nodes[each][name] = part.nodes[each].get(name, 0) + left_out
    return part


def _nearest(graph: Graph, focus: list[str], limit: int) -> set[str]:
    kept: dict[str, None] = dict.fromkeys(focus[:limit])
    level = list(kept)
    while level and len(kept) < limit:
        found: dict[str, int] = {}
        for each in level:
            for child, parent, relation in [*graph.out_edges(each, "relation"), *graph.in_edges(each, "relation")]:
                other = parent if child == each else child
                rank = _ORDER.index(GROUP_OF[relation].name)
                found[other] = min(found.get(other, rank), rank)
        level = sorted((each for each in found if each not in kept), key=lambda each: (found[each], each))
        level = level[: limit - len(kept)]
        kept.update(dict.fromkeys(level))
    return set(kept)
