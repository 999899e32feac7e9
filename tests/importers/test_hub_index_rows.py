"""What the rows of an index hold: bases and data in any form, names in any case, modality and the words of licenses."""

from __future__ import annotations

import json
import sqlite3
from datetime import date

import pytest

from llmreg.catalog import Catalog, built_in
from llmreg.errors import LlmregError
from llmreg.importers.hub_index import entry_id, import_hub
from llmreg.licensing import check
from llmreg.licensing.bulk import bulk_check

DAY = date(2026, 11, 21)
CARDS = [
    {"id": "huggyllama/llama-7b", "cardData": {"license": "other"}},
    {"id": "me/tuned", "cardData": {"license": "apache-2.0", "base_model": "huggyllama/llama-7b", "datasets": ["tatsu-lab/alpaca"]}},
    {"id": "me/lora", "cardData": {"license": "mit", "base_model": "me/tuned", "library_name": "peft"}},
    {"id": "me/gguf", "tags": ["base_model:quantized:me/tuned", "license:llama2"], "createdAt": "2024-05-06T07:08:09Z"},
    {"id": "me/both", "cardData": {"base_model": ["me/tuned", "you/absent"], "license": "other", "license_name": "tongyi-qianwen"}},
    {"id": "me/self", "cardData": {"base_model": "me/self", "license": "my own words"}},
]  # fmt: skip


@pytest.fixture
def imported(tmp_path, built_in):
    def run(cards=CARDS, into="hub.sqlite"):
        path = tmp_path / "cards.jsonl"
        path.write_text("".join(json.dumps(card) + "\n" for card in cards))
        return import_hub(path, tmp_path / into, built_in, seen=DAY), catalog_of(tmp_path / into)

    return run


def catalog_of(index):
    return Catalog(built_in(), index)


def edges(catalog, hub_id):
    return [(edge.relation, edge.of) for edge in catalog[entry_id(hub_id)].edges()]


def parents(catalog, hub_id="me/m"):
    """Give the edges of a row as (relation, parent's name, whether anything is known of it)."""
    edges = catalog[entry_id(hub_id)].edges()
    return [(edge.relation, catalog[edge.of].name, not getattr(catalog[edge.of], "stub", False)) for edge in edges]


@pytest.mark.parametrize(
    "base", ["./models/llama-2-7b", "/home/me/hf/llama", "None", 7, {"revision": "main"}, "https://github.com/a/b", "LLaMA 2"]
)  # fmt: skip
@pytest.mark.parametrize("field", ["base_model", "datasets"])
def test_what_is_stated_and_names_nothing_stays_unnamed_and_so_unclear(imported, field, base):
    said = {"license": "mit", field: base, **({"base_model": "bigscience/bloom-560m"} if field == "datasets" else {})}
    report, catalog = imported([{"id": "me/m", "cardData": said}])
    row, where = catalog["hub.me--m"], {"base_model": "+base-1", "datasets": "+data-1"}[field]
    (edge,) = [edge for edge in row.edges() if edge.of == f"hub.me--m{where}"]
    assert catalog[edge.of].stub
    assert check(catalog, "hub.me--m", "commercial").verdict == "unclear"
    (fault,) = report.rows_with_faults
    words = catalog[edge.of].name
    assert (fault.kind, str(fault.place)) == ("odd-value", "cards.jsonl line 1")
    assert fault.detail.startswith(f"me/m: {field} says {words!r}, which names no ")
    assert row.notes == (fault.detail.removeprefix("me/m: "),)
    assert edge.how.endswith(f"written as: {words}")
    assert "its tracker does not say" not in str(check(catalog, "hub.me--m", "commercial").unknowns)


