"""Each method on a tiny model of each decoder: it starts as the base, trains what it says, and loads back.

test_promises.py asks more of llama and gpt_neox, in every configuration of every method.
"""

from __future__ import annotations

import pytest
import torch

from bases import Folder
from llmreg.errors import LlmregError
from llmreg.reproduce.architecture import config_of
from llmreg_methods.full import Full
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.qlora import Qlora

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 96}
ARCHITECTURES = {
    "bloom": {},
    "falcon, many queries to a key": {"model_type": "falcon", "multi_query": True},
    "falcon, grouped queries": {"model_type": "falcon", "new_decoder_architecture": True, "num_kv_heads": 2},
    "gemma": {"num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 101},
    "gpt2": {},
    "gpt_bigcode": {},
    "gptj": {"rotary_dim": 4, "max_position_embeddings": 64},
    "mistral": {"num_key_value_heads": 2, "intermediate_size": 101},
    "mpt": {},
    "olmo": {"intermediate_size": 101},
    "opt": {"ffn_dim": 101, "max_position_embeddings": 64},
    "opt, narrow embeddings": {"model_type": "opt", "word_embed_proj_dim": 32, "do_layer_norm_before": False},
    "phi": {"intermediate_size": 101},
    "qwen2": {"num_key_value_heads": 2, "intermediate_size": 101},
    "stablelm": {"num_key_value_heads": 4, "intermediate_size": 101},
}
METHODS = [
    Full(),
    Lora(rank=4, targets="all-linear"),
    Qlora(rank=4, compute_dtype="float32"),
    LlamaAdapterV2(prompts=False),
]
MATRICES_TRANSPOSED = ("gpt2",)
"""Architectures whose blocks have no `nn.Linear`, beside which bias and scale would stand."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    import transformers

    folder = tmp_path_factory.mktemp("architectures")
    for name, dimensions in ARCHITECTURES.items():
        torch.manual_seed(3)
        config = config_of({"model_type": name, **SIZES, "bos_token_id": 1, "eos_token_id": 2, **dimensions})
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder / name)
    return {name: Folder(folder / name) for name in ARCHITECTURES}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_method_starts_as_the_base_trains_and_loads_back(method, architecture, tiny, train, logits, tmp_path):
    if method.name == "llama-adapter-v2" and architecture in MATRICES_TRANSPOSED:
        with pytest.raises(LlmregError, match="no linear layers"):
            method.adapt(method.load(tiny[architecture]))
        return
    model = method.load(tiny[architecture])
    before = logits(model)
    model = method.adapt(model)
    assert torch.equal(logits(model), before)
    declared = {name for name, _ in model.named_parameters() if method.trains(name)}
    assert declared == {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    start = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    losses = train(model, steps=3)
    assert losses[-1] < losses[0]
    assert {name for name, part in model.named_parameters() if not torch.equal(part, start[name])} == declared
    method.save(model, tmp_path)
    assert torch.equal(logits(method.restore(method.load(tiny[architecture]), tmp_path)), logits(model))
