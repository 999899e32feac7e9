"""The page of one picture: self-contained, every edge in words with its evidence, names escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from pictures import HOSTILE, graph_of

from llmreg.drawing.page import page
from llmreg.lineage import lineage, subgraph


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.rows = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def read(text):
    reader = Reader()
    reader.feed(text)
    return reader


def test_every_edge_is_in_the_table_with_its_evidence(built_in):
    graph = subgraph(lineage(built_in), ["guanaco-33b"], "up")
    rows = read(page(graph, focus=["guanaco-33b"])).rows[1:]
    found = {(row[0], row[1], row[2], row[5]) for row in rows}
    names = {each: data["name"] + each for each, data in graph.nodes(data=True)}
    assert found == {
        (names[child], data["relation"], names[parent], data["evidence"])
        for child, parent, data in graph.edges(data=True)
    }


def test_the_page_loads_nothing_and_runs_nothing(built_in):
    tags = read(page(subgraph(lineage(built_in), ["alpaca-7b"], "up"), focus=["alpaca-7b"])).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "img", "object"}
    assert {dict(attrs).get("rel") for tag, attrs in tags if tag == "a"} == {"noreferrer"}


def test_hostile_names_stay_text():
    graph = graph_of("odd plain merge")
    graph.nodes["odd"]["name"] = HOSTILE
    text = page(graph, focus=["odd"], note="<i>note</i>")
    assert "<script" not in text
    assert "&lt;i&gt;note" in text


def test_a_page_of_one_entry_says_that_no_edge_is_known():
    graph = graph_of()
    graph.add_node("alone", kind="model", name="Alone")
    text = page(graph, focus=["alone"])
    assert "No edge is known." in text
    assert re.search(r"<title>Lineage of Alone</title>", text)
