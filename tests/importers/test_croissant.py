"""Croissant: JSON-LD descriptions of datasets."""

from __future__ import annotations

import json

import pytest


def metadata(name="dunes", **fields):
    return {
        "@type": "sc:Dataset", "name": name, "url": "https://huggingface.co/datasets/desert/dunes",
        "license": "https://choosealicense.com/licenses/cc-by-sa-4.0/",
        "creator": {"@type": "Organization", "name": "Desert Lab"}, **fields,
    }  # fmt: skip


def read(tracker, run, value):
    return run("croissant", tracker({"a/metadata.json": json.dumps(value)}), commit=None)


def test_a_file_becomes_a_dataset(tracker, run):
    done = read(tracker, run, metadata(alternateName=["desert/dunes", "The Dunes"], datePublished="2023-05-01T00:00",
                                       inLanguage=["en", "sw"], sameAs="https://github.com/desert/dunes"))  # fmt: skip
    dunes = done["croissant.dunes"]
    assert (dunes.kind, dunes.hub_id, dunes.repository) == ("dataset", "desert/dunes", "desert/dunes")
    assert (dunes.developers, dunes.released, dunes.languages) == (("Desert Lab",), "2023-05-01", ("en", "sw"))
    assert dunes.aliases == ("desert/dunes", "The Dunes")
    assert done.licenses("croissant.dunes") == {"data": ["CC-BY-SA-4.0"]}
    assert str(dunes.source_of("hub")) == "croissant a/metadata.json"
    assert done.problems() == []


@pytest.mark.parametrize(
    ("stated", "claims"),
    [
        (None, {}),
        ("MIT", {"data": ["MIT"]}),
        ("https://spdx.org/licenses/Apache-2.0.html", {"data": ["Apache-2.0"]}),
        ({"@type": "CreativeWork", "name": "MIT"}, {"data": ["MIT"]}),
        (["MIT", {"url": "https://choosealicense.com/licenses/apache-2.0/"}], {"data": ["MIT AND Apache-2.0"]}),
        ("https://example.org/terms", {"data": ["custom"]}),
    ],
)
def test_a_license_is_a_name_a_page_or_a_thing(tracker, run, stated, claims):
    assert read(tracker, run, metadata(license=stated)).licenses("croissant.dunes") == claims


@pytest.mark.parametrize(
    ("written", "name", "hub"),
    [
        ({"@id": "s1", "prov:locatedAt": "https://huggingface.co/datasets/desert/sand"}, "desert/sand", "desert/sand"),
        ({"@id": "s1", "prov:atLocation": "https://huggingface.co/datasets/desert/sand", "prov:label": "Sand"},
         "Sand", "desert/sand"),
        ({"@id": "https://example.org/sand"}, "https://example.org/sand", None),
        ("https://huggingface.co/datasets/desert/sand", "desert/sand", "desert/sand"),
    ],
)  # fmt: skip
def test_what_it_was_derived_from_is_an_edge(tracker, run, written, name, hub):
    for value in (written, [written]):
        done = read(tracker, run, metadata(**{"prov:wasDerivedFrom": value}))
        ((relation, parent),) = done.edges("croissant.dunes")
        assert (relation, done[parent].kind, done[parent].stub) == ("derived-from", "dataset", True)
        assert (done[parent].name, done[parent].hub_id) == (name, hub)


def test_who_cleaned_the_data_did_not_generate_it(tracker, run):
    cleaned = {"@id": "cleaning", "prov:description": "flagged rows were removed",
               "prov:wasAssociatedWith": {"@type": "prov:SoftwareAgent", "name": "Sieve"}}  # fmt: skip
    done = read(
        tracker, run, metadata(**{"prov:wasGeneratedBy": cleaned, "prov:wasAssociatedWith": [{"name": "Sieve"}]})
    )
    assert done.edges("croissant.dunes") == []
    assert done["croissant.dunes"].notes == ("made by cleaning: flagged rows were removed", "associated with: Sieve")


def test_other_files_stay_out(tracker, run):
    files = {"a.json": json.dumps(metadata("")), "b.json": "[1]", "c.json": '{"@type": "Person"}', "d.json": "{}"}
    done = run("croissant", tracker(files))
    assert done.reasons == {"a.json": "no-name", **dict.fromkeys(["b.json", "c.json", "d.json"], "other-kind")}


def test_a_date_that_is_none_is_reported(tracker, run):
    done = read(tracker, run, metadata(datePublished="in spring", dateCreated="2022"))
    assert done["croissant.dunes"].released == "2022"
    assert done.faults == [("odd-value", "a/metadata.json")]


def test_the_three_examples_come_in(holds):
    done = holds("croissant", "croissant")
    assert (done.report.rows, done.report.rows_in, done.report.edges) == (3, 3, {"derived-from": 2})
