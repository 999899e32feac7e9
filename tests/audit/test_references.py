"""Names that lead nowhere, entries that nothing leads to, and mere names."""

from __future__ import annotations

import pytest

from builders import SOURCES, claims, dataset, edge, model
from llmreg.schema import Benchmark, Model


def ids(findings):
    return [finding.id for finding in findings]


def test_an_edge_to_an_entry_that_does_not_exist_dangles_and_the_nearest_is_offered(find):
    (finding,) = find("dangling", model("child", edge("finetune", "parant")), model("parent"))
    assert finding.id == "child"
    assert finding.text == "names 'parant', which no entry describes; did you mean 'parent'?"
    assert str(finding.sides[0].source) == "https://example.org/page"


@pytest.mark.parametrize(
    "fields",
    [
        {"same_as": ("nobody",)},
        {"file_of": "nobody", "component": "adapter"},
        {"results": [{"benchmark": "nobody", "metric": "accuracy", "value": 1, "unit": "percent", "source": "page"}]},
    ],
)
def test_whatever_names_an_entry_can_dangle(find, fields):
    assert "'nobody'" in find("dangling", model("m", **fields))[0].text


def test_a_license_that_no_entry_holds_dangles_and_a_malformed_expression_is_told_too(find):
    found = find(
        "dangling",
        model("a", licenses=claims(weights="MTI")),
        model("b", licenses=claims(weights="MIT AND (")),
        model("c", licenses=claims(weights="MIT OR hf:apache-2.0")),
    )
    assert [(finding.id, finding.sides[0].says) for finding in found] == [
        ("a", "weights: MTI"),
        ("b", "weights: MIT AND ("),
    ]


def test_an_audit_of_everything_survives_names_that_lead_nowhere(find, bare):
    from llmreg.audit import CHECKS

    broken = [
        model("child", edge("finetune", "nobody"), licenses=claims(weights="MTI")),
        model("grandchild", edge("finetune", "child"), licenses=claims(weights="MIT")),
        model("file", file_of="nobody", component="adapter"),
        model("about", same_as=("nobody",)),
    ]
    assert {kind: ids(found) for kind in CHECKS if (found := find(kind, *broken))} == {
        "dangling": ["about", "child", "child", "file"],
        "no-license": ["about"],
    }


def test_an_entry_is_isolated_only_if_it_names_none_and_none_names_it(find):
    entries = [
        dataset("alone"),
        dataset("read"),
        model("reader", edge("trained-on", "read", "sft")),
        model("made"),
        model("made-adapter", file_of="made", component="adapter"),
        model("record", same_as=("made",)),
        Benchmark(id="questions", name="questions", source="page", sources=SOURCES, dataset="rows"),
        dataset("rows"),
    ]
    assert ids(find("isolated", *entries)) == ["alone"]


def test_mere_names_come_with_those_who_name_them_the_most_wanted_first(find):
    children = [model(f"m{number}", edge("trained-on", "wanted", "sft")) for number in range(5)]
    entries = [dataset("lonely", stub=True), dataset("wanted", stub=True), *children]
    assert [(finding.id, finding.text) for finding in find("stub", *entries)] == [
        ("wanted", "a dataset called 'wanted', named by m0, m1, m2 and 2 more"),
        ("lonely", "a dataset called 'lonely', named by nobody"),
    ]


def test_a_circle_of_data_ends(find):
    entries = [
        model("m", edge("trained-on", "d", "sft"), licenses=claims(weights="MIT")),
        dataset("d", edge("generated-by", "m"), licenses=claims(data="MIT")),
    ]
    assert find("contradicted-license", *entries) == find("dangling", *entries) == find("isolated", *entries) == []


def test_weights_in_a_circle_end_too(find):
    entries = [Model(**dict(model(a, edge("finetune", b)))) for a, b in (("a", "b"), ("b", "a"))]
    assert find("no-base", *entries) == []
