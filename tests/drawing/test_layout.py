"""Layouts: parents above children, no overlapping boxes, the same every time, with Graphviz and without."""

from __future__ import annotations

import sys
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import boxes_overlap, graph_of, graphs

from llmreg.drawing.layers import crossings, layers_of
from llmreg.drawing.layout import layout
from llmreg.lineage import lineage, subgraph

SIZES = st.tuples(st.floats(20, 200), st.floats(10, 80))


def even(graph):
    return dict.fromkeys(graph, (140.0, 50.0))


def boxes(placed, sizes):
    return {
        each: (x - sizes[each][0] / 2, y - sizes[each][1] / 2, x + sizes[each][0] / 2, y + sizes[each][1] / 2)
        for each, (x, y) in placed.positions.items()
    }


def check_layout(graph, placed, sizes):
    placed_boxes = boxes(placed, sizes)
    assert set(placed_boxes) == set(graph)
    for one, other in combinations(placed_boxes.values(), 2):
        assert not boxes_overlap(one, other)
    for left, top, right, bottom in placed_boxes.values():
        assert left >= -0.51
        assert top >= -0.51
        assert right <= placed.width + 0.51
        assert bottom <= placed.height + 0.51
    assert set(placed.routes) == set(graph.edges(keys=True))
    assert all(len(route) >= 4 and len(route) % 3 == 1 for route in placed.routes.values())


@settings(deadline=None)
@given(st.data())
def test_boxes_never_overlap_and_every_edge_has_its_way(data):
    graph = data.draw(graphs())
    sizes = {each: data.draw(SIZES) for each in sorted(graph)}
    check_layout(graph, layout(graph, sizes, fast=True), sizes)


@settings(deadline=None, max_examples=30)
@given(graphs())
def test_the_same_holds_with_graphviz(graph):
    pytest.importorskip("pygraphviz")
    check_layout(graph, layout(graph, even(graph)), even(graph))


@settings(deadline=None)
@given(graphs())
def test_lines_run_between_the_boxes_of_their_ends(graph):
    placed = layout(graph, even(graph), fast=True)
    for (child, parent, _), route in placed.routes.items():
        for end, each in ((route[0], parent), (route[-1], child)):
            x, y = placed.positions[each]
            assert abs(end[0] - x) <= 70.01
            assert abs(end[1] - y) <= 25.01


def test_parents_stand_above_their_children(built_in):
    graph = subgraph(lineage(built_in), ["guanaco-33b"], "up")
    for fast in (True, False):
        positions = layout(graph, even(graph), fast=fast).positions
        assert all(positions[parent][1] < positions[child][1] for child, parent in graph.edges())


def test_a_cycle_through_generated_data_is_opened_where_outputs_became_data():
    graph = graph_of("judge data trained-on", "data judge generated-by", data="dataset")
    positions = layout(graph, even(graph), fast=True).positions
    assert positions["data"][1] < positions["judge"][1]


def test_a_base_with_a_hundred_children_stays_of_a_readable_width():
    graph = graph_of(*(f"child-{number} base finetune" for number in range(100)))
    for fast in (True, False):
        placed = layout(graph, even(graph), fast=fast)
        assert placed.width < 1_500
        check_layout(graph, placed, even(graph))


def test_a_line_passes_no_box_in_a_wrapped_layer():
    graph = graph_of(*(f"child-{number} base finetune" for number in range(40)))
    placed = layout(graph, even(graph), fast=True)
    inner = {each: (box[0] + 2, box[1] + 2, box[2] - 2, box[3] - 2) for each, box in boxes(placed, even(graph)).items()}
    for (child, parent, _), route in placed.routes.items():
        for x, y in along(route):
            hit = [
                each for each, (a, b, c, d) in inner.items() if a < x < c and b < y < d and each not in (child, parent)
            ]
            assert not hit


def along(route):
    """Points on the curves, close enough to find a box of which they cross a corner."""
    for start in range(0, len(route) - 1, 3):
        p0, p1, p2, p3 = route[start : start + 4]
        for t in (step / 20 for step in range(21)):
            u = 1 - t
            yield tuple(
                u**3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t**3 * d
                for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
            )


def test_a_tree_is_drawn_without_crossings():
    graph = graph_of(*(f"n{number} n{(number - 1) // 3} finetune" for number in range(1, 40)))
    assert crossings(layers_of(graph)) == 0


def test_sweeping_finds_an_order_that_does_not_cross():
    graph = graph_of("c1 p3 finetune", "c2 p2 finetune", "c3 p1 finetune", "c1 p2 merge", "c2 p1 merge")
    assert crossings(layers_of(graph)) == 0


def test_without_graphviz_our_own_layout_takes_its_place(monkeypatch):
    graph = graph_of("a b finetune", "c b finetune", "d a merge", "d c merge")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert layout(graph, even(graph)) == layout(graph, even(graph), fast=True)


def test_with_graphviz_graphviz_is_asked(built_in):
    pytest.importorskip("pygraphviz")
    graph = graph_of("a b finetune", "c b finetune", "d a merge", "d c merge")
    assert layout(graph, even(graph)) != layout(graph, even(graph), fast=True)


def test_entries_that_are_linked_to_nothing_stand_below():
    graph = graph_of("a b finetune")
    graph.add_node("alone", kind="model", name="alone")
    positions = layout(graph, even(graph), fast=True).positions
    assert positions["alone"][1] > positions["a"][1]


def test_a_graph_of_nothing_has_no_size():
    placed = layout(graph_of(), {})
    assert (placed.positions, placed.width, placed.height) == ({}, 0.0, 0.0)
