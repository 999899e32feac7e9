"""Data Provenance Collection: JSON files of datasets, one file a collection."""

from __future__ import annotations

import json

import pytest

from llmreg.errors import LlmregError

ROW = {
    "Unique Dataset Identifier": "dunes",
    "Dataset Name": "The Dunes",
    "Collection": "Desert",
    "Hugging Face URL": "https://huggingface.co/datasets/desert/dunes",
    "GitHub URL": "https://github.com/desert/dunes",
    "Dataset URL": "https://example.org/dunes",
    "Languages": ["English", "Arabic"],
    "Text Metrics": {"Num Dialogs": 1234},
    "Text Sources": ["wind.example"],
    "Creators": ["Desert Lab"],
    "Model Generated": [],
    "Derived from Datasets": [],
    "Licenses": [{"License": "CC BY-SA 4.0", "License URL": "https://example.org/license"}],
    "License Verified By": "A. Camel",
    "Inferred Metadata": {"HF Yaml License": "MIT License", "GitHub License": ""},
}


def collection(*rows, **fields):
    changed = [{**ROW, **fields, **row} for row in rows or ({},)]
    return json.dumps({row["Unique Dataset Identifier"]: row for row in changed})


def files(**names):
    return {f"data_summaries/{name}.json": text for name, text in names.items()}


def test_a_row_becomes_a_dataset(tracker, run):
    done = run("data-provenance", tracker(files(Desert=collection())))
    dunes = done["data-provenance.dunes"]
    assert (dunes.kind, dunes.name, dunes.aliases, dunes.rows) == ("dataset", "dunes", ("The Dunes",), 1234)
    assert (dunes.developers, dunes.languages) == (("Desert Lab",), ("English", "Arabic"))
    assert (dunes.hub_id, dunes.repository, dunes.homepage) == (
        "desert/dunes",
        "desert/dunes",
        "https://example.org/dunes",
    )
    source = dunes.source_of("hub")
    assert (source.path, source.locator) == ("data_summaries/Desert.json", "dunes")
    assert done.problems() == []


def test_a_license_keeps_its_page_and_who_verified_it(tracker, run):
    done = run("data-provenance", tracker(files(Desert=collection())))
    assert done.licenses("data-provenance.dunes") == {"data": ["CC-BY-SA-4.0"]}
    dunes = done["data-provenance.dunes"]
    assert "https://example.org/license" in dunes.licenses["data"][0].note
    assert "License Verified By: A. Camel" in dunes.notes
    assert "HF Yaml License, as the tracker found it: MIT License" in dunes.notes


def test_listed_licenses_hold_together_and_unspecified_is_unknown(tracker, run):
    def licenses(*names):
        return {"Licenses": [{"License": name, "License URL": ""} for name in names]}

    rows = {
        "a": licenses("MIT License", "CC BY-NC 4.0"),
        "b": licenses("Unspecified"),
        "c": licenses(""),
        "d": licenses(),
    }
    names = {name: collection(fields, **{"Unique Dataset Identifier": name}) for name, fields in rows.items()}
    done = run("data-provenance", tracker(files(**names)))
    found = {name: done.licenses(f"data-provenance.{name}") for name in rows}
    assert found == {"a": {"data": ["MIT AND CC-BY-NC-4.0"]}, "b": {"data": ["unknown"]}, "c": {}, "d": {}}
    assert done.problems() == []


