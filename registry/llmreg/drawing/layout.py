"""Lay a lineage graph out: parents above children, no boxes overlapping, the same every time.

Graphviz draws best and is used where the extra `draw` is installed and the picture stays of a readable width;
else our own layout is, which takes milliseconds, needs nothing and wraps wide layers into rows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from llmreg.drawing.layers import layers_of
from llmreg.drawing.place import ROW_GAP, Grid, Point, curve, grid_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.drawing.layers import Graph, Layers

Sizes: TypeAlias = "Mapping[str, tuple[float, float]]"
Line: TypeAlias = "tuple[str, str, int]"
"""Child, parent and key of an edge of the graph."""

MOST_FOR_DOT = 1_000
_WIDEST_FROM_DOT = 1_400.0


@dataclass(frozen=True)
class Layout:
    """Where to draw what, in px from the upper left corner."""

    positions: dict[str, Point]
    """The center of each entry's box."""
    routes: dict[Line, tuple[Point, ...]]
    """For each edge, from the parent to the child, the 3n + 1 control points of its n cubic Bézier curves."""
    width: float
    height: float


def layout(graph: Graph, sizes: Sizes, *, fast: bool = False) -> Layout:
    """Place the boxes, of which `sizes` gives width and height in px, and the lines between them.

    `fast` takes our own layout even where Graphviz is there.
    """
    if not fast and 1 < len(graph) <= MOST_FOR_DOT:
        found = _by_dot(graph, sizes)
        if found and found.width <= _WIDEST_FROM_DOT:
            return found
    return _own(graph, sizes)


def _by_dot(graph: Graph, sizes: Sizes) -> Layout | None:
    """Ask Graphviz; give nothing where it is not installed."""
    try:
        from llmreg.drawing import dot

        positions, routes, width, height = dot.placed(graph, sizes)
    except ImportError:
        return None
    return Layout(positions, routes, width, height)


def _own(graph: Graph, sizes: Sizes) -> Layout:
    layers = layers_of(graph)
    busy = max((len(row) for row in layers.rows), default=0)
    grid = grid_of(layers, sizes, gap=min(48.0 + 2.0 * busy, 110.0))
    positions = {each: grid.centers[number] for number, each in enumerate(layers.ids)}
    return Layout(positions, dict(_Router(graph, sizes, layers, grid).routes()), grid.width, grid.height)


class _Router:
    """Finds the ways of the lines: through the steps, and past the rows of wrapped layers in their gutters."""

    def __init__(self, graph: Graph, sizes: Sizes, layers: Layers, grid: Grid) -> None:
        """Spread the ends of lines over the edges of the boxes, in the order of where they lead."""
        self.sizes, self.layers, self.grid = sizes, layers, grid
        self.number = {each: number for number, each in enumerate(layers.ids)}
        self.lines: list[Line] = sorted(graph.edges(keys=True))
        self.ends = self._ends()

    def routes(self) -> Iterator[tuple[Line, tuple[Point, ...]]]:
        """Give the way of each edge, from the parent to the child."""
        for line in self.lines:
            child, parent, _ = line
            upper, lower = self._upper_first(child, parent)
            if upper == lower:
                yield line, self._loop(child, line[2])
            elif self._layer(upper) == self._layer(lower):
                yield line, self._dip(line)
            else:
                route = curve(list(self._way(line, upper, lower)))
                yield line, route if upper == parent else route[::-1]

    def _layer(self, each: str) -> int:
        return self.layers.layer[self.number[each]]

    def _upper_first(self, child: str, parent: str) -> tuple[str, str]:
        """Order two entries as their chain of steps is kept."""
        return (parent, child) if (parent, child) in self.layers.chains or parent == child else (child, parent)

    def _ends(self) -> dict[tuple[Line, str], float]:
        """Give for each line and each of its entries how far from the middle of the box it meets it, in px."""
        meeting: dict[tuple[str, bool], list[tuple[float, Line]]] = defaultdict(list)
        for line in self.lines:
            upper, lower = self._upper_first(line[0], line[1])
            if upper == lower:
                continue
            chain = self.layers.chains[upper, lower] or [self.number[lower]]
            level = self._layer(upper) == self._layer(lower)
            meeting[upper, False].append((self.grid.centers[chain[0]][0], line))
            last = self.layers.chains[upper, lower] or [self.number[upper]]
            meeting[lower, not level].append((self.grid.centers[last[-1]][0], line))
        ends = {}
        for (each, _), found in meeting.items():
            spread = min(0.6 * self.sizes[each][0], 14.0 * (len(found) - 1))
            for index, (_, line) in enumerate(sorted(found)):
                ends[line, each] = spread * (index / max(len(found) - 1, 1) - 0.5) if len(found) > 1 else 0.0
        return ends

    def _way(self, line: Line, upper: str, lower: str) -> Iterator[Point]:
        """Give the points that a line passes from its upper to its lower end."""
        x, y = self.grid.centers[self.number[upper]]
        y += self.sizes[upper][1] / 2
        yield x + self.ends[line, upper], y
        layer, column = self._layer(upper), self.grid.column_of[self.number[upper]]
        if column.items[-1] != self.number[upper]:
            yield column.way_out, y + ROW_GAP / 2
            yield column.way_out, self.grid.bottoms[layer]
        elif y < self.grid.bottoms[layer]:
            yield x + self.ends[line, upper], self.grid.bottoms[layer]
        for step in self.layers.chains[upper, lower]:
            between = self.layers.layer[step]
            yield self.grid.centers[step][0], self.grid.tops[between]
            yield self.grid.centers[step][0], self.grid.bottoms[between]
        x, y = self.grid.centers[self.number[lower]]
        y -= self.sizes[lower][1] / 2
        layer, column = self._layer(lower), self.grid.column_of[self.number[lower]]
        if column.items[0] != self.number[lower]:
            yield column.way_in, self.grid.tops[layer]
            yield column.way_in, y - ROW_GAP / 2
        elif y > self.grid.tops[layer]:
            yield x + self.ends[line, lower], self.grid.tops[layer]
        yield x + self.ends[line, lower], y

    def _dip(self, line: Line) -> tuple[Point, ...]:
        """Lead a line between two entries of one layer below them."""
        ends = []
        for each in (line[1], line[0]):
            x, y = self.grid.centers[self.number[each]]
            ends.append((x + self.ends[line, each], y + self.sizes[each][1] / 2))
        (x0, y0), (x1, y1) = ends
        low = max(y0, y1) + 24.0
        return (x0, y0), (x0, low), (x1, low), (x1, y1)

    def _loop(self, each: str, key: int) -> tuple[Point, ...]:
        """Lead a line from an entry to itself around its right edge."""
        x, y = self.grid.centers[self.number[each]]
        x += self.sizes[each][0] / 2
        out = 18.0 + 6.0 * key
        return (x, y - 6), (x + out, y - 6 - out / 2), (x + out, y + 6 + out / 2), (x, y + 6)
