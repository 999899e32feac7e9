"""Conflicts: terms in one lineage that cannot all be kept, told apart from the verdict."""

from __future__ import annotations

import pytest

from builders import catalog, claims, dataset, edge, model
from llmreg.licensing import check


def conflicts(entries, entry_id, policy="standard"):
    found = check(catalog(*entries), entry_id, "commercial", policy=policy).conflicts
    return {(conflict.kind, conflict.licenses) for conflict in found}


def merged(*licenses, stated="MIT"):
    parents = [model(f"p{index}", licenses=claims(weights=license_id)) for index, license_id in enumerate(licenses)]
    edges = [edge("merge", parent.id) for parent in parents]
    return [*parents, model("m", *edges, licenses=claims(weights=stated))]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "share-alike"),
        ("GPL-3.0-only", "llama2", "copyleft"),
        ("AGPL-3.0-only", "bigscience-bloom-rail-1.0", "copyleft"),
        ("llama3", "glm-4", "names"),
    ],
)
def test_two_parents_whose_terms_exclude_each_other(one, other, kind):
    found = conflicts(merged(one, other), "m")
    assert any(name == kind and set(licenses) == {one, other} for name, licenses in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0"),
        ("GPL-3.0-only", "AGPL-3.0-only"),
        ("llama3", "llama3.1"),
        ("MIT", "Apache-2.0"),
    ],
)
def test_two_parents_whose_terms_go_together(one, other):
    assert not {kind for kind, _ in conflicts(merged(one, other), "m")} & {"share-alike", "copyleft", "names"}


def test_share_alike_data_conflict_where_the_policy_lets_them_bind():
    rows = [
        dataset("sa", licenses=claims(data="CC-BY-SA-4.0")),
        dataset("nc", licenses=claims(data="CC-BY-NC-SA-4.0")),
        model("m", edge("trained-on", "sa", "sft"), edge("trained-on", "nc", "sft"), licenses=claims(weights="MIT")),
        dataset("both", edge("derived-from", "sa"), edge("derived-from", "nc"), licenses=claims(data="MIT")),
    ]
    assert not conflicts(rows, "m")
    assert "share-alike" in {kind for kind, _ in conflicts(rows, "m", "strict")}
    assert "share-alike" in {kind for kind, _ in conflicts(rows, "both")}


def test_a_relicensed_derivative_and_a_stated_license_that_the_lineage_contradicts():
    base = model("base", licenses=claims(weights="CC-BY-NC-4.0"))
    child = model("child", edge("finetune", "base"), licenses=claims(weights="Apache-2.0"))
    assert ("relicensed", ("Apache-2.0", "CC-BY-NC-4.0")) in conflicts([base, child], "child")
    llama = model("base", licenses=claims(weights="llama2"))
    assert ("stated-license", ("Apache-2.0", "llama2")) in conflicts([llama, child], "child")
    honest = model("child", edge("finetune", "base"), licenses=claims(weights="CC-BY-NC-4.0"))
    assert not conflicts([base, honest], "child")


def test_the_license_of_an_adapter_file_contradicts_nothing():
    base = model("base", licenses=claims(weights="CC-BY-NC-4.0"))
    for stated in ({"adapter": "Apache-2.0"}, {"adapter": "Apache-2.0", "weights": "CC-BY-NC-4.0"}):
        child = model("child", edge("adapter", "base"), licenses=claims(**stated))
        assert not conflicts([base, child], "child")


def test_outputs_of_llama_2_in_a_model_of_another_family():
    teacher = model("teacher", licenses=claims(weights="llama2"))
    rows = dataset("rows", edge("generated-by", "teacher"), licenses=claims(data="MIT"))
    stranger = model("stranger", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    relative = model(
        "relative", edge("finetune", "teacher"), edge("trained-on", "rows", "sft"), licenses=claims(weights="llama2")
    )
    entries = [teacher, rows, stranger, relative]
    assert ("outputs", ("llama2",)) in conflicts(entries, "stranger")
    assert not conflicts(entries, "relative")


def test_restrictions_on_top_of_a_license_that_bars_them():
    command = model("command", licenses=claims(weights="cohere-c4ai-cc-by-nc-4.0"))
    assert ("added-restrictions", ("cohere-c4ai-cc-by-nc-4.0",)) in conflicts([command], "command")


def test_a_conflict_changes_no_verdict():
    entries = merged("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0")
    answer = check(catalog(*entries), "m", "research")
    assert answer.conflicts
    assert answer.verdict == "allowed-with-conditions"
