"""Exports: each one holds every edge with its evidence, and hostile names break none of them."""

from __future__ import annotations

import csv
import io
import json

import networkx as nx
import pytest

from builders import SOURCES, catalog, edge, imported_by, model
from llmreg.lineage import FORMATS, lineage, subgraph

HOSTILE = 'a "quoted" \\ <b>&amp;</b> | name\nof two lines'


@pytest.fixture(scope="module")
def graph():
    sources = {"page": {**SOURCES["page"], "locator": 'table 6, "left"'}}
    odd = model("odd", edge("merge", "plain")).model_copy(update={"name": HOSTILE})
    return subgraph(
        lineage(catalog(model("plain"), odd, model("other", edge("finetune", "odd"), edge("distilled", "odd")))),
        ["plain", "odd", "other"],
        "up",
    ), sources


def edges_from_json(text):
    return {(e["source"], e["target"], e["relation"], e["evidence"]) for e in json.loads(text)["edges"]}


def edges_from_csv(text):
    return {
        (row["child"], row["parent"], row["relation"], row["evidence"]) for row in csv.DictReader(io.StringIO(text))
    }


def edges_from_graphml(text):
    graph = nx.parse_graphml(text, force_multigraph=True)
    return {(a, b, data["relation"], data["evidence"]) for a, b, data in graph.edges(data=True)}


@pytest.mark.parametrize("read", [edges_from_json, edges_from_csv, edges_from_graphml])
def test_an_edge_reads_back_with_its_evidence(read, built_in):
    whole = lineage(built_in)
    expected = {(a, b, data["relation"], data["evidence"]) for a, b, data in whole.edges(data=True)}
    assert expected
    assert all(evidence for *_, evidence in expected)
    assert read(FORMATS[read.__name__.rpartition("_")[2]](whole)) == expected


def test_json_is_node_link_data_that_networkx_reads(built_in):
    data = json.loads(FORMATS["json"](lineage(built_in)))
    again = nx.node_link_graph(data, edges="edges")
    assert again.has_edge("guanaco-33b", "llama-33b")
    assert {node["id"]: node["kind"] for node in data["nodes"]}["oasst1"] == "dataset"


def test_hostile_names_survive(graph):
    part, _ = graph
    assert nx.parse_graphml(FORMATS["graphml"](part)).nodes["odd"]["name"] == HOSTILE
    names = {node["id"]: node["name"] for node in json.loads(FORMATS["json"](part))["nodes"]}
    assert names["odd"] == HOSTILE


def test_dot_quotes_what_dot_would_read(graph):
    text = FORMATS["dot"](graph[0])
    assert r"a \"quoted\" \\ <b>&amp;</b> | name\nof two lines" in text
    assert text.count("->") == 3
    assert text.startswith("digraph lineage {")


def test_mermaid_keeps_names_inside_their_quotes(graph):
    lines = FORMATS["mermaid"](graph[0]).splitlines()
    assert lines[0] == "flowchart BT"
    node = next(line for line in lines if "quoted" in line)
    assert node.count('"') == 2
    assert sum("-->" in line for line in lines) == 3


def test_exports_do_not_depend_on_the_order_of_files(built_in):
    whole = lineage(built_in)
    for write in FORMATS.values():
        assert write(whole) == write(lineage(built_in))


def test_mermaid_shows_signs_that_it_would_read_as_its_own():
    graph = lineage(catalog(model("odd").model_copy(update={"name": 'C#1; <b>`"x"`</b>'})))
    node = next(line for line in FORMATS["mermaid"](graph.subgraph(["odd"])).splitlines() if "C#" in line)
    assert node == '  n0["C#35;1; #60;b#62;#96;#34;x#34;#96;#60;/b#62;"]'


def test_graphml_leaves_out_signs_that_xml_refuses():
    graph = lineage(catalog(model("odd").model_copy(update={"name": "a\x01b\ufffe"})))
    assert nx.parse_graphml(FORMATS["graphml"](graph)).nodes["odd"]["name"] == "ab"


def test_what_nobody_checked_has_a_dashed_outline_and_its_tier():
    whole = subgraph(
        lineage(catalog(model("plain"), imported_by("hub", model("card", edge("merge", "plain"))))), ["card"], "up"
    )
    dot = FORMATS["dot"](whole).splitlines()
    assert [line for line in dot if "dashed" in line] == ['  "card" [label="card" shape=box style=dashed];']
    assert {node["id"]: node["tier"] for node in json.loads(FORMATS["json"](whole))["nodes"]} == {
        "card": "card",
        "plain": "curated",
    }
    assert [line for line in FORMATS["mermaid"](whole).splitlines() if "unchecked" in line] == [
        "  classDef unchecked stroke-dasharray:4 3",
        "  class n0 unchecked",
    ]