def test_parents_and_generators_become_edges(tracker, run):
    fields = {
        "Derived from Datasets": ["Alpaca-52k", "https://huggingface.co/datasets/metaeval/recast", "Sand"],
        "Model Generated": ["OpenAI ChatGPT", "OpenAI GPT-9", "OpenAI GPT-2", "Mirage", "DeepL", "templates", "Other"],
    }
    done = run("data-provenance", tracker(files(Desert=collection(fields))))
    assert done.edges("data-provenance.dunes") == [
        ("derived-from", "alpaca-52k"),
        ("derived-from", "data-provenance.metaeval-recast"),
        ("derived-from", "data-provenance.sand"),
        ("generated-by", "gpt-3.5-turbo"),
        ("generated-by", "data-provenance.openai-gpt-9"),
        ("generated-by", "data-provenance.openai-gpt-2"),
        ("generated-by", "data-provenance.mirage"),
        ("generated-by", "data-provenance.deepl"),
    ]
    kinds = [done[f"data-provenance.{name}"].kind for name in ("openai-gpt-9", "openai-gpt-2", "mirage", "deepl")]
    assert kinds == ["service", "model", "model", "service"]
    assert "Model Generated: templates, Other" in done["data-provenance.dunes"].notes


def test_the_name_of_a_part_is_not_the_name_of_the_whole(tracker, run):
    rows = [
        {"Unique Dataset Identifier": f"flan-{n}", "Dataset Name": name}
        for n, name in enumerate(["Alpaca-52k", "SNLI"])
    ]
    link = {"Unique Dataset Identifier": "other", "Derived from Datasets": ["SNLI"]}
    done = run("data-provenance", tracker(files(Flan=collection(*rows), Other=collection(link))))
    assert done["data-provenance.flan-0"].same_as == ()
    assert done.edges("data-provenance.other") == [("derived-from", "data-provenance.snli")]
    assert done["data-provenance.snli"].stub


def test_the_form_and_a_row_said_twice_are_left_out_with_their_reasons(tracker, run):
    done = run("data-provenance", tracker(files(A=collection(), a=collection(), _template=collection())))
    assert done.reasons == {"data_summaries/_template.json dunes": "form", "data_summaries/a.json dunes": "same-row"}
    assert (done.report.rows, done.report.rows_in) == (3, 1)


def test_two_rows_of_one_id_that_differ_both_come_in(tracker, run):
    done = run("data-provenance", tracker(files(A=collection(), B=collection({"Creators": ["Another"]}))))
    assert {"data-provenance.dunes", "data-provenance.dunes-2"} <= set(done.catalog)
    assert [kind for kind, _ in done.faults] == ["duplicate-name"]


def test_speech_and_video_have_a_year(tracker, run):
    rows = {
        "data_summaries-video/v.json": collection({"Year Released": 2020}),
        "data_summaries-speech/s.json": collection({"Unique Dataset Identifier": "s", "Year Released": "long ago"}),
    }
    done = run("data-provenance", tracker(rows))
    assert (done["data-provenance.dunes"].released, done["data-provenance.s"].released) == ("2020", None)
    assert done.faults == [("odd-value", "data_summaries-speech/s.json s")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 7}', r"Desert\.json: a: should be a mapping"),
        ("[]", r"Desert\.json: should be a mapping"),
        ('{"a": {"Unique Dataset Identifier": "a", "Licenses": {}}}', r"Desert\.json a: Licenses: should be a list"),
        ('{"a": {"Unique Dataset Identifier": "a"}, "a": {}}', r"Desert\.json: the key 'a' is written twice"),
    ],
)
def test_rows_of_another_shape_are_an_error(tracker, run, text, message):
    with pytest.raises(LlmregError, match=message):
        run("data-provenance", tracker(files(Desert=text)))


def test_a_row_without_an_id_is_left_out(tracker, run):
    done = run("data-provenance", tracker(files(Desert='{"a": {"Dataset Name": "x"}}')))
    assert done.reasons == {"data_summaries/Desert.json a": "no-name"}


def test_the_collection_comes_in_whole(holds):
    done = holds("data-provenance", "data-provenance")
    assert (done.report.rows, done.report.rows_in) == (2512, 2510)
    assert done.reasons == {
        "data_summaries/_template.json dataset-name (must match unique identifier)": "form",
        "data_summaries/PII-masking-200k.json pii-masking-200k": "same-row",
    }
    assert done.report.entries == {"datasets": 2510}
