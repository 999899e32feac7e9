"""What cards say under other names and in other places than the Hub reads: it counts all the same, and is named."""

from __future__ import annotations

import json
from datetime import date

import pytest

from llmreg.catalog import Catalog, built_in
from llmreg.importers.hub_index import entry_id, import_hub
from llmreg.licensing import check

DAY = date(2026, 11, 21)
LLAMA = "meta-llama/Llama-2-7b-hf"
MISTRAL = "mistralai/Mistral-7B-v0.1"
STUB = "unnamed"
"""A base of which nothing is known, so that nothing is allowed."""


@pytest.fixture(scope="module")
def catalog():
    from llmreg.catalog import load_catalog

    return load_catalog()


@pytest.fixture
def import_rows(tmp_path, catalog):
    def run(*rows, index="h.sqlite"):
        path = tmp_path / "cards.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return import_hub(path, tmp_path / index, catalog, seen=DAY), Catalog(built_in(), tmp_path / index)

    return run


def card(**said):
    return {"cardData": {"license": "mit", "pipeline_tag": "text-generation", **said}}


BASES = {
    **{f"the field {key}": (card(**{key: LLAMA}), [LLAMA]) for key in (
        "base-model", "Base_Model", "baseModel", "base_models", "base_model_name", "base_model_id", "base_model_url",
        "base_model_name_or_path", "original_model", "source_model", "parent_model", "upstream_model", "finetuned_from",
        "finetuned_from_model", "merged_from", "derived_from", "quantized_from", "merged_models",
    )},
    "a field of the answer itself": ({**card(), "base_model": LLAMA}, [LLAMA]),
    "another field of the answer": ({**card(base_model=MISTRAL), "base_model": LLAMA}, [MISTRAL, LLAMA]),
    "the Hub's bases": ({**card(), "baseModels": {"relation": "merge", "models": [{"id": LLAMA}, {"id": MISTRAL}]}}, [LLAMA, MISTRAL]),
    "the Hub's bases as names": ({**card(), "baseModels": [LLAMA]}, [LLAMA]),
    "the configuration of an adapter": ({**card(), "config": {"peft": {"base_model_name_or_path": LLAMA}}}, [LLAMA]),
    "the configuration of an older adapter": ({**card(), "config": {"adapter_transformers": {"model_name": LLAMA}}}, [LLAMA]),
    "a local path in the configuration": ({**card(), "config": {"peft": {"base_model_name_or_path": "/data/llama"}}}, [STUB]),
    "a tag": (card(tags=[f"base_model:{LLAMA}"]), [LLAMA]),
    "a tag in capitals": (card(tags=[f"Base_Model:{LLAMA}"]), [LLAMA]),
    "a tag with a blank": (card(tags=[f"base_model: {LLAMA}"]), [LLAMA]),
    "a tag that YAML reads as a mapping": (card(tags=[{"base_model": LLAMA}]), [LLAMA]),
    "tags in one text": (card(tags=f"llama, base_model:finetune:{LLAMA}"), [LLAMA]),
    "a tag of an unknown relation": (card(tags=[f"base_model:distill:{LLAMA}"]), [STUB]),
    "from scratch": (card(base_model="scratch"), [STUB]),
    "from-scratch": (card(base_model="from-scratch"), [STUB]),
    "in words": (card(base_model="trained from scratch"), [STUB]),
    "a Windows path": (card(base_model="C:\\models\\llama-2-7b"), [STUB]),
    "a slash in another script": (card(base_model="meta-llama\uff0fLlama-2-7b-hf"), [STUB]),
    "another site's model": (card(base_model="https://modelscope.cn/models/qwen/Qwen-7B"), [STUB]),
    "a mirror": (card(base_model=f"https://hf-mirror.com/{LLAMA}"), [STUB]),
    "HTML": (card(base_model=f'<a href="https://huggingface.co/{LLAMA}">x</a>'), [STUB]),
    "too deep": (card(base_model=[[[[[[LLAMA]]]]]]), [STUB]),
    "a merge's settings": (card(base_model={"slices": [{"sources": [{"model": LLAMA}, {"model": MISTRAL}]}]}), [LLAMA, MISTRAL]),
    "shares": (card(base_model={LLAMA: 0.5, MISTRAL: 0.5}), [LLAMA, MISTRAL]),
    **{f"nothing: {blank!r}": (card(base_model=blank), []) for blank in (None, "", " ", [], {}, [None], [""])},
    **{f"{word!r}": (card(base_model=word), [STUB]) for word in (
        7, 1.5, True, False, "None", "N/A", "-", "?", "TBD", "unknown", "llama2:7b", "meta-llama/Llama 2 7b", "../llama"
    )},
}  # fmt: skip