@pytest.mark.parametrize(
    ("card", "edges_of_it"),
    [
        ({"tags": ["base_model:a/b"]}, [("finetune", "hub.a--b")]),
        ({"tags": ["base_model:a/b", "base_model:quantized:a/b"]}, [("quantized", "hub.a--b")]),
        ({"cardData": {"tags": ["base_model:adapter:a/b"]}}, [("adapter", "hub.a--b")]),
        ({"tags": ["base_model:merge:a/b", "base_model:merge:c/d"]}, [("merge", "hub.a--b"), ("merge", "hub.c--d")]),
        ({"tags": ["base_model:odd:a/b"]}, [("finetune", "hub.me--m+base-1")]),
        ({"baseModels": {"relation": "adapter", "models": [{"id": "a/b"}]}}, [("adapter", "hub.a--b")]),
        ({"cardData": {"base_model": "a/b", "base_model_relation": "Quantized"}}, [("quantized", "hub.a--b")]),
        ({"cardData": {"base_model": "a/b", "base_model_relation": "distilled"}}, [("finetune", "hub.a--b")]),
        ({"cardData": {"base_model_relation": "quantized"}}, [("quantized", "hub.me--m+base-1")]),
        ({"cardData": {"library_name": "peft"}}, [("adapter", "hub.me--m+base-1")]),
        ({"cardData": {"base-model": "a/b"}}, [("finetune", "hub.a--b")]),
        ({"cardData": {"Base_Model": "a/b"}}, [("finetune", "hub.a--b")]),
        ({"cardData": {"model-index": [{"name": "m", "base_model": "a/b"}]}}, [("finetune", "hub.a--b")]),
        ({"cardData": {"base_model": "META-LLAMA/llama-2-7b-HF@main"}}, [("finetune", "llama-2-7b")]),
    ],
)  # fmt: skip
def test_a_base_is_found_wherever_it_is_stated(imported, card, edges_of_it):
    _, catalog = imported([{"id": "me/m", **card}])
    assert edges(catalog, "me/m") == edges_of_it


def test_where_tags_and_fields_name_different_bases_both_are_kept_and_told(imported):
    report, catalog = imported(
        [{"id": "me/m", "cardData": {"base_model": "a/b"}, "tags": ["base_model:c/d", "base_model:A/B"]}]
    )
    assert edges(catalog, "me/m") == [("merge", "hub.a--b"), ("merge", "hub.c--d")]
    assert [(fault.kind, fault.detail) for fault in report.rows_with_faults] == [
        ("tags-differ", "me/m: tags name c/d too")
    ]


def test_a_name_in_another_case_is_the_row_itself(imported):
    rows = [
        {"id": "me/tuned", "cardData": {"license": "mit", "base_model": "You/BASE"}},
        {"id": "you/base", "cardData": {"license": "mit"}},
    ]
    _, catalog = imported(rows)
    assert edges(catalog, "me/tuned") == [("finetune", "hub.you--base")]
    assert "hub.You--BASE" not in catalog
    assert check(catalog, "hub.me--tuned", "commercial").verdict == "allowed"
    assert dict(bulk_check(catalog, "commercial").items())["hub.me--tuned"] == "allowed"
    assert imported(rows)[0].written == 0


def test_a_repository_that_is_only_named_keeps_its_name(imported):
    _, catalog = imported([{"id": "me/m", "cardData": {"base_model": "a/b--c", "datasets": ["squad"]}}])
    assert [(catalog[each].hub_id, catalog[each].stub) for each in ("hub.a--b--c", "hub.datasets--squad")] == [
        ("a/b--c", True),
        ("squad", True),
    ]


@pytest.mark.parametrize(
    ("card", "stage"),
    [
        ({}, "pretrain"), ({"base_model": "a/b"}, "sft"), ({"base_model": "./x"}, "sft"), ({"base_model": "me/m"}, "sft"),
        ({"tags": ["sft"]}, "sft"), ({"library_name": "peft"}, "sft"),
    ],
)  # fmt: skip
def test_the_data_of_a_model_without_a_base_is_what_it_was_pretrained_on(imported, card, stage):
    _, catalog = imported([{"id": "me/m", "cardData": {"license": "mit", "datasets": ["tatsu-lab/alpaca"], **card}}])
    (edge,) = [edge for edge in catalog["hub.me--m"].edges() if edge.relation == "trained-on"]
    assert (edge.of, edge.stage) == ("alpaca-52k", stage)
    assert f"read as {'tuning' if stage == 'sft' else 'pretraining'} data" in edge.how


