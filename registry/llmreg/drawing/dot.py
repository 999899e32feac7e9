"""Let Graphviz place a graph; needs the extra `draw`, whose wheels bundle it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.drawing.layers import Graph
    from llmreg.drawing.place import Point

    Placed = tuple[dict[str, Point], dict[tuple[str, str, int], tuple[Point, ...]], float, float]

_POINTS_PER_INCH = 72.0


def placed(graph: Graph, sizes: Mapping[str, tuple[float, float]]) -> Placed:
    """Give centers, routes from parent to child, width and height, all in px; raise `ImportError` without the extra."""
    import pygraphviz

    numbers = {each: str(number) for number, each in enumerate(sorted(graph))}
    lines = sorted(graph.edges(keys=True))
    drawing = pygraphviz.AGraph(directed=True, strict=False, rankdir="TB", nodesep=0.3, ranksep=0.75)
    for each, number in numbers.items():
        width, height = (length / _POINTS_PER_INCH for length in sizes[each])
        drawing.add_node(number, shape="box", label="", fixedsize=True, width=width, height=height)
    for index, (child, parent, _) in enumerate(lines):
        drawing.add_edge(numbers[parent], numbers[child], key=str(index), dir="none")
    drawing.layout(prog="dot")
    _, _, width, height = (float(length) for length in drawing.graph_attr["bb"].split(","))
    positions = {each: _point(drawing.get_node(number).attr["pos"], height) for each, number in numbers.items()}
    routes = {}
    for index, line in enumerate(lines):
        edge = drawing.get_edge(numbers[line[1]], numbers[line[0]], key=str(index))
        routes[line] = tuple(_point(pair, height) for pair in edge.attr["pos"].split())
    return positions, routes, width, height


def _point(pair: str, height: float) -> Point:
    """Read a point; Graphviz counts upwards."""
    x, y = pair.split(",")
    return float(x), height - float(y)