def test_a_stated_base_is_there_wherever_and_however_it_stands(import_rows):
    rows = [{"id": f"me/{number}", **row} for number, (row, _) in enumerate(BASES.values())]
    report, catalog = import_rows(*rows)
    assert dict(report.skipped) == {}
    known = {LLAMA: "llama-2-7b", MISTRAL: "mistral-7b-v0.1"}
    for number, (case, (_, wanted)) in enumerate(BASES.items()):
        entry = catalog[entry_id(f"me/{number}")]
        found = [STUB if edge.of.startswith("hub.me--") else edge.of for edge in entry.edges()]
        assert (case, found) == (case, [known.get(name, name) for name in wanted])
        verdict = check(catalog, entry.id, "commercial").verdict
        assert (case, verdict == "allowed") == (case, not wanted)
        assert (case, verdict == "unclear") == (case, STUB in wanted)


@pytest.mark.parametrize("field", [
    "dataset", "datasets", "train_dataset", "training_data", "training_dataset", "finetuning_data", "finetune_dataset",
    "pretraining_data", "dataset_name", "Datasets",
])  # fmt: skip
def test_data_is_there_under_other_names(import_rows, field):
    _, catalog = import_rows({"id": "me/m", **card(base_model="openai-community/gpt2", **{field: "tatsu-lab/alpaca"})})
    assert ("trained-on", "alpaca-52k") in [(edge.relation, edge.of) for edge in catalog["hub.me--m"].edges()]
    assert check(catalog, "hub.me--m", "commercial").verdict != "allowed"


LICENSES = [
    ({"licence": "cc-by-nc-4.0"}, "CC-BY-NC-4.0", "forbidden"),
    ({"License": "cc-by-nc-4.0"}, "CC-BY-NC-4.0", "forbidden"),
    ({"licenses": ["mit"]}, "MIT", "allowed"),
    ({"license": "mit", "License": "cc-by-nc-4.0"}, "MIT AND CC-BY-NC-4.0", "forbidden"),
    ({"license": "mit", "licenses": ["mit", "foo"]}, "MIT AND custom", "unclear"),
    ({"license": "other", "license-name": "my-own"}, "custom", "unclear"),
    ({"license": "mit", "licenseName": "my-own"}, "MIT AND custom", "unclear"),
    ({"license": "(MIT)"}, "MIT", "allowed"),
    ({"license": "(MIT OR Apache-2.0)"}, "MIT OR Apache-2.0", "allowed"),
    ({"license": "(MIT AND CC-BY-NC-4.0)"}, "MIT AND CC-BY-NC-4.0", "forbidden"),
    ({"license": "(foo)"}, "custom", "unclear"),
    ({"license": "mit, cc-by-nc-4.0"}, "custom", "unclear"),
    ({"license": "MIT/Apache-2.0"}, "custom", "unclear"),
    ({"license": "MIT OR foo"}, "MIT OR custom", "allowed"),
    ({"license": "MIT or foo"}, "custom", "unclear"),
    ({"license": "MIT (code only)"}, "custom", "unclear"),
    ({"license": True}, "custom", "unclear"),
    ({"license": {"mit": "x"}}, "custom", "unclear"),
]


