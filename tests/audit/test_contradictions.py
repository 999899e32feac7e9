"""Stated licenses against the lineage, licenses that nobody knows, and those that ended."""

from __future__ import annotations

from datetime import date

import pytest

from builders import claims, dataset, edge, model


def claim(license_id, since=None, until=None):
    return {"id": license_id, "source": "page", "since": since, "until": until}


def test_mit_on_a_base_for_research_contradicts_the_lineage_with_both_sides(find):
    entries = [
        model("base", licenses=claims(weights="llama-1")),
        model("middle", edge("finetune", "base"), licenses=claims(weights="llama-1")),
        model("child", edge("adapter", "middle"), licenses=claims(weights="MIT")),
    ]
    found = find("contradicted-license", *entries)
    assert {finding.id for finding in found} == {"child"}
    stated, inherited = found[0].sides
    assert (stated.entry, stated.says) == ("child", "weights: MIT")
    assert inherited.says.startswith("weights: llama-1 (by child -> middle")
    assert inherited.source is not None


@pytest.mark.parametrize("relation", ["architecture", "same-tokenizer"])
def test_terms_that_do_not_come_along_contradict_nothing(find, relation):
    entries = [
        model("base", licenses=claims(weights="llama-1")),
        model("child", edge(relation, "base"), licenses=claims(weights="MIT")),
    ]
    assert find("contradicted-license", *entries) == []


def test_the_code_under_mit_contradicts_nothing(find):
    entries = [
        model("base", licenses=claims(weights="llama-1")),
        model("child", edge("adapter", "base"), licenses=claims(code="MIT", weights="llama-1")),
    ]
    assert find("contradicted-license", *entries) == []


def test_data_derived_from_narrower_data_contradict_it(find):
    entries = [
        dataset("narrow", licenses=claims(data="CC-BY-NC-4.0")),
        dataset("wide", edge("derived-from", "narrow"), licenses=claims(data="MIT")),
    ]
    assert [finding.id for finding in find("contradicted-license", *entries)] == ["wide"]


@pytest.mark.parametrize(
    ("licenses", "text"),
    [
        ({}, "no license is recorded"),
        (claims(code="MIT"), "no license is recorded"),
        (claims(weights="unknown"), "nobody found out under which license it stands"),
        (claims(weights="custom"), "has terms of its own, of which no entry holds the text"),
        (claims(weights="custom", adapter="unknown"), "has terms of its own, of which no entry holds the text"),
        ({"weights": claim("MIT", until="2024-01")}, "no license is recorded"),
    ],
)
def test_a_license_that_nobody_knows(find, licenses, text):
    assert [finding.text for finding in find("no-license", model("m", licenses=licenses))] == [text]


@pytest.mark.parametrize("stated", ["MIT", "no-licence", "MIT AND unknown"])
def test_an_answer_is_an_answer_even_where_it_is_none(find, stated):
    assert find("no-license", model("m", licenses=claims(weights=stated))) == []


def test_a_file_is_not_told_apart_from_its_model_and_a_mere_name_not_at_all(find):
    entries = [model("m"), model("m-adapter", file_of="m", component="adapter"), dataset("d", stub=True)]
    assert [finding.id for finding in find("no-license", *entries)] == ["m"]


def test_a_license_ended_if_nothing_is_stated_since(find):
    entries = [
        model("gone", licenses={"weights": claim("MIT", until="2024-01-31")}),
        model("changed", licenses={"weights": [claim("llama2", until="2024-01"), claim("MIT", since="2024-01")]}),
        model("ending", licenses={"weights": claim("MIT", until="2026-11-22")}),
    ]
    (finding,) = find("ended-license", *entries)
    assert (finding.id, finding.text) == ("gone", "nothing is stated for its weights since 2024-01-31")
    assert find("ended-license", entries[2], today=date(2026, 11, 22))[0].id == "ending"
