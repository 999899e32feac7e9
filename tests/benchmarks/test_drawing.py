"""How long our own layout and a picture take; run with `pytest tests/benchmarks/test_drawing.py -s`."""

from __future__ import annotations

import random
import time

import networkx as nx
import pytest

from llmreg.drawing.layout import layout
from llmreg.drawing.svg import picture
from llmreg.lineage import lineage, subgraph


def grown(size):
    """A lineage in which early entries are built on most."""
    dice, graph = random.Random(1), nx.MultiDiGraph()
    for number in range(size):
        graph.add_node(f"n{number}", kind="model", name=f"Entry {number}")
        for _ in range(dice.choice([1, 1, 1, 2]) if number else 0):
            parent = int(number * dice.random() ** 2)
            graph.add_edge(f"n{number}", f"n{parent}", relation="finetune", evidence="page")
    return graph


def seconds(job, times=5):
    """The shortest time on the processor, so that what else the machine does counts little."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        job()
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.parametrize(("size", "most"), [(30, 0.03), (5_000, 1.0)])
def test_our_own_layout(size, most):
    graph = grown(size)
    taken = seconds(lambda: layout(graph, dict.fromkeys(graph, (140.0, 44.0)), fast=True))
    print(f"\nlayout of {size:,} entries: {1000 * taken:.1f} ms")
    assert taken < most


def test_pictures_of_the_whole_catalog_one_by_one(built_in):
    """What a site draws: the lineage of every entry."""
    whole = lineage(built_in)
    parts = [(each, subgraph(whole, [each], "up")) for each in whole]
    taken = seconds(lambda: [picture(part, focus=[each], fast=True) for each, part in parts], times=1)
    print(f"\n{len(parts)} pictures: {taken:.2f} s")
    assert taken < 5.0
