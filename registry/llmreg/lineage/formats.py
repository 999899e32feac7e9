"""Write a lineage graph as JSON, CSV, DOT, Mermaid or GraphML."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, TypeAlias

from llmreg.escaping import cell, dot, for_xml, json_text, mermaid

if TYPE_CHECKING:
    from collections.abc import Callable

    import networkx as nx

    Graph: TypeAlias = nx.MultiDiGraph[str]

_SHAPES = {"model": "box", "dataset": "cylinder", "service": "component", "software": "note", "benchmark": "hexagon"}
_MERMAID = {
    "model": '["{}"]',
    "dataset": '[("{}")]',
    "service": '[["{}"]]',
    "software": '[/"{}"/]',
    "benchmark": '{{{{"{}"}}}}',
}


def to_json(graph: Graph) -> str:
    """Give networkx node-link data: `nodes` with `id`, `edges` with `source` (child) and `target` (parent)."""
    import networkx as nx

    data: dict[str, Any] = nx.node_link_data(graph, edges="edges")
    for edge in data["edges"]:
        del edge["key"]
    return json_text(data) + "\n"


def to_csv(graph: Graph) -> str:
    """Give one row for each edge: child, parent, relation, stage, how, evidence."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["child", "parent", "relation", "stage", "how", "evidence"])
    for child, parent, data in _edges(graph):
        row = (child, parent, data["relation"], data.get("stage"), data.get("how"), data["evidence"])
        writer.writerow(map(cell, row))
    return text.getvalue()


def to_dot(graph: Graph) -> str:
    """Give a Graphviz digraph with parents above their children; the evidence is each edge's tooltip.

    What nobody checked, a card or a tracker's row, has a dashed outline.
    """
    lines = [
        "digraph lineage {",
        "  rankdir=BT;",
        "  node [fontname=Helvetica];",
        "  edge [fontname=Helvetica fontsize=10];",
    ]
    for node, data in sorted(graph.nodes(data=True)):
        dashed = " style=dashed" if _is_unchecked(data) else ""
        lines.append(f"  {dot(node)} [label={dot(data['name'])} shape={_SHAPES[data['kind']]}{dashed}];")
    for child, parent, data in _edges(graph):
        attributes = f"label={dot(_label(data))} tooltip={dot(data['evidence'])}"
        lines.append(f"  {dot(child)} -> {dot(parent)} [{attributes}];")
    return "\n".join([*lines, "}", ""])


def to_mermaid(graph: Graph) -> str:
    """Give a Mermaid flowchart with parents above their children; what nobody checked has a dashed outline."""
    numbers = {node: f"n{index}" for index, node in enumerate(sorted(graph))}
    lines = ["flowchart BT"]
    for node, number in numbers.items():
        data = graph.nodes[node]
        lines.append(f"  {number}{_MERMAID[data['kind']].format(mermaid(data['name']))}")
    for child, parent, data in _edges(graph):
        lines.append(f"  {numbers[child]} -->|{_label(data)}| {numbers[parent]}")
    if unchecked := [number for node, number in numbers.items() if _is_unchecked(graph.nodes[node])]:
        lines += ["  classDef unchecked stroke-dasharray:4 3", f"  class {','.join(unchecked)} unchecked"]
    return "\n".join([*lines, ""])


def to_graphml(graph: Graph) -> str:
    """Give GraphML, which Gephi, yEd and networkx read."""
    import networkx as nx

    legal: Graph = nx.MultiDiGraph()
    legal.add_nodes_from((node, _all_for_xml(data)) for node, data in graph.nodes(data=True))
    legal.add_edges_from((*ends, _all_for_xml(data)) for *ends, data in graph.edges(keys=True, data=True))
    return "\n".join(nx.generate_graphml(legal)) + "\n"


def _all_for_xml(data: dict[str, str]) -> dict[str, str]:
    return {name: for_xml(text) for name, text in data.items()}


FORMATS: dict[str, Callable[[Graph], str]] = {
    "json": to_json,
    "csv": to_csv,
    "dot": to_dot,
    "mermaid": to_mermaid,
    "graphml": to_graphml,
}


def _edges(graph: Graph) -> list[tuple[str, str, dict[str, str]]]:
    return sorted(
        graph.edges(data=True), key=lambda edge: (edge[0], edge[1], edge[2]["relation"], edge[2].get("stage", ""))
    )


def _is_unchecked(data: dict[str, str]) -> bool:
    return data.get("tier", "curated") != "curated"


def _label(data: dict[str, str]) -> str:
    return f"{data['relation']} ({data['stage']})" if "stage" in data else data["relation"]
