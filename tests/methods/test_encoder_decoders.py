"""Each method on a tiny T5: it starts as the base, trains what it says, loads back, and merges where it can."""

from __future__ import annotations

import json

import pytest
import torch

from builders import catalog, edge, model
from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.base import FolderBase
from llmreg.reproduce.gguf import write_gguf
from llmreg.reproduce.merge import merge
from llmreg.reproduce.rehearse import write_base
from llmreg_methods.full import Full
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.pretrain import Pretrain
from llmreg_methods.qlora import Qlora

T5 = {
    "model_type": "t5", "vocab_size": len(tokenizer()), "d_model": 48, "d_kv": 12, "d_ff": 101, "num_layers": 2, "num_heads": 4,
    "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "decoder_start_token_id": 0,
}  # fmt: skip
METHODS = [
    Full(),
    Pretrain(),
    Lora(rank=4, targets="all-linear"),
    Lora(rank=4, targets=("q", "v")),
    Qlora(rank=4, compute_dtype="float32"),
    LlamaAdapterV2(prompts=False, scale_side="input"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("t5")
    write_base(config_of(T5), folder)
    tokenizer().save_pretrained(folder)
    return FolderBase(folder)


@pytest.fixture
def pair():
    draw = torch.Generator().manual_seed(5)
    return {name: torch.randint(3, 96, (2, size), generator=draw) for name, size in (("input_ids", 12), ("labels", 7))}


def logits(network, pair):
    with torch.no_grad():
        return network.eval()(input_ids=pair["input_ids"], decoder_input_ids=pair["labels"]).logits


def train(network, pair, steps=3):
    trained = [value for value in network.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-2, weight_decay=0)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = network.train()(**pair).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.name}-{METHODS.index(method)}")
def test_the_method_starts_as_the_base_trains_and_loads_back(method, base, pair, tmp_path):
    network = method.load(base)
    before = logits(network, pair)
    network = method.adapt(network)
    assert torch.equal(logits(network, pair), before)
    declared = {name for name, _ in network.named_parameters() if method.trains(name)}
    assert declared == {name for name, value in network.named_parameters() if value.requires_grad}
    start = {name: value.detach().clone() for name, value in network.named_parameters()}
    losses = train(network, pair)
    assert losses[-1] < losses[0]
    assert {name for name, value in network.named_parameters() if not torch.equal(value, start[name])} == declared
    method.save(network, tmp_path)
    assert torch.equal(logits(method.restore(method.load(base), tmp_path), pair), logits(network, pair))


def test_prompts_for_attention_are_refused(base):
    with pytest.raises(LlmregError, match="t5"):
        LlamaAdapterV2(prompt_layers=1).adapt(base.load())


def test_an_adapter_says_which_kind_of_model_it_is_for(base, tmp_path):
    method = Lora(rank=4, targets="all-linear")
    method.save(method.adapt(base.load()), tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["task_type"] == "SEQ_2_SEQ_LM"


def test_a_merged_model_computes_what_the_adapted_one_does(base, pair, tmp_path, built_in):
    method = Lora(rank=4, targets="all-linear")
    network = method.adapt(base.load())
    train(network, pair)
    method.save(network, tmp_path / "adapter")
    template = built_in["vicuna-v1.1"].model_dump_json()
    (tmp_path / "adapter" / "prompt_template.json").write_text(template)
    how = {"method": method.name, "settings": method.model_dump(mode="json"), "data": {"format": "instruction"}}
    entries = catalog(model("base"), model("tuned", edge("adapter", "base"), recipe={**how, "source": "page"}))
    out = tmp_path / "out"
    done = merge(entries, tmp_path / "adapter", out, base=base.folder, entry="tuned", say=lambda _: None)
    assert done.passed
    torch.testing.assert_close(logits(FolderBase(out).load(), pair), logits(network, pair), rtol=1e-4, atol=1e-4)
    assert not done.chat_template, "a conversation in one row is not what the model reads"
    assert (out / "prompt_template.json").read_text() == template


def test_no_gguf_is_written(base, tmp_path):
    pytest.importorskip("gguf")
    with pytest.raises(LlmregError, match="has the architecture 't5'; llmreg writes GGUF for llama and mistral only"):
        write_gguf(base.folder, tmp_path / "t5.gguf")
