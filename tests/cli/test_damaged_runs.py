"""Damaged files next to weights, and damaged records of runs: named with place and remedy by every command that reads them."""

from __future__ import annotations

import json
import shutil

import pytest
from damaged import CONTENTS, ends_well, filled, share
from records import run_with

from llmreg.api import load_catalog as load_catalog_of_users
from llmreg.catalog import load_catalog
from llmreg.licensing.render import as_text

BESIDE = {
    "config.json": ['{"model_type": "llama", "hidden_size": "x"}', '{"model_type": "llama", "vocab_size": -1}', '{"model_type": []}'],
    "generation_config.json": ['{"eos_token_id": "x"}', '{"eos_token_id": {"a": 1}}', '{"max_new_tokens": []}', '{"do_sample": 7}'],
    "tokenizer_config.json": [
        '{"eos_token": 5}', '{"added_tokens_decoder": 7}', '{"added_tokens_decoder": {"x": {}}}', '{"model_max_length": "x"}',
        '{"tokenizer_class": 5}', '{"tokenizer_class": "Nosuch"}', '{"extra_special_tokens": 1}', '{"chat_template": 5}', '{"chat_template": "{% for"}',
    ],
    "special_tokens_map.json": ['{"eos_token": 7}', '{"eos_token": {"a": 1}}', '{"additional_special_tokens": 1}'],
    "added_tokens.json": ['{"a": "b"}', '{"a": -1}'],
    "tokenizer.json": ['{"model": 5}', '{"version": "1.0", "model": {"type": "BPE", "vocab": 5, "merges": []}}'],
    "model.safetensors.index.json": ['{"weight_map": 5}'],
    "prompt_template.json": ['{"id": 5}', '{"id": "x", "prompt": []}'],
    "adapter_config.json": ['{"peft_type": 5}', '{"peft_type": "LORA", "r": "x"}', '{"peft_type": "LORA", "r": 4, "lora_alpha": [8]}'],
}  # fmt: skip
"""Files that lie next to weights or in an artifact, with JSON in which something is of the wrong kind."""

READ_THEM = {
    "evaluate model": "evaluate model BASE --task perplexity --data ANSWERS",
    "evaluate judge": "evaluate judge ANSWERS OTHERS --judge BASE -o OUT.jsonl --accept-unclear",
    "export gguf": "export gguf BASE -o OUT.gguf",
    "merge onto it": "merge ADAPTER -o OUT --entry nano-lora --base BASE",
    "merge it": "merge BASE -o OUT --entry nano-lora --base WHOLE",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tiny model and an adapter for it, as nano-lora's recipe makes one."""
    import torch

    from llmreg.nano.tokenizer import tokenizer
    from llmreg.plugins import load
    from llmreg.reproduce.architecture import config_of
    from llmreg.reproduce.base import FolderBase
    from llmreg.reproduce.rehearse import write_base

    folder = tmp_path_factory.mktemp("whole")
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    write_base(config_of({"model_type": "llama", "vocab_size": len(tokenizer()), **sizes}), folder / "base")
    tokenizer().save_pretrained(folder / "base")
    recipe = load_catalog()["nano-lora"].recipe
    method = load().build(recipe.method, recipe.settings)
    adapted = method.adapt(method.load(FolderBase(folder / "base")))
    with torch.no_grad():
        for name, part in adapted.named_parameters():
            if method.trains(name):
                part.add_(0.01)
    method.save(adapted, folder / "adapter")
    return folder


OF_MODELS = ("config.json", "generation_config.json", "model.safetensors.index.json")

PAIRS = [
    (tried, name)
    for tried in READ_THEM
    for name in BESIDE
    if name not in (OF_MODELS if tried == "merge it" else ("adapter_config.json",))
]


@pytest.mark.parametrize(("tried", "name"), PAIRS)
def test_a_damaged_file_beside_good_weights(tried, name, whole, tmp_path, answers, llmreg):
    contents = {each: each.encode() for each in BESIDE[name]}
    if tried in ("evaluate model", "merge it"):
        contents |= {what: CONTENTS[what] for what in share(name, BESIDE, 5, CONTENTS)}
    for number, (what, content) in enumerate(contents.items()):
        place = tmp_path / str(number)
        shutil.copytree(whole / ("adapter" if tried == "merge it" else "base"), place)
        (place / name).write_bytes(content)
        places = {
            **answers,
            "BASE": place,
            "ADAPTER": whole / "adapter",
            "WHOLE": whole / "base",
            "OUT": tmp_path / f"out{number}",
        }
        code, told = llmreg(*filled(READ_THEM[tried], places))
        ends_well(code, told)
        assert code == 0 or f"{place}" in told.err.partition("error: ")[2], (what, told.err)
        assert code == 0 or not places["OUT"].exists()


REMEDY = "restore the file from a copy, or take the folder away and run it again"


@pytest.mark.parametrize("words", [["runs", "HOME"], ["runs", "HOME", "--json"], ["runs"]], ids=" ".join)
def test_damaged_records_are_named_and_the_other_runs_are_shown(words, tmp_path, llmreg, monkeypatch):
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path))
    runs, contents = tmp_path / "runs", {str(number): content for number, content in enumerate(CONTENTS.values())}
    whole = run_with(id="nano-lora").model_dump(mode="json")
    contents |= {
        f"with {key}": json.dumps({**whole, key: []}).encode() for key in ("id", "status", "recipe", "verdicts")
    }
    contents["made"] = json.dumps(whole).encode()
    for name, content in contents.items():
        (runs / name).mkdir(parents=True)
        (runs / name / "run.json").write_bytes(content)
    (runs / "folder" / "run.json").mkdir(parents=True)
    code, told = llmreg(*(str(runs) if word == "HOME" else word for word in words))
    assert code == 1
    assert "made" in told.out
    for name in [*contents.keys() - {"made"}, "folder"]:
        (line,) = [each for each in told.err.splitlines() if f"{runs / name / 'run.json'} " in each]
        assert line.startswith("passed over: ")
        assert line.endswith(REMEDY)
    assert f"{runs / 'with status' / 'run.json'} is damaged or of another version: status: " in told.err
    assert len(told.err.splitlines()) == len(contents)


def test_a_folder_of_runs_that_is_not_there_is_no_empty_one(tmp_path, llmreg):
    code, told = llmreg("runs", tmp_path / "nosuch")
    assert code == 2
    assert f"no folder {tmp_path / 'nosuch'}" in told.err
    assert llmreg("runs")[0] == 0


def test_python_has_the_damaged_records_too(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{")
    found = load_catalog_of_users().runs(tmp_path)
    assert len(found) == 0
    (sentence,) = found.damaged
    assert str(tmp_path / "bad" / "run.json") in sentence
    assert str(tmp_path / "bad" / "run.json").split("/")[-2] in as_text(found, 500)
