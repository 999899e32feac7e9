"""Sort the entries of a graph into layers, parents above children, so that few lines cross.

pairs without cycles -> longest path -> lines longer than one layer in steps -> sweeps up and down

After Sugiyama, Tagawa and Toda 1981; equal input gives equal layers, whatever the order of hashing.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from llmreg.drawing.palette import GROUP_OF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import networkx as nx

    Graph: TypeAlias = nx.MultiDiGraph[str]
    Pair: TypeAlias = tuple[str, str]

_MOST_STEPS = 250
"""With more steps than this in all its lines, a graph is laid out without them."""
_CAREFUL = 400
"""Up to so many items neighbors are also swapped one by one."""
_SWEEPS = 12


@dataclass
class Layers:
    """The items of each layer from left to right: entries first, by their number in `ids`, then steps of lines."""

    ids: list[str]
    rows: list[list[int]]
    up: list[list[int]]
    """For each item those above it that it is linked to."""
    down: list[list[int]]
    layer: list[int]
    chains: dict[Pair, list[int]] = field(default_factory=dict)
    """For each linked pair, upper entry first, the steps of the line between them from top to bottom."""

    def is_step(self, item: int) -> bool:
        """Tell a step of a line from an entry."""
        return item >= len(self.ids)


def layers_of(graph: Graph) -> Layers:
    """Give the layers of a lineage graph, whose edges run from child to parent."""
    ids = sorted(graph)
    depth = _depths(ids, _acyclic(graph))
    layers = _with_steps(ids, depth, {(child, parent) for child, parent in graph.edges() if child != parent})
    _first_order(layers)
    _sweep(layers)
    return layers


def _acyclic(graph: Graph) -> list[Pair]:
    """Give the pairs of parent and child less those that close a cycle: outputs that became data go first."""
    pairs: dict[Pair, bool] = {}
    for child, parent, relation in graph.edges(data="relation"):
        outputs = relation in GROUP_OF and GROUP_OF[relation].name == "outputs"
        pairs[parent, child] = pairs.get((parent, child), True) and outputs
    pairs = {pair: outputs for pair, outputs in pairs.items() if pair[0] != pair[1]}
    ring = _rings(pairs)
    left = [pair for pair in pairs if ring[pair[0]] != ring[pair[1]] or not pairs[pair]]
    ring = _rings(left)
    return sorted(pair for pair in left if ring[pair[0]] != ring[pair[1]] or pair[0] < pair[1])


def _rings(pairs: Iterable[Pair]) -> dict[str, int]:
    """Give each entry the number of its strongly connected part: two on one cycle have the same."""
    import networkx as nx

    parts = nx.strongly_connected_components(nx.DiGraph(list(pairs)))
    return {each: number for number, part in enumerate(parts) for each in part}


def _depths(ids: list[str], pairs: list[Pair]) -> dict[str, int]:
    """Give each entry its layer: below all its parents, and with more children than parents right above a child."""
    parents, children = defaultdict(list), defaultdict(list)
    for parent, child in pairs:
        parents[child].append(parent)
        children[parent].append(child)
    waiting = {each: len(parents[each]) for each in ids}
    depth = dict.fromkeys(ids, 0)
    order = [each for each in ids if not waiting[each]]
    for parent in order:
        for child in children[parent]:
            depth[child] = max(depth[child], depth[parent] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                order.append(child)
    for each in reversed(order):
        if len(children[each]) > len(parents[each]):
            depth[each] = min(depth[child] for child in children[each]) - 1
    _put_apart([each for each in ids if not parents[each] and not children[each]], depth)
    top = min(depth.values(), default=0)
    return {each: layer - top for each, layer in depth.items()}


def _put_apart(alone: list[str], depth: dict[str, int]) -> None:
    """Put the entries that are linked to nothing below all others."""
    if len(alone) < len(depth):
        lowest = max(depth.values(), default=0)
        depth.update(dict.fromkeys(alone, lowest + 1))


def _with_steps(ids: list[str], depth: dict[str, int], pairs: set[Pair]) -> Layers:
    """Cut every line that is longer than one layer into steps, one a layer, unless that makes too many of them."""
    number = {each: place for place, each in enumerate(ids)}
    used = sorted(set(depth.values()))
    place = {layer: index for index, layer in enumerate(used)}
    layer = [place[depth[each]] for each in ids]
    layers = Layers(ids, [[] for _ in used], [[] for _ in ids], [[] for _ in ids], layer)
    ends = sorted({_upper_first(number[a], number[b], layer) for a, b in pairs})
    stepped = sum(max(layer[low] - layer[high] - 1, 0) for high, low in ends) <= _MOST_STEPS
    for high, low in ends:
        chain = []
        for between in range(layer[high] + 1, layer[low]) if stepped else ():
            chain.append(len(layers.layer))
            layers.layer.append(between)
            layers.up.append([])
            layers.down.append([])
        layers.chains[ids[high], ids[low]] = chain
        if layer[high] != layer[low]:
            for above, below in pairwise([high, *chain, low]):
                layers.down[above].append(below)
                layers.up[below].append(above)
    return layers


def _upper_first(a: int, b: int, layer: list[int]) -> tuple[int, int]:
    return (a, b) if (layer[a], a) < (layer[b], b) else (b, a)


def _first_order(layers: Layers) -> None:
    """Fill the rows by walking along the lines, so that what hangs together starts side by side."""
    seen: set[int] = set()
    roots = sorted(range(len(layers.layer)), key=lambda item: (layers.layer[item], item))
    for root in roots:
        stack = [root]
        while stack:
            item = stack.pop()
            if item in seen:
                continue
            seen.add(item)
            layers.rows[layers.layer[item]].append(item)
            stack += [*reversed(layers.down[item]), *reversed(layers.up[item])]


def _sweep(layers: Layers) -> None:
    """Move every item under the middle of those above it, then over the middle of those below, and keep the best."""
    careful = len(layers.layer) <= _CAREFUL
    best, fewest = [list(row) for row in layers.rows], crossings(layers)
    for turn in range(_SWEEPS if careful else _SWEEPS // 2):
        downwards = turn % 2 == 0
        place = _places(layers.rows)
        order = range(1, len(layers.rows)) if downwards else range(len(layers.rows) - 2, -1, -1)
        for index in order:
            _by_middle(layers.rows[index], layers.up if downwards else layers.down, place)
        if careful:
            _swap_neighbors(layers)
        found = crossings(layers)
        if found < fewest:
            best, fewest = [list(row) for row in layers.rows], found
        if not fewest:
            break
    layers.rows[:] = best


def _places(rows: list[list[int]]) -> dict[int, float]:
    """Give each item its place in its row, from 0 to 1, so that rows of unlike length compare."""
    return {item: (index + 0.5) / len(row) for row in rows for index, item in enumerate(row)}


def _by_middle(row: list[int], linked: list[list[int]], place: dict[int, float]) -> None:
    """Sort a row by the mean place of what its items are linked to; those linked to nothing keep theirs."""
    middle = {}
    for item in row:
        others = linked[item]
        middle[item] = sum(map(place.__getitem__, others)) / len(others) if others else place[item]
    row.sort(key=middle.__getitem__)
    for index, item in enumerate(row):
        place[item] = (index + 0.5) / len(row)


def _swap_neighbors(layers: Layers) -> None:
    """Swap items that stand side by side wherever that takes crossings away."""
    place = _places(layers.rows)
    for _ in range(4):
        swapped = False
        for row in layers.rows:
            for index in range(len(row) - 1):
                left, right = row[index], row[index + 1]
                saved = sum(
                    _crossing(linked[left], linked[right], place) - _crossing(linked[right], linked[left], place)
                    for linked in (layers.up, layers.down)
                )
                if saved > 0:
                    row[index], row[index + 1] = right, left
                    place[left], place[right] = place[right], place[left]
                    swapped = True
        if not swapped:
            return


def _crossing(left: list[int], right: list[int], place: dict[int, float]) -> int:
    """Count how often the lines of two neighbors cross on one side."""
    rights = sorted(place[item] for item in right)
    return sum(bisect(rights, place[item] - 1e-9) for item in left)


def crossings(layers: Layers) -> int:
    """Count the crossings between layers that follow each other."""
    place = {item: index for row in layers.rows for index, item in enumerate(row)}
    return sum(_between(row, layers.down, place) for row in layers.rows[:-1])


def _between(row: Sequence[int], down: list[list[int]], place: dict[int, int]) -> int:
    passed: list[int] = []
    found = 0
    for item in row:
        ends = sorted(place[below] for below in down[item])
        found += sum(len(passed) - bisect(passed, end) for end in ends)
        for end in ends:
            insort(passed, end)
    return found
