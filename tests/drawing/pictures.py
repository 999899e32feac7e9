"""Graphs to draw, and what tests read out of pictures."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import networkx as nx
from hypothesis import strategies as st

from llmreg.drawing.palette import GROUP_OF, KINDS

SVG = "{http://www.w3.org/2000/svg}"
RELATIONS = st.sampled_from(sorted(GROUP_OF))
HOSTILE = 'a "quoted" \\ <script>alert(1)</script> ]]> &amp;\x00\x0b\nof two lines 😀 \u202eright to left א ab\u0301'


def node(graph, entry_id, kind="model", name=None, **fields):
    graph.add_node(entry_id, kind=kind, name=name or entry_id, **fields)


def graph_of(*edges, **kinds):
    """A graph from `child parent relation` words; all entries are models but those named with a kind."""
    graph = nx.MultiDiGraph()
    for words in edges:
        child, parent, relation = words.split()
        for each in (child, parent):
            if each not in graph:
                node(graph, each, kinds.get(each, "model"))
        graph.add_edge(child, parent, relation=relation, evidence="https://example.org/page table 6")
    return graph


@st.composite
def graphs(draw, most=14):
    """Any graph at all: cycles, loops, parallel edges, entries that are linked to nothing."""
    graph = nx.MultiDiGraph()
    ids = [f"e{number}" for number in range(draw(st.integers(1, most)))]
    for each in ids:
        node(graph, each, draw(st.sampled_from(sorted(KINDS))), draw(st.text(min_size=1, max_size=60)))
    for _ in range(draw(st.integers(0, 2 * most))):
        child, parent = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        graph.add_edge(child, parent, relation=draw(RELATIONS), evidence="page")
    return graph


def read(svg):
    return ET.fromstring(svg)


def with_class(root, name):
    return [each for each in root.iter() if name in (each.get("class") or "").split()]


def nodes_in(svg):
    return {each.get("data-id") for each in with_class(read(svg), "node")}


def edges_in(svg):
    return sorted(
        (e.get("data-child"), e.get("data-parent")) for e in with_class(read(svg), "edge") if e.get("data-child")
    )


def words_in(element):
    return [text.text for text in element.iter(f"{SVG}text")]


def legend_of(svg):
    (legend,) = with_class(read(svg), "legend")
    return words_in(legend)


def boxes_overlap(one, other):
    """Whether two boxes, each left, top, right, bottom, share more than an edge."""
    return (
        one[0] < other[2] - 0.01 and other[0] < one[2] - 0.01 and one[1] < other[3] - 0.01 and other[1] < one[3] - 0.01
    )


def numbers(text):
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text)]