def test_the_modality_is_that_of_the_task(imported):
    _, catalog = imported([
        {"id": "me/text", "cardData": {"pipeline_tag": "text-generation"}}, {"id": "me/eyes", "pipeline_tag": "image-text-to-text"},
        {"id": "me/dark"}, {"id": "me/arch", "config": {"model_type": "llama"}},
    ])  # fmt: skip
    kinds = {name: catalog[f"hub.me--{name}"].modality for name in ("text", "eyes", "dark", "arch")}
    assert kinds == {"text": ("text",), "eyes": ("text", "image"), "dark": (), "arch": ("text",)}


def test_what_an_unknown_license_says_is_kept_with_its_link(imported):
    said = {"license": "other", "license_name": "camel-terms", "license_link": "LICENSE"}
    _, catalog = imported([{"id": "me/m", "cardData": said}])
    (claim,) = catalog["hub.me--m"].licenses["weights"]
    assert (claim.id, claim.words, claim.link) == (
        "custom",
        "camel-terms",
        "https://huggingface.co/me/m/blob/main/LICENSE",
    )
    assert "camel-terms" in check(catalog, "hub.me--m", "commercial").reasons[0].text


def test_the_report_names_rows_and_stays_short(imported):
    rows = [{"id": f"me/m{number}", "cardData": {"base_model": f"./{number}"}} for number in range(30)]
    report, _ = imported([*rows, {"id": "no name"}, {"id": "me/m0"}])
    lines = [*report.lines()]
    assert lines[0] == "32 rows, 30 in, 60 new or changed"
    assert "  cards.jsonl line 31: no-name: 'no name' is no id of a model on the Hub" in lines
    assert "  cards.jsonl line 32: same-row: me/m0: an earlier row has this id" in lines
    assert lines[-1] == "  and 10 more; --json names them"
    told = json.loads(json.dumps(report.as_json()))
    assert (told["rows"], told["in"], told["skipped"], told["faults"]) == (
        32,
        30,
        {"no-name": 1, "same-row": 1},
        {"odd-value": 30},
    )
    assert len(told["rows_with_faults"]) == 30


@pytest.mark.parametrize("text", ["\ud800", "\x1b[31m", "a\0b", "x" * 10_000, "\u202ea/b", "'; DROP TABLE entry; --"])
@pytest.mark.parametrize(
    "field", ["base_model", "datasets", "license", "license_name", "license_link", "base_model_relation", "createdAt"]
)
def test_whatever_a_card_says_the_index_holds_it_and_gives_it_back(imported, field, text):
    card = {
        "id": "me/m",
        "cardData": {"license": "other", field: text},
        "tags": [text],
        "createdAt": text if field == "createdAt" else None,
    }
    _, catalog = imported([card])
    for each in catalog.indexes[0].ids():
        catalog[each].model_dump_json().encode()
    assert check(catalog, "hub.me--m", "commercial").verdict == "unclear"


def test_a_row_that_no_entry_can_be_is_named_by_the_index(tmp_path, imported):
    imported()
    with sqlite3.connect(tmp_path / "hub.sqlite") as index:
        index.execute('UPDATE entry SET body = \'{"name": "x", "released": "soon"}\' WHERE id = \'hub.me--lora\'')
    index.close()
    with pytest.raises(LlmregError, match=r"hub\.sqlite: hub\.me--lora: released: .*; import its row again"):
        catalog_of(tmp_path / "hub.sqlite")["hub.me--lora"]
