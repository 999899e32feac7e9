"""Two entries side by side."""

from __future__ import annotations

import json

import pytest

from builders import claims, dataset, edge, imported_by, model
from llmreg.audit import compare
from llmreg.catalog.tiers import named_tiers
from llmreg.errors import UnknownIdError
from llmreg.uses import Use


@pytest.fixture
def pair(bare):
    recipe = {"method": "qlora", "data": {"format": "text"}, "source": "page"}
    result = {"benchmark": "b", "metric": "accuracy", "unit": "percent", "source": "page"}
    return bare.over(
        model("base", licenses=claims(weights="llama-1")),
        dataset("rows", licenses=claims(data="MIT")),
        model(
            "a",
            edge("adapter", "base"),
            edge("trained-on", "rows", "sft"),
            licenses={
                "weights": [
                    {"id": "MIT", "source": "page", "until": "2024"},
                    {"id": "llama2", "source": "page", "since": "2024"},
                ]
            },
            modality=("text", "image"),
            recipe={**recipe, "settings": {"rank": 8, "double_quant": True}, "training": {"epochs": 3, "seed": 0}},
            results=[{**result, "value": 57.0}],
        ),
        model(
            "b",
            edge("trained-on", "rows", "sft"),
            edge("trained-on", "rows", "pretrain"),
            licenses=claims(weights="MIT"),
            modality=("text",),
            parameters=7,
            recipe={**recipe, "settings": {"rank": 64, "double_quant": True}, "training": {"epochs": 3}},
            results=[{**result, "value": 58.5}],
        ),
        model("a-adapter", file_of="a", component="adapter"),
    )


def test_fields_licenses_settings_and_results_that_differ(pair):
    found = {row.field: (row.a, row.b) for row in compare(pair, "a", "b").differences}
    assert found == {
        "name": ("a", "b"),
        "modality": (("image",), None),
        "parameters": (None, "7"),
        "licenses.weights": (("MIT until 2024", "llama2 from 2024"), ("MIT",)),
        "recipe.settings.rank": ("8", "64"),
        "recipe.training.seed": ("0", None),
        "results.b accuracy": ("57 percent", "58.5 percent"),
    }


def test_what_is_alike_is_named(pair):
    assert set(compare(pair, "a", "b").same) == {
        "recipe.method", "recipe.settings.double_quant", "recipe.training.epochs", "recipe.data.format",
    }  # fmt: skip


def test_parents_with_relation_and_stage(pair):
    found = compare(pair, "a", "b")
    assert found.parents_of_a == ("adapter base",)
    assert found.parents_of_b == ("trained-on rows (pretrain)",)
    assert found.parents_of_both == ("trained-on rows (sft)",)


def test_a_file_has_the_parents_of_its_model(pair):
    assert compare(pair, "a", "a-adapter").parents_of_a == ()


def test_verdicts_for_every_use(pair):
    verdicts = {judged.use: (judged.a, judged.b) for judged in compare(pair, "a", "b").verdicts}
    assert list(verdicts) == list(Use.__args__)
    assert verdicts["commercial"] == ("forbidden", "allowed")


def test_an_entry_and_itself_do_not_differ(pair):
    found = compare(pair, "a", "a")
    assert found.differences == found.parents_of_a == found.parents_of_b == ()
    assert {judged.a == judged.b for judged in found.verdicts} == {True}


def test_the_order_asked_in_is_the_order_told_in(pair):
    there, back = compare(pair, "a", "b"), compare(pair, "b", "a")
    assert {(row.field, row.a, row.b) for row in there.differences} == {
        (row.field, row.b, row.a) for row in back.differences
    }
    assert there.parents_of_a == back.parents_of_b


def test_things_of_different_kinds_and_licenses_can_be_compared(pair):
    found = compare(pair, "rows", "llama2")
    assert found.kinds == ("dataset", "license")
    assert {judged.b for judged in found.verdicts} == {None}
    licenses = compare(pair, "llama2", "llama3")
    assert licenses.verdicts == ()
    fields = {row.field for row in licenses.differences}
    assert "duties.naming" in fields
    assert not any(field.endswith(".source") or field.startswith("sources") for field in fields)


def test_it_can_be_written_as_json(pair):
    data = json.loads(json.dumps(compare(pair, "a", "b").to_json()))
    assert (data["a"], data["b"]) == ("a", "b")
    assert {"field": "parameters", "a": None, "b": "7"} in data["differences"]


def test_a_wrong_id_is_told_so(pair):
    with pytest.raises(UnknownIdError):
        compare(pair, "a", "c")


def test_the_evidence_behind_each_is_said(pair):
    assert compare(pair, "a", "b").tiers == ("curated", "curated")
    found = compare(pair.over(imported_by("hub", model("c", licenses=claims(weights="MIT")))), "a", "c")
    assert found.tiers == ("curated", "card")
    assert named_tiers(zip((found.a, found.b), found.tiers, strict=True)) == "a curated, c card"
