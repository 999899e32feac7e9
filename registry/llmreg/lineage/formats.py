"""Write a lineage graph as JSON, CSV, DOT, Mermaid or GraphML."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

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


_NOT_IN_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_json(graph: Graph) -> str:
    """Give networkx node-link data: `nodes` with `id`, `edges` with `source` (child) and `target` (parent)."""
    import networkx as nx

    data: dict[str, Any] = nx.node_link_data(graph, edges="edges")
    for edge in data["edges"]:
        del edge["key"]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def to_csv(graph: Graph) -> str:
    """Give one row for each edge: child, parent, relation, stage, how, evidence."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["child", "parent", "relation", "stage", "how", "evidence"])
    for child, parent, data in _edges(graph):
        writer.writerow([child, parent, data["relation"], data.get("stage"), data.get("how"), data["evidence"]])
    return text.getvalue()


def to_dot(graph: Graph) -> str:
    """Give a Graphviz digraph with parents above their children; the evidence is each edge's tooltip."""
    lines = [
        "digraph lineage {",
        "  rankdir=BT;",
        "  node [fontname=Helvetica];",
        "  edge [fontname=Helvetica fontsize=10];",
    ]
    for node, data in sorted(graph.nodes(data=True)):
        lines.append(f"  {_quoted(node)} [label={_quoted(data['name'])} shape={_SHAPES[data['kind']]}];")
    for child, parent, data in _edges(graph):
        attributes = f"label={_quoted(_label(data))} tooltip={_quoted(data['evidence'])}"
        lines.append(f"  {_quoted(child)} -> {_quoted(parent)} [{attributes}];")
    return "\n".join([*lines, "}", ""])


def to_mermaid(graph: Graph) -> str:
    """Give a Mermaid flowchart with parents above their children."""
    numbers = {node: f"n{index}" for index, node in enumerate(sorted(graph))}
    lines = ["flowchart BT"]
    for node, number in numbers.items():
        data = graph.nodes[node]
        lines.append(f"  {number}{_MERMAID[data['kind']].format(_in_mermaid(data['name']))}")
    for child, parent, data in _edges(graph):
        lines.append(f"  {numbers[child]} -->|{_label(data)}| {numbers[parent]}")
    return "\n".join([*lines, ""])


def to_graphml(graph: Graph) -> str:
    """Give GraphML, which Gephi, yEd and networkx read."""
    import networkx as nx

    legal: Graph = nx.MultiDiGraph()
    legal.add_nodes_from((node, _all_for_xml(data)) for node, data in graph.nodes(data=True))
    legal.add_edges_from((*ends, _all_for_xml(data)) for *ends, data in graph.edges(keys=True, data=True))
    return "\n".join(nx.generate_graphml(legal)) + "\n"


def for_xml(text: str) -> str:
    """Leave out the signs that no XML file may hold, not even escaped."""
    return _NOT_IN_XML.sub("", text)


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


def _label(data: dict[str, str]) -> str:
    return f"{data['relation']} ({data['stage']})" if "stage" in data else data["relation"]


def _in_mermaid(text: str) -> str:
    """Write the signs that Mermaid reads as its own or as HTML by their numbers, in its way."""
    return "".join(f"#{ord(sign)};" if sign in '#"<>&`' else sign for sign in " ".join(text.split()))


def _quoted(text: str) -> str:
    """Quote for DOT, where a backslash starts an escape and a label ends its lines with `\\n`."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
