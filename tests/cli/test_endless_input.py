"""Configurations that nest without end, or lead back to themselves, end in an answer or one sentence, and never hang."""

from __future__ import annotations

import json

import pytest
from damaged import ends_well


def nested(key, depth, inner="{}"):
    return f'{{"model_type": "llava", "{key}": ' * depth + inner + "}" * depth


DEEP = {"past what JSON's reader takes": 60_000, "within what JSON's reader takes": 400}
ADAPTER = '{"peft_type": "LORA", "r": 4, "base_model_name_or_path": %s}'


@pytest.mark.parametrize("to", ["itself", "another that leads back"])
def test_an_adapter_whose_base_leads_back_to_it_is_judged_once(to, tmp_path, llmreg):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (first / "adapter_config.json").write_text(ADAPTER % json.dumps(str(first if to == "itself" else second)))
    (second / "adapter_config.json").write_text(ADAPTER % json.dumps(str(first)))
    code, told = llmreg("check", str(first), "--use", "commercial")
    ends_well(code, told)
    assert code == 3


@pytest.mark.parametrize("file", ["config.json", "adapter_config.json"])
@pytest.mark.parametrize("depth", DEEP.values(), ids=DEEP)
def test_a_configuration_that_nests_is_answered_or_named(file, depth, tmp_path, llmreg):
    (tmp_path / file).write_text(nested("text_config", depth))
    code, told = llmreg("check", str(tmp_path), "--use", "commercial")
    ends_well(code, told)
    assert code == 3 or (code == 1 and f"{tmp_path / file}: " in told.err)


@pytest.mark.parametrize("depth", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize(
    "command", ["evaluate model BASE --task perplexity --data ANSWERS", "export gguf BASE -o OUT.gguf"]
)
def test_a_base_whose_configuration_nests_is_refused_before_it_is_loaded(command, depth, tmp_path, answers, llmreg):
    from llmreg.nano.tokenizer import tokenizer
    from llmreg.reproduce.architecture import config_of
    from llmreg.reproduce.rehearse import write_base

    base, out = tmp_path / "base", tmp_path / "out.gguf"
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    write_base(config_of({"model_type": "llama", "vocab_size": len(tokenizer()), **sizes}), base)
    tokenizer().save_pretrained(base)
    (base / "config.json").write_text(nested("text_config", depth))
    places = {"BASE": str(base), "ANSWERS": str(answers["ANSWERS"]), "OUT.gguf": str(out)}
    code, told = llmreg(*(places.get(word, word) for word in command.split()))
    ends_well(code, told)
    assert code == 1
    assert str(base) in told.err
    assert not out.exists()
