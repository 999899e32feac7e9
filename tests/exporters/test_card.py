"""Cards: the Hub's own parser reads them, and the metadata says what the catalog says."""

from __future__ import annotations

import json

import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard

from builders import catalog, claims, imported_by, model
from llmreg.catalog import load_catalog
from llmreg.errors import LlmregError
from llmreg.exporters import card
from llmreg.exporters.card import license_fields, text
from llmreg.importers.hub_index import import_hub
from llmreg.lineage import edges_of
from llmreg.schema import Dataset, License, Model

HUB_RELATIONS = {"finetune", "adapter", "merge", "quantized"}


def load(catalog, entry_id, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(card(catalog, entry_id), encoding="utf-8")
    return (DatasetCard if isinstance(catalog[entry_id], Dataset) else ModelCard).load(path)


def metadata(catalog, entry_id, tmp_path):
    return load(catalog, entry_id, tmp_path).data.to_dict()


def assert_unchanged(catalog, entry_id, tmp_path):
    written = card(catalog, entry_id)
    loaded = load(catalog, entry_id, tmp_path)
    assert f"---\n{loaded.data.to_yaml()}\n---\n" == written[: written.index("\n---\n") + 5], entry_id
    assert str(loaded) == written, entry_id
    assert loaded.text.lstrip().startswith("# "), entry_id


def test_every_card_parses_and_its_metadata_is_written_again_unchanged(built_in, tmp_path):
    for entry_id in [*built_in.ids(Model), *built_in.ids(Dataset)]:
        assert_unchanged(built_in, entry_id, tmp_path)


def test_hostile_cards_do_too(hostile, hostile_ids, tmp_path):
    for entry_id in hostile_ids:
        if isinstance(hostile[entry_id], Model | Dataset):
            assert_unchanged(hostile, entry_id, tmp_path)


def test_bases_and_data_of_every_model_are_those_of_the_catalog_that_the_hub_has(built_in, tmp_path):
    def on_hub(ids):
        return {built_in[each].hub_id for each in ids if built_in[each].hub_id}

    for entry_id in built_in.ids(Model):
        data, edges = metadata(built_in, entry_id, tmp_path), edges_of(built_in, entry_id)
        bases = on_hub(edge.of for edge in edges if edge.relation in HUB_RELATIONS)
        told = data.get("base_model", [])
        assert {told} if isinstance(told, str) else set(told) == bases
        relations = {edge.relation for edge in edges if bases and edge.relation in HUB_RELATIONS}
        assert data.get("base_model_relation") == (relations.pop() if len(relations) == 1 else None)
        assert set(data.get("datasets", [])) == on_hub(edge.of for edge in edges if edge.relation == "trained-on")


def test_a_base_without_a_name_is_told_in_the_text_and_no_internal_id_stands_in_the_metadata(tmp_path, built_in):
    cards, index = tmp_path / "cards.jsonl", tmp_path / "hub.sqlite"
    named = {"license": "mit", "base_model": "./models/llama-2-7b", "datasets": {"train": "our own rows"}}
    cards.write_text(json.dumps({"id": "x/y", "cardData": named}))
    import_hub(cards, index, built_in, seen=built_in.manifest.date)
    written = card(load_catalog(index), "hub.x--y")
    front, _, body = written.removeprefix("---\n").partition("---\n")
    assert {"base_model", "base_model_relation", "datasets"}.isdisjoint(yaml.safe_load(front))
    assert "hub." not in front
    assert "The metadata leaves out what has no known id on the Hub, or was not named there: " in body
    assert "./models/llama-2-7b" in body


def test_every_license_is_an_id_of_the_hub_or_other_with_a_name_and_a_link(built_in, tmp_path):
    known = {alias[3:] for name in built_in.ids(License) for alias in built_in[name].aliases if alias.startswith("hf:")}
    seen = set()
    for entry_id in [*built_in.ids(Model), *built_in.ids(Dataset)]:
        data = metadata(built_in, entry_id, tmp_path)
        told = data.get("license")
        seen.add(told)
        assert told is None or told in known
        assert ("license_name" in data) == (told == "other")
        assert ("license_link" in data) == (told == "other"), entry_id
        assert data.get("license_link", "https://").startswith("https://"), entry_id
    assert seen >= {"mit", "apache-2.0", "llama2", "other", "unknown", None}


@pytest.mark.parametrize(
    ("entry_id", "fields"),
    [
        ("llama-2-7b", {"license": "llama2"}),
        ("alpaca-52k", {"license": "cc-by-nc-4.0"}),
        ("guanaco-33b", {"license": "other", "license_name": "apache-2.0-and-llama-license", "library_name": "peft",
                         "base_model": "huggyllama/llama-30b", "base_model_relation": "adapter"}),
    ],
)  # fmt: skip
def test_licenses_are_what_binds(built_in, tmp_path, entry_id, fields):
    assert metadata(built_in, entry_id, tmp_path).items() >= fields.items()


def test_none_unknown_and_custom_stay_apart(built_in):
    assert license_fields([]) == {}
    assert license_fields([built_in["no-licence"]]) == {}
    assert license_fields([built_in["unknown"]]) == {"license": "unknown"}
    assert license_fields([built_in["custom"]])["license_name"] == "custom"
    both = license_fields([built_in["MIT"], built_in["llama-1"]])
    assert (both["license"], both["license_name"]) == ("other", "mit-and-llama-license")
    assert "llama-license-2023" in both["license_link"]


def test_several_bases_are_a_list(hostile, tmp_path):
    data = metadata(hostile, "tuned", tmp_path)
    assert (data["base_model"], data["base_model_relation"]) == (["a/base", "a/other"], "merge")
    mixed = metadata(hostile, "bare", tmp_path)
    assert mixed["base_model"] == "a/tuned"
    assert "base_model_relation" not in mixed


def test_published_results_are_a_model_index(built_in, tmp_path):
    (index,) = metadata(built_in, "guanaco-33b", tmp_path)["model-index"]
    told = {
        (result["dataset"]["type"], metric["type"], metric["value"])
        for result in index["results"]
        for metric in result["metrics"]
    }
    assert told == {(one.benchmark, one.metric, one.value) for one in built_in["guanaco-33b"].results}


def test_the_text_says_verdicts_duties_sources_and_what_is_not_known(built_in, tmp_path):
    body = load(built_in, "guanaco-33b", tmp_path).text
    assert "| commercial | forbidden | guanaco-33b is an adapter on llama-33b: llama-1 s.2a" in body
    assert "non-commercial research only" in body
    assert "Nobody published: training.adam_beta1, library versions." in body
    assert "(<https://github.com/artidoro/qlora/blob/7f4e95a/scripts/finetune_guanaco_33b.sh>)" in body
    assert "@misc{guanaco-33b," in body


def test_text_shows_letter_for_letter(hostile):
    assert text("a_b _c_ <script> | `x`\n# y") == r"a_b \_c\_ &lt;script&gt; \| \`x\` # y"
    assert "<script>" not in card(hostile, "tuned").split("\n---\n")[1].split("```bibtex")[0]


def test_only_models_and_datasets_have_cards(built_in):
    with pytest.raises(LlmregError, match="cards are written for models and datasets"):
        card(built_in, "llama-cpp")


def test_the_text_says_on_what_it_rests(built_in):
    assert "\nEvidence: curated (sources read).\n" in card(built_in, "guanaco-33b")
    assert "| use | verdict | because |\n" in card(built_in, "guanaco-33b")
    written = card(catalog(imported_by("hub", model("c", licenses=claims(weights="MIT")))), "c")
    assert "\nEvidence: from the author's card of c, read 2026-11-21.\n" in written
    assert "| allowed | c is under MIT: " in written
    assert "| from the author's card of c, read 2026-11-21 |" in written
