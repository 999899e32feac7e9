"""The lineage graph: its nodes and edges, parts of it, and paths."""

from __future__ import annotations

import networkx as nx
import pytest

from builders import catalog, claims, dataset, edge, model
from llmreg.errors import LlmregError
from llmreg.lineage import lineage, paths, relations, subgraph
from llmreg.schema import WEIGHT_RELATIONS


@pytest.fixture(scope="module")
def family():
    return lineage(
        catalog(
            dataset("data", licenses=claims(data="MIT")),
            model(
                "base",
                edge("trained-on", "data", "pretrain"),
                licenses=claims(weights="Apache-2.0"),
                released="2023-05",
            ),
            model("child", edge("finetune", "base"), edge("trained-on", "data", "sft")),
            model("grandchild", edge("adapter", "child")),
            model("grandchild-adapter", file_of="grandchild", component="adapter"),
        )
    )


def test_edges_run_from_child_to_parent_and_carry_their_evidence(family):
    (data,) = family["base"]["data"].values()
    assert data == {"relation": "trained-on", "stage": "pretrain", "evidence": "https://example.org/page"}


def test_nodes_say_what_they_are(family):
    assert family.nodes["base"] == {
        "kind": "model",
        "name": "base",
        "tier": "curated",
        "released": "2023-05",
        "licenses": "weights: Apache-2.0",
    }


def test_licenses_templates_and_policies_are_no_nodes(family):
    assert not {"MIT", "standard", "alpaca-stanford"} & set(family)


def test_a_file_has_the_lineage_of_the_model_it_makes(family):
    assert list(family["grandchild-adapter"]) == ["child"]
    assert family.nodes["grandchild-adapter"]["file_of"] == "grandchild"


@pytest.mark.parametrize(
    ("direction", "depth", "expected"),
    [
        ("up", None, {"child", "base", "data"}),
        ("down", None, {"child", "grandchild", "grandchild-adapter"}),
        ("both", 1, {"child", "base", "data", "grandchild", "grandchild-adapter"}),
        ("up", 0, {"child"}),
    ],
)
def test_a_part_reaches_as_far_as_asked(family, direction, depth, expected):
    assert set(subgraph(family, ["child"], direction, depth)) == expected


def test_paths_come_shortest_first_with_every_relation_of_a_step(family):
    found = paths(family, "grandchild", "data")
    assert found == [["grandchild", "child", "data"], ["grandchild", "child", "base", "data"]]
    assert relations(family, found[1]) == ["adapter", "finetune", "trained-on"]
    assert paths(family, "data", "grandchild") == []


def test_what_has_no_lineage_is_refused(family):
    with pytest.raises(LlmregError, match="'MIT' is no part of the lineage"):
        subgraph(family, ["MIT"], "up")


def test_weight_edges_of_the_built_in_catalog_form_no_cycle(built_in):
    graph = lineage(built_in)
    weights = nx.DiGraph([(a, b) for a, b, data in graph.edges(data=True) if data["relation"] in WEIGHT_RELATIONS])
    assert nx.is_directed_acyclic_graph(weights)


def test_the_flagship_is_an_adapter_of_llama(built_in):
    graph = lineage(built_in)
    assert paths(graph, "guanaco-33b", "llama-33b")[0] == ["guanaco-33b", "llama-33b"]
    assert paths(graph, "guanaco-33b", "oasst1")[0] == ["guanaco-33b", "oasst1-guanaco", "oasst1"]