def test_a_license_under_another_name_is_read_and_what_is_not_understood_allows_nothing(import_rows):
    rows = [
        {"id": f"me/{number}", "cardData": {**said, "pipeline_tag": "text-generation"}}
        for number, (said, *_) in enumerate(LICENSES)
    ]
    _, catalog = import_rows(*rows)
    for number, (said, wanted, verdict) in enumerate(LICENSES):
        (claim,) = catalog[entry_id(f"me/{number}")].licenses["weights"]
        assert (said, claim.id) == (said, wanted)
        assert (said, check(catalog, entry_id(f"me/{number}"), "commercial").verdict) == (said, verdict)


def test_a_field_of_another_name_is_reported(import_rows):
    report, _ = import_rows(
        {"id": "me/m", "cardData": {"License": "mit", "Base_Model": LLAMA, "licence_url": "LICENSE"}}
    )
    (fault,) = report.rows_with_faults
    for said in (
        "License is read as license",
        "Base_Model is read as base_model",
        "licence_url is read as license_link",
    ):
        assert said in fault.detail


@pytest.mark.parametrize("places", [
    {"license": "cc-by-nc-4.0", "tags": ["license:mit"]},
    {"license": "cc-by-nc-4.0", "cardData": {"license": "mit"}},
    {"license": ["mit", "cc-by-nc-4.0"]},
])  # fmt: skip
def test_a_license_of_the_answer_itself_counts(import_rows, places):
    _, catalog = import_rows({"id": "me/m", "pipeline_tag": "text-generation", **places})
    assert check(catalog, "hub.me--m", "commercial").verdict in ("unclear", "forbidden")


STUBS = {
    "unnamed base": ({"base_model": "./llama"}, "hub.me--m+base-1"),
    "unnamed data": ({"datasets": "my own texts"}, "hub.me--m+data-1"),
    "named base": ({"base_model": "me/typo"}, "hub.me--typo"),
    "named data": ({"datasets": "me/typo"}, "hub.me--typo-dataset"),
}


@pytest.mark.parametrize("stub", STUBS)
def test_what_stood_for_a_row_s_words_goes_with_them(import_rows, stub):
    said, _ = STUBS[stub]
    other = {"id": "me/other", **card(base_model="me/elsewhere")}
    _, before = import_rows({"id": "me/m", **card(**said)}, other)
    (made,) = [edge.of for edge in before["hub.me--m"].edges()]
    _, after = import_rows({"id": "me/m", **card(base_model=LLAMA)})
    assert made not in after
    assert "hub.me--elsewhere" in after
    assert [edge.of for edge in after["hub.me--m"].edges()] == ["llama-2-7b"]


def test_a_stub_that_another_row_names_stays(import_rows):
    import_rows({"id": "me/m", **card(base_model="me/gone")}, {"id": "me/n", **card(base_model="me/gone")})
    _, catalog = import_rows({"id": "me/m", **card(base_model=LLAMA)})
    assert [edge.of for edge in catalog["hub.me--n"].edges()] == ["hub.me--gone"]
    assert catalog["hub.me--gone"].stub


def test_fewer_unnamed_bases_leave_fewer_entries(import_rows):
    import_rows({"id": "me/m", **card(base_model=["./a", "./b"])})
    _, catalog = import_rows({"id": "me/m", **card(base_model=["./a"])})
    assert "hub.me--m+base-1" in catalog
    assert "hub.me--m+base-2" not in catalog


def test_a_row_that_cannot_come_in_takes_nothing_away(import_rows):
    import_rows({"id": "me/m", **card(base_model="./a")})
    report, catalog = import_rows({"id": "me/m", "cardData": "broken"}, {"id": "me/n", **card()})
    assert dict(report.skipped) == {"wrong-shape": 1}
    assert [edge.of for edge in catalog["hub.me--m"].edges()] == ["hub.me--m+base-1"]
    assert check(catalog, "hub.me--m", "commercial").verdict == "unclear"
