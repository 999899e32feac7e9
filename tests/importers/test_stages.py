"""When a model saw data whose stage its tracker does not name."""

from __future__ import annotations

import json
from datetime import date

import pytest

from llmreg.catalog import Catalog
from llmreg.catalog import built_in as built_in_folder
from llmreg.importers.hub_index import entry_id, import_hub
from llmreg.importers.stages import stage_of_data


@pytest.mark.parametrize(
    ("names", "has_base", "stage"),
    [
        ((), False, "pretrain"),
        (("bigcode/starcoderbase", "text-generation"), False, "pretrain"),
        (("allenai/c4-en-chatter",), False, "pretrain"),
        ((), True, "sft"),
        (("me/bert-finetuned-squad",), False, "sft"),
        (("me/bert_fine_tuned",), False, "sft"),
        (("me/Falcon-7B-Instruct",), False, "sft"),
        (("me/m", "trl", "sft"), False, "sft"),
        (("me/vicuna_lora",), False, "sft"),
        (("me/m", "instruction-following"), False, "sft"),
    ],
)
def test_data_is_for_tuning_where_there_is_a_base_or_a_word_of_it(names, has_base, stage):
    assert stage_of_data(*names, has_base=has_base) == stage


@pytest.mark.parametrize(("name", "stage"), [("Camel-7B-Instruct", "sft"), ("Camel-7B", "pretrain")])
@pytest.mark.parametrize("importer", ["epoch", "peatmoss", "ecosystem-graphs", "hub"])
def test_every_importer_reads_the_stage_alike(importer, name, stage, tracker, run, tmp_path, built_in):
    if importer == "hub":
        card = {"id": f"me/{name}", "cardData": {"license": "mit", "datasets": ["me/sand"]}}
        (tmp_path / "cards.jsonl").write_text(json.dumps(card))
        import_hub(tmp_path / "cards.jsonl", tmp_path / "h.sqlite", built_in, seen=date(2026, 11, 21))
        entry = Catalog(built_in_folder(), tmp_path / "h.sqlite")[entry_id(f"me/{name}")]
    else:
        file, text = {
            "epoch": ("t.csv", f"Model,Base model,Training dataset\n{name},,Sand\n"),
            "peatmoss": ("groundTruth.json", json.dumps({name: {"datasets": ["Sand"]}})),
            "ecosystem-graphs": ("assets/a.yaml", f"- {{type: model, name: {name}, dependencies: [Sand]}}\n"),
        }[importer]
        entry = run(importer, tracker({file: text}))[f"{importer}.{name.lower()}"]
    assert [edge.stage for edge in entry.made_from] == [stage]
