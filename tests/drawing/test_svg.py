"""Pictures: everything of the graph is in them, told in words too, and no name breaks them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from pictures import (
    HOSTILE,
    SVG,
    boxes_overlap,
    edges_in,
    graph_of,
    graphs,
    legend_of,
    node,
    nodes_in,
    read,
    with_class,
    words_in,
)

from builders import catalog, claims, dataset, edge, imported_by, model
from llmreg.drawing.cut import cut
from llmreg.drawing.palette import GROUP_OF, VERDICTS
from llmreg.drawing.svg import picture
from llmreg.lineage import lineage, subgraph


@settings(deadline=None)
@given(graphs())
def test_every_node_and_every_edge_is_in_the_picture(graph):
    svg = picture(graph, fast=True)
    assert nodes_in(svg) == set(graph)
    assert edges_in(svg) == sorted(graph.edges())


def test_the_whole_catalog_is_drawn(built_in):
    graph = lineage(built_in)
    svg = picture(graph, fast=True)
    assert nodes_in(svg) == set(graph)
    assert edges_in(svg) == sorted(graph.edges())


def test_hostile_names_stay_text():
    graph = graph_of("odd plain merge")
    node(graph, "odd", name=HOSTILE, licenses="weights: unknown; code: <b>custom</b>")
    graph.edges["odd", "plain", 0].update(how=HOSTILE, evidence=HOSTILE)
    svg = picture(graph, focus=["odd"], title=HOSTILE, links=lambda each: f'x"{each}.html?a=1&b=2')
    root = read(svg)
    assert not [each for each in root.iter() if each.tag.rpartition("}")[2] == "script"]
    assert "<script>" in root.find(f"{SVG}title").text
    assert {each.get("href") for each in root.iter(f"{SVG}a")} == {f'x"{each}.html?a=1&b=2' for each in graph}


def test_a_picture_refers_to_nothing_outside_itself(built_in):
    root = read(picture(subgraph(lineage(built_in), ["guanaco-33b"], "up"), fast=True))
    addresses = [
        value for each in root.iter() for name, value in each.items() if name.rpartition("}")[2] in ("href", "src")
    ]
    assert addresses == []
    assert "@import" not in root.find(f"{SVG}style").text
    assert "url(" not in root.find(f"{SVG}style").text


def test_boxes_have_their_name_their_licenses_and_the_rest_in_their_tooltip(built_in):
    svg = picture(subgraph(lineage(built_in), ["guanaco-33b"], "up", 1), focus=["guanaco-33b"], fast=True)
    box = next(each for each in with_class(read(svg), "node") if each.get("data-id") == "guanaco-33b")
    assert words_in(box)[:2] == ["Guanaco 33B", "llama-1"]
    told = box.find(f"{SVG}title").text
    assert "licenses: adapter: Apache-2.0; weights: llama-1; code: MIT" in told
    assert "released: 2023-05-23" in told
    assert "focus" in box.get("class").split()


def test_missing_licenses_keep_their_own_words():
    stated = {name: model(name, licenses=claims(weights=name)) for name in ("no-licence", "unknown", "custom")}
    graph = lineage(catalog(*stated.values(), model("blank")))
    svg = picture(subgraph(graph, [*stated, "blank"], "up"), fast=True)
    boxes = {each.get("data-id"): words_in(each) for each in with_class(read(svg), "node")}
    assert boxes == {**{name: [name, name] for name in stated}, "blank": ["blank"]}


def test_the_license_of_the_code_is_not_taken_for_that_of_the_weights():
    graph = lineage(catalog(model("m", licenses=claims(code="MIT"))))
    svg = picture(subgraph(graph, ["m"], "up"), fast=True)
    assert "code: MIT" in words_in(with_class(read(svg), "node")[0])


def test_an_edge_tells_relation_stage_and_evidence():
    graph = subgraph(lineage(catalog(dataset("d"), model("m", edge("trained-on", "d", "sft")))), ["m"], "up")
    (line,) = [each for each in with_class(read(picture(graph, fast=True)), "edge") if each.get("data-child")]
    assert line.find(f"{SVG}title").text == "m -(trained-on) (sft)-> d\nevidence: https://example.org/page"
    assert "data" in line.get("class").split()


def test_the_legend_tells_just_what_occurs():
    graph = graph_of("m base adapter", "m d trained-on", d="dataset")
    words = legend_of(picture(graph, fast=True))
    assert words == [
        "model", "dataset", "weights: its weights come from there", "data: it was trained on or collected from this",
    ]  # fmt: skip
    colored = legend_of(picture(graph, focus=["m"], verdicts={"m": "forbidden", "d": "allowed"}, fast=True))
    assert [word for word in colored if word not in words] == ["asked for", "✓", "allowed", "✗", "forbidden"]


@pytest.mark.parametrize("relation", sorted(GROUP_OF))
def test_lines_of_each_relation_look_like_their_group_in_the_legend(relation):
    svg = picture(graph_of(f"a b {relation}"), fast=True)
    drawn = [each.get("class") for each in with_class(read(svg), "edge")]
    assert drawn == [f"edge {GROUP_OF[relation].name}"] * 2
    assert len(legend_of(svg)) == 2


def test_no_legend_where_none_is_wanted():
    assert with_class(read(picture(graph_of("a b finetune"), legend=False, fast=True)), "legend") == []


@pytest.mark.parametrize("answer", VERDICTS)
def test_a_verdict_shows_in_color_and_mark_and_words(answer):
    svg = picture(graph_of("a b finetune"), verdicts={"a": answer}, fast=True)
    marked, plain = sorted(with_class(read(svg), "node"), key=lambda each: each.get("data-id"))
    assert answer in marked.get("class").split()
    assert VERDICTS[answer].mark in words_in(marked)
    assert f"verdict: {answer}" in marked.find(f"{SVG}title").text
    assert not set(VERDICTS) & set(plain.get("class").split())
    assert VERDICTS[answer].color.light in svg
    assert VERDICTS[answer].color.dark in svg


def test_for_a_screen_reader_it_is_one_image_unless_it_has_links():
    graph = graph_of("a b finetune")
    plain, linked = read(picture(graph, fast=True)), read(picture(graph, links=lambda each: f"{each}.html", fast=True))
    assert (plain.get("role"), linked.get("role")) == ("img", "group")
    assert plain.get("aria-labelledby") == plain.find(f"{SVG}title").get("id")
    assert plain.find(f"{SVG}desc").text.startswith("2 entries and 1 edge")


def test_pictures_in_one_page_share_no_ids():
    graphs_ = (graph_of("a b finetune"), graph_of("a b adapter"), graph_of("a b finetune", "c b finetune"))
    ids = [each.get("id") for graph in graphs_ for each in read(picture(graph, fast=True)).iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_long_names_are_cut_inside_the_box_and_whole_in_the_tooltip():
    graph = graph_of("a b finetune")
    graph.nodes["a"]["name"] = "word " * 40 + "end"
    box = next(each for each in with_class(read(picture(graph, fast=True)), "node") if each.get("data-id") == "a")
    assert words_in(box)[2].endswith("…")
    assert "end (model a)" in box.find(f"{SVG}title").text


def test_boxes_in_the_drawing_do_not_overlap(built_in):
    graph = subgraph(lineage(built_in), ["text-davinci-003"], "down")
    for fast in (True, False):
        svg = picture(graph, fast=fast)
        boxes = [box for each in with_class(read(svg), "node") if (box := rectangle(each))]
        assert len(boxes) > 40
        for index, one in enumerate(boxes):
            assert not any(boxes_overlap(one, other) for other in boxes[:index])


def rectangle(element):
    """The box of a model; other kinds are paths."""
    for each in with_class(element, "box"):
        if each.tag == f"{SVG}rect":
            x, y, width, height = (float(each.get(name)) for name in ("x", "y", "width", "height"))
            return x, y, x + width, y + height
    return None


def test_cut_keeps_the_nearest_and_counts_what_it_leaves_out():
    graph = graph_of(*(f"c{number} base finetune" for number in range(9)), "base d trained-on", "d e derived-from")
    part = cut(graph, ["base"], 5)
    assert set(part) == {"base", "c0", "c1", "c2", "c3"}
    assert part.nodes["base"] == {"kind": "model", "name": "base", "more_parents": 1, "more_children": 5}
    assert "more_parents" not in graph.nodes["base"]
    words = words_in(
        next(each for each in with_class(read(picture(part, fast=True)), "node") if each.get("data-id") == "base")
    )
    assert words == ["base", "+1 more", "+5 more"]


def test_cut_leaves_a_small_graph_as_it_is():
    graph = graph_of("a b finetune", "b c finetune")
    assert dict(cut(graph, ["b"], 3).nodes(data=True)) == dict(graph.nodes(data=True))
    assert set(cut(graph, ["b"], 1)) == {"b"}
    assert set(cut(graph, ["not there"], 3)) == set()


def test_the_same_bytes_whatever_the_order_of_hashing():
    program = (
        "from llmreg.catalog import load_catalog; from llmreg.lineage import lineage, subgraph;"
        "from llmreg.drawing.svg import picture; graph = subgraph(lineage(load_catalog()), ['llama-7b'], 'down');"
        "print(picture(graph, fast=True) + picture(graph))"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(drawn) == 1
    assert b"LLaMA 7B" in drawn.pop()


def test_a_box_says_by_its_outline_and_its_title_that_nobody_checked_it():
    whole = subgraph(
        lineage(catalog(model("plain"), imported_by("hub", model("card", edge("merge", "plain"))))), ["card"], "up"
    )
    svg = picture(whole)
    assert svg.count("evidence: card, which nobody of llmreg checked") == 1
    assert [each.get("data-id") for each in with_class(read(svg), "unchecked")] == ["card"]
    assert ".unchecked .box{stroke-dasharray:4 3}" in svg
    assert "unchecked" not in picture(subgraph(whole, ["plain"], "up"))
